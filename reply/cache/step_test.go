package cache

import (
	"testing"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

type versions struct{ faq string }

func (v *versions) Scope(t *turn.Turn) Scope {
	return Scope{Shop: t.ShopID, Language: t.Language, Arm: t.Arm.Experiment + "/" + t.Arm.Variant, Model: "m", FAQ: v.faq}
}

func asks(user, text string, before ...string) *turn.Turn {
	t := &turn.Turn{Shopper: event.Shopper{ShopID: "1", UserID: user}, Text: text, Language: "zh"}
	for _, q := range before {
		t.State.Rounds = append(t.State.Rounds, turn.Round{Question: q})
	}
	return t
}

func replies(t *testing.T) *Cache[turn.Reply] {
	t.Helper()
	c, err := New[turn.Reply](HotSize, Lifetime, &still{now: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestHotStep(t *testing.T) {
	v := &versions{"v1"}
	s := HotStep{v, replies(t)}
	sure := .9
	s.Learn(asks("u1", "能开发票吗"), &turn.Reply{Text: "可以", Route: turn.RouteFAQ, Confidence: &sure})
	r, ok := s.Answer(t.Context(), asks("u2", "能开发票吗？", "你好"))
	if !ok || r.Text != "可以" || r.Route != turn.RouteHot || *r.Confidence != .9 {
		t.Errorf("%+v, %v", r, ok)
	}
	for _, route := range turn.Routes() {
		if route != turn.RouteFAQ {
			s.Learn(asks("u1", string(route)), &turn.Reply{Text: "x", Route: route})
			if _, ok := s.Answer(t.Context(), asks("u1", string(route))); ok {
				t.Errorf("an answer by %s is kept for everybody", route)
			}
		}
	}
	s.Learn(asks("u1", "我的"), &turn.Reply{Text: "x", Route: turn.RouteFAQ, Own: true})
	if _, ok := s.Answer(t.Context(), asks("u2", "我的")); ok {
		t.Error("what is a shopper's own is told to another")
	}
	v.faq = "v2" // it is replaced while a turn that began before is answered
	before, after := asks("u1", "包邮吗"), asks("u2", "包邮吗")
	before.FAQ, after.FAQ = "v1", "v2"
	s.Learn(before, &turn.Reply{Text: "包邮", Route: turn.RouteFAQ})
	if _, ok := s.Answer(t.Context(), after); ok {
		t.Error("an answer of a FAQ that was replaced")
	}
	if _, ok := s.Answer(t.Context(), before); !ok {
		t.Error("an answer of the FAQ that was asked is forgotten")
	}
}

func TestContextStep(t *testing.T) {
	s := ContextStep{Versions: &versions{}, Replies: replies(t)}
	s.Learn(asks("u1", "那L码呢", "这件有M码吗"), &turn.Reply{Text: "看尺码表", Route: turn.RouteLLM, Model: "m", PromptTokens: 9, CompletionTokens: 3, CostMicros: 7})
	r, ok := s.Answer(t.Context(), asks("u2", "那L码呢?", "这件有M码吗"))
	if !ok || r.Route != turn.RouteCache || !r.Cached() || r.Model != "m" || r.PromptTokens+r.CompletionTokens+r.CostMicros != 0 {
		t.Errorf("%+v, %v", r, ok)
	}
	for _, other := range []*turn.Turn{asks("u1", "那L码呢"), asks("u1", "那L码呢", "那件有M码吗"), asks("u1", "那XL码呢", "这件有M码吗")} {
		if _, ok := s.Answer(t.Context(), other); ok {
			t.Errorf("another context is answered: %v", other)
		}
	}
	s.Learn(asks("u1", "到哪了"), &turn.Reply{Text: "在路上", Route: turn.RouteLLM, Own: true})
	if _, ok := s.Answer(t.Context(), asks("u2", "到哪了")); ok {
		t.Error("what is a shopper's own is told to another")
	}
	if _, ok := s.Answer(t.Context(), asks("u1", "到哪了")); !ok {
		t.Error("what is a shopper's own is forgotten")
	}
}

// Nothing that was said to the erased is kept, nor given to anybody.
func TestTheErasedAreForgotten(t *testing.T) {
	erased := map[string]bool{}
	s := ContextStep{Versions: &versions{}, Replies: replies(t), Gone: func(t *turn.Turn) bool { return erased[t.UserID] }}
	said := &turn.Reply{Text: "看尺码表", Route: turn.RouteLLM}
	s.Learn(asks("u1", "选什么码"), said)
	erased["u1"] = true
	s.Replies.Clear()
	s.Learn(asks("u1", "选什么码"), said) // it was being answered meanwhile
	if r, ok := s.Answer(t.Context(), asks("u2", "选什么码")); ok || s.Replies.Len() != 0 {
		t.Errorf("%+v of %d is left", r, s.Replies.Len())
	}
	s.Learn(asks("u2", "选什么码"), said)
	if _, ok := s.Answer(t.Context(), asks("u3", "选什么码")); !ok {
		t.Error("nobody else is remembered either")
	}
}
