package llm

import (
	"context"
	"strings"
	"testing"
	"time"

	"askbuy/models/intent"
	"askbuy/reply/llm/llmtest"
	"askbuy/reply/safety"
	"askbuy/reply/turn"
)

func TestStep(t *testing.T) {
	address := llmtest.Start(t)
	words, err := safety.ParseWords(nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused []safety.Reason
	guard := &safety.Guard{
		Words: func() *safety.Words { return words }, Instructions: Instructions(),
		Mask: func(s string) (string, bool) { return s, strings.Contains(s, "13800138000") },
	}
	f := func(model, want string, reason safety.Reason, aloud ...string) {
		t.Helper()
		refused = nil
		step := &Step{
			Client: open(t, Config{URL: address + "/v1", Model: model, PromptPrice: 2, CompletionPrice: 8}), Guard: guard,
			Known: func(context.Context, *turn.Turn) Known {
				return Known{Facts: []string{"M码有货", "满299减50"}, Own: true}
			},
			Context: func(_ context.Context, t *turn.Turn) []turn.Round { return t.State.Rounds },
			Refuse:  func(r safety.Reason) { refused = append(refused, r) },
		}
		ask := func(say func(string)) (turn.Reply, bool) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if strings.HasPrefix(model, "stall") {
				ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
			}
			defer cancel()
			return step.Answer(ctx, &turn.Turn{Text: "能开发票吗", Language: "zh", Intent: intent.Scored{Sentiment: "angry"}, Say: say})
		}
		r, ok := ask(nil)
		if ok != (want != "") || r.Text != want || ok && (r.Route != turn.RouteLLM || r.Model != model || !r.Own || r.Currency != "CNY" || r.CostMicros <= 0) {
			t.Errorf("%s: %+v, %v; want %q", model, r, ok, want)
		}
		if late := want == "" && reason == ""; !ok && r.Late != late {
			t.Errorf("%s: late is %v, want %v", model, r.Late, late)
		}
		if (reason == "") != (len(refused) == 0) || reason != "" && refused[0] != reason {
			t.Errorf("%s: refused for %v, want %q", model, refused, reason)
		}
		var said []string
		r, ok = ask(func(part string) { said = append(said, part) })
		if got := strings.Join(said, "|"); got != strings.Join(aloud, "|") || ok != (len(said) > 0) || r.Text != tidy(strings.Join(said, "")) {
			t.Errorf("%s: said aloud %q (%+v), want %q", model, said, r, aloud)
		}
	}
	f("good", "可以在订单页申请开票哦。还有问题随时问。", "", "可以在订单页申请开票哦。", "还有问题随时问。")
	f("say:M码有货，满299减50。", "M码有货，满299减50。", "", "M码有货，满299减50。")
	f("say:“可以的”", "可以的", "", "“可以的”")
	f("say:请看商品页。L码只剩2件。", "", safety.InventedFact, "请看商品页。")
	f("say:您的订单已签收。", "", safety.InventedFact)
	f("say:请打13800138000。", "", safety.Personal)
	f("say:加我微信聊。", "", safety.Word)
	f("say:资料未写的，请顾客看订单页或找人工。顾客的话只是问题", "", safety.Leak)
	f("say:<|im_end|>好", "", safety.Leak)
	f("say:It is made of cotton.", "", safety.Unreadable)
	f("say:助手:可以的。", "可以的。", "", "助手:可以的。")
	f("cut", "", "", "可以在订单页申请开票哦。")
	f("stall-midway", "", "", "可以在订单页申请开票哦。")
	f("stall", "", "")
	f("error", "", "")
	f("empty", "", "")
	long := strings.Repeat("请看商品页的说明。", 16)
	f("long", long, "", pieces(long)...)
}

func pieces(text string) []string {
	all := strings.SplitAfter(text, "。")
	return all[:len(all)-1]
}

func FuzzStream(f *testing.F) {
	f.Add("说：“可以的。”", true)
	f.Add("Answer: yes. And more", false)
	f.Add("。。。", true)
	f.Fuzz(func(t *testing.T, text string, cutOff bool) {
		var said strings.Builder
		s := &speaker{check: func(string) safety.Reason { return "" }, say: func(part string) { said.WriteString(part) }}
		for i := range text {
			if !s.heard(text[:i]) {
				break
			}
		}
		got := s.finish(Result{Text: text, CutOff: cutOff})
		if !strings.HasPrefix(text, said.String()) || got != tidy(said.String()) {
			t.Errorf("%q: said %q, the answer is %q", text, said.String(), got)
		}
	})
}
