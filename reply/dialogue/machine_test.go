package dialogue

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"askbuy/models/intent"
)

// The seed's table, and what was added to it: ADDRESS has a way out, and a
// complete dialogue begins anew.
func TestTransitions(t *testing.T) {
	f := func(from State, e Event, to State, moved bool) {
		t.Helper()
		if got, ok := Next(from, e); got != to || ok != moved {
			t.Errorf("%s %s: %s, moved %v; want %s, %v", from, e, got, ok, to, moved)
		}
	}
	f(Idle, AskFee, Logistics, true)
	f(Idle, ChangeAddress, Address, true)
	f(Logistics, Confirm, Complete, true)
	f(Logistics, Cancel, Idle, true)
	f(Address, Confirm, Complete, true)
	f(Address, Cancel, Idle, true)
	f(Complete, "", Idle, false)
	f(Complete, AskFee, Logistics, true)
	f(Idle, Confirm, Idle, false)
	f(Idle, Cancel, Idle, false)
	f(Logistics, ChangeAddress, Logistics, false)
	f(Address, AskFee, Address, false)
	f(Address, "", Address, false)
}

// talk plays a shopper's texts and gives the last reply.
func talk(t *testing.T, english bool, texts ...string) (last Reply, answered bool) {
	t.Helper()
	var before []Round
	for _, text := range texts {
		last, answered = Answer(Turn{Text: text, Before: before, English: english}, intent.Default(), nil)
		before = append(before, Round{text, last.Text})
		before = before[max(0, len(before)-5):]
	}
	return last, answered
}

func TestWalks(t *testing.T) {
	f := func(state State, says string, texts ...string) {
		t.Helper()
		got, ok := talk(t, isEnglish(texts[0]), texts...)
		if ok != (says != "") || got.State != state || !strings.Contains(got.Text, says) {
			t.Errorf("%v: %s %q (answered %v), want %s and %q", texts, got.State, got.Text, ok, state, says)
		}
		if needs := state == Complete && strings.Contains(says, "客服"); needs && !got.NeedsAgent {
			t.Errorf("%v: nobody is asked to do what was agreed on", texts)
		}
	}
	f(Logistics, "寄到哪里", "运费多少？")
	f(Logistics, "显示运费", "运费多少？", "北京")
	f(Complete, "随时问我", "运费多少？", "北京", "确认")
	f(Idle, "已取消", "运费多少？", "取消")
	f(Idle, "", "运费多少？", "确认", "你好")
	f(Address, "订单号和新的收货地址", "我要修改地址")
	f(Address, "再发一下新的", "我要修改地址", "订单号2025062512345")
	f(Address, "再发一下订单号", "我要修改地址", "[address]")
	f(Address, "再发一下订单号", "我要修改地址", "[address]", "[phone]")
	f(Address, "确认修改", "我要修改地址", "[address]", "订单号2025062512345")
	f(Complete, "客服会", "地址填错了", "订单号2025062512345 [address]", "确认")
	f(Idle, "已取消", "地址填错了", "算了")
	f(Idle, "", "取消")
	f(Idle, "", "好的")
	f(Idle, "", "退货地址是哪里，怎么换货")
	f(Address, "order number", "I need to change my address")
	f(Complete, "An agent will", "I need to change my address", "order 2025062512345 [address]", "yes")
	f(Logistics, "Where should", "how much is shipping?")
	f(Idle, "cancelled", "how much is shipping?", "never mind")
}

func isEnglish(s string) bool {
	return !slices.ContainsFunc([]rune(s), func(r rune) bool { return r > 0x2E80 })
}

// A question about something else ends a dialogue that was under way.
func TestShift(t *testing.T) {
	f := func(want bool, texts ...string) {
		t.Helper()
		var before []Round
		for _, text := range texts[:len(texts)-1] {
			before = append(before, Round{Question: text})
		}
		if got := Shifted(Turn{Text: texts[len(texts)-1], Before: before}, intent.Default()); got != want {
			t.Errorf("%v: shifted %v, want %v", texts, got, want)
		}
	}
	f(false, "能开发票吗")
	f(true, "我的订单还没发货", "能开发票吗")
	f(true, "这件有M码吗", "我的订单还没发货")
	f(false, "这件有M码吗", "那L码呢")
	f(false, "我的订单还没发货", "好的")
	f(false, "我的订单还没发货", "什么时候发货")
	f(false, "我要修改地址", "订单号2025062512345")
	f(false, "I need to change my address", "order number 2025062512345")
	f(true, "我要修改地址", "订单2025062512345的手机壳质量太差了，坏了")
	f(true, "where is my order", "can I get an invoice")
	f(false, "where is my order", "ok")

	got, ok := talk(t, false, "我要修改地址", "这个手机壳质量太差了，坏了")
	if ok || got.State != Idle {
		t.Errorf("%s %q after a shift, want IDLE and nothing", got.State, got.Text)
	}
	turn := Turn{Text: "开电子发票可以吗", Before: []Round{{Question: "我的订单还没发货"}, {Question: "能开发票吗"}}}
	if since := Since(turn, intent.Default()); len(since) != 1 || since[0].Question != "能开发票吗" {
		t.Errorf("the turn belongs to %v", since)
	}
	if since := Since(Turn{Text: "你好", Before: turn.Before[:1]}, intent.Default()); len(since) != 1 {
		t.Errorf("a greeting belongs to %v", since)
	}
}

// What is said does not depend on rounds that five rounds no longer hold, and
// never fails, whatever the texts.
func TestAnswerNeverFails(t *testing.T) {
	words := []string{"运费多少", "修改地址", "确认", "取消", "[address]", "订单号2025062512345", "北京", "你好", "退货", "\xff", "", "投诉", "1", "第二个"}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.SampledFrom(words), 1, 6).Draw(t, "texts")
		var before []Round
		for _, text := range texts[:len(texts)-1] {
			before = append(before, Round{Question: text})
		}
		turn := Turn{Text: texts[len(texts)-1], Before: before}
		a, okA := Answer(turn, intent.Default(), nil)
		b, okB := Answer(turn, intent.Default(), nil)
		if a != b || okA != okB {
			t.Fatalf("%v, then %v", a, b)
		}
		if okA && a.Text == "" || a.NeedsAgent && a.State != Complete {
			t.Fatalf("%+v", a)
		}
	})
}

// Whatever a text has, it is brought to lower case as strings.ToLower does.
func TestLower(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if text := "是" + string(r) + "吗"; lower(text) != strings.ToLower(text) {
			t.Fatalf("%U: %q, want %q", r, lower(text), strings.ToLower(text))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zA-Z]|[一-龥]|[，。？！：Ａ-ｚ]|.){0,20}`).Draw(t, "text")
		if lower(text) != strings.ToLower(text) {
			t.Fatalf("%q: %q", text, lower(text))
		}
	})
}
