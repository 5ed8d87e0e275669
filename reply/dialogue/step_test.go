package dialogue

import (
	"context"
	"errors"
	"maps"
	"testing"

	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

type inForce struct{ err error }

func (f inForce) Now(context.Context) (intent.Scorer, error) { return intent.Default(), f.err }

func asked(text string, rounds ...turn.Round) *turn.Turn {
	return &turn.Turn{
		Shopper: event.Shopper{ShopID: "1", UserID: "u"}, Text: text, Language: "zh",
		Intent: intent.Default().Score(text), State: turn.State{Rounds: rounds},
	}
}

func TestStep(t *testing.T) {
	rules, err := ParseRules([]byte(`{"rules":[{"id":"invoice","intents":["invoice"],"answer":{"zh":"订单页可开票。","en":"On the order page."}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := Step{Models: inForce{}, Rules: func() *Rules { return rules }}
	r, ok := s.Answer(t.Context(), asked("能开发票吗"))
	if !ok || r.Route != turn.RouteRule || r.Text != "订单页可开票。" || r.Confidence == nil || *r.Confidence < .7 || r.Own {
		t.Errorf("by a rule: %+v, %v", r, ok)
	}
	unsure := asked("能开发票吗")
	unsure.Intent.IntentConfidence = .5
	if r, ok := s.Answer(t.Context(), unsure); ok || !r.Below || *r.Confidence != .5 || r.Text != "" {
		t.Errorf("below: %+v, %v", r, ok)
	}
	r, ok = s.Answer(t.Context(), asked("确认", turn.Round{Question: "我要修改地址"}, turn.Round{Question: "订单号2025062512345 [address]"}))
	if !ok || !r.NeedsPerson || !r.Own || r.Dialogue != "COMPLETE" || r.Slots["order_id"] != "2025062512345" || r.Slots["address"] != "[address]" {
		t.Errorf("the machine: %+v, %v", r, ok)
	}
	if r, ok := s.Answer(t.Context(), asked("你好")); ok || r.Confidence != nil {
		t.Errorf("nothing to say: %+v", r)
	}
	if _, ok := (Step{Models: inForce{errors.New("away")}, Rules: func() *Rules { return rules }}).Answer(t.Context(), asked("能开发票吗")); ok {
		t.Error("answers without a model")
	}
}

// What the shop itself says of its fees goes before what is so everywhere, and
// the dialogue goes on from there.
func TestStepLeavesGeneralThings(t *testing.T) {
	rules, err := ParseRules([]byte(`{"rules":[{"id":"free","any":["包邮"],"answer":{"zh":"满99包邮。","en":"Free from 99."}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	knows := false
	s := Step{Models: inForce{}, Rules: func() *Rules { return rules }, Knows: func(*turn.Turn) bool { return knows }}
	f := func(want string, text string, before ...turn.Round) {
		t.Helper()
		if r, ok := s.Answer(t.Context(), asked(text, before...)); ok != (want != "") || r.Text != want {
			t.Errorf("%s: %q, want %q", text, r.Text, want)
		}
	}
	f("满99包邮。", "包邮吗")
	f(shippedTexts[sayFee].Chinese, "运费多少")
	knows = true
	f("", "运费多少")
	f(shippedTexts[sayFeeTo].Chinese, "北京", turn.Round{Question: "运费多少", Answer: "满99包邮。"})
	f(shippedTexts[sayAddress].Chinese, "我要修改地址")
	if rules, err = ParseRules([]byte(`{"texts":{"fee":{"zh":"一律八元。","en":"Eight."}}}`)); err != nil {
		t.Fatal(err)
	}
	f("一律八元。", "运费多少")
}

func TestAsk(t *testing.T) {
	a := Ask{inForce{}}
	r, ok := a.Answer(t.Context(), asked("那个怎么弄"))
	if !ok || r.Route != turn.RouteClarify || r.Text == "" || r.Answered() {
		t.Errorf("%+v, %v", r, ok)
	}
	again := asked("就那个")
	again.State.Clarified = true
	if r, ok := a.Answer(t.Context(), again); ok {
		t.Errorf("asks twice: %+v", r)
	}
	if r, ok := a.Answer(t.Context(), asked("就那个", turn.Round{Question: "那个怎么弄", Answer: r.Text})); ok {
		t.Errorf("asks twice: %+v", r)
	}
}

func TestContext(t *testing.T) {
	rounds := []turn.Round{{Question: "我的订单还没发货", EventID: "1"}, {Question: "能开发票吗", EventID: "2"}}
	if got := Context(t.Context(), inForce{}, asked("开电子发票可以吗", rounds...)); len(got) != 1 || got[0].EventID != "2" {
		t.Errorf("%v", got)
	}
	if got := Context(t.Context(), inForce{errors.New("away")}, asked("开电子发票可以吗", rounds...)); len(got) != 2 {
		t.Errorf("without a model %v", got)
	}
}

// Most turns have no rounds that matter: they are answered without reading
// them again.
func BenchmarkStep(b *testing.B) {
	s := Step{Models: inForce{}, Rules: func() *Rules { return nil }}
	var rounds []turn.Round
	for range turn.Rounds {
		rounds = append(rounds, turn.Round{Question: "这件衣服有M码吗", Answer: "请看尺码表。"})
	}
	t := asked("能开发票吗", rounds...)
	b.ReportAllocs()
	for b.Loop() {
		s.Answer(b.Context(), t)
	}
}

func TestUnderway(t *testing.T) {
	f := func(want bool, s turn.State) {
		t.Helper()
		if got := Underway(&turn.Turn{State: s}); got != want {
			t.Errorf("%+v: %v", s, got)
		}
	}
	f(false, turn.State{})
	f(false, turn.State{Dialogue: string(Idle)})
	f(false, turn.State{Dialogue: string(Complete)})
	f(true, turn.State{Dialogue: string(Logistics)})
	f(true, turn.State{Dialogue: string(Address)})
	f(true, turn.State{Clarified: true})
}

// Carry keeps what was named before, takes what a text names in its place, and
// knows personal data by its placeholder alone.
func TestCarry(t *testing.T) {
	f := func(text string, before, want map[string]string) {
		t.Helper()
		if got := Carry(before, text, intent.Default().Score(text).Entities); !maps.Equal(got, want) {
			t.Errorf("%q after %v: %v, want %v", text, before, got, want)
		}
	}
	order := map[string]string{"order_id": "2025062512345"}
	f("订单号2025062512345", nil, order)
	f("它到哪了", order, order)
	f("订单号2025062599999", order, map[string]string{"order_id": "2025062599999"})
	f("寄到[address]", order, map[string]string{"order_id": "2025062512345", "address": "[address]"})
	f("你好", nil, nil)
}
