package reply

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// hangs is a step that heeds nothing until the test is over.
func hangs(t testing.TB) step {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(context.Context, *turn.Turn) (turn.Reply, bool) {
		<-over
		return turn.Reply{Text: "too late", Route: turn.RouteLLM}, true
	}
}

// A step that never answers costs its budget; the shopper gets the preset text,
// or the seed's error, and the question is recorded either way.
func TestAStepThatHangs(t *testing.T) {
	f := func(how OnTimeout, status int, body string, records int) {
		t.Helper()
		r := newRig(t, func(c *Config, d *Deps) {
			c.OnTimeout = how
			d.Rungs = []Rung{{Step: hangs(t), Budget: 20 * time.Millisecond, LLM: true}}
		})
		w := r.post("/chat", `{"query":"会飞吗"}`)
		if w.Code != status || w.Body.String() != body {
			t.Errorf("%s: %d %s", how, w.Code, w.Body)
		}
		if n := len(r.recorded()); n != records {
			t.Errorf("%s: %d records, want %d", how, n, records)
		}
	}
	f(PresetOnTimeout, 200, `{"reply":"`+presetText.zh+`"}`, 3)
	f(ErrorOnTimeout, 500, `{"error":"ERR_AI_TIMEOUT"}`, 1)
}

// Behind a language model that is late or broken nothing is asked back; behind
// one whose words may not be said it is.
func TestALateModelIsNotAskedBackFor(t *testing.T) {
	f := func(name string, how OnTimeout, model turn.Step, status int, route turn.Route) {
		t.Helper()
		r := newRig(t, func(c *Config, d *Deps) {
			c.OnTimeout = how
			d.Rungs = []Rung{{Step: model, Budget: 20 * time.Millisecond, LLM: true}, {Step: says("哪一个？", turn.RouteClarify)}}
		})
		if w := r.post("/chat", `{"query":"会飞吗"}`); w.Code != status || w.Header().Get(headerRoute) != string(route) {
			t.Errorf("%s: %d %s by %q, want %d by %q", name, w.Code, w.Body, w.Header().Get(headerRoute), status, route)
		}
	}
	fails := func(r turn.Reply) step {
		return func(context.Context, *turn.Turn) (turn.Reply, bool) { return r, false }
	}
	f("late", PresetOnTimeout, hangs(t), 200, turn.RoutePreset)
	f("late", ErrorOnTimeout, hangs(t), 500, "")
	f("broken", PresetOnTimeout, fails(turn.Reply{Late: true}), 200, turn.RoutePreset)
	f("broken", ErrorOnTimeout, fails(turn.Reply{Late: true}), 500, "")
	f("panics", PresetOnTimeout, step(func(context.Context, *turn.Turn) (turn.Reply, bool) { panic("broken") }), 200, turn.RoutePreset)
	f("may not say it", PresetOnTimeout, fails(turn.Reply{}), 200, turn.RouteClarify)
	f("may not say it", ErrorOnTimeout, fails(turn.Reply{}), 200, turn.RouteClarify)
}

// What a conversation has named is there for every later step, whichever one
// answered in between, and is recorded with each reply.
func TestWhatWasNamedIsCarriedOn(t *testing.T) {
	for _, between := range []turn.Route{turn.RouteFAQ, turn.RouteLLM, turn.RouteClarify, turn.RoutePreset} {
		var seen []string
		r := newRig(t, func(_ *Config, d *Deps) {
			d.Carry = func(before map[string]string, text string, _ []intent.Entity) map[string]string {
				if text == "订单123" {
					return map[string]string{"order_id": "123"}
				}
				return before
			}
			d.Rungs = []Rung{{Step: step(func(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
				seen = append(seen, t.Slots["order_id"])
				return turn.Reply{Text: "好的", Route: between}, between != turn.RoutePreset
			})}}
		})
		for _, query := range []string{"订单123", "怎么退货", "它到哪了"} {
			r.chat(t, query)
		}
		if !slices.Equal(seen, []string{"123", "123", "123"}) {
			t.Errorf("answered by %s: the steps see %q", between, seen)
		}
		for _, e := range r.recorded() {
			if e.Type == event.TypeReply && e.Reply.Slots["order_id"] != "123" {
				t.Errorf("answered by %s: recorded %+v", between, e.Reply)
			}
		}
	}
}

// A step that panics beside its turn has no answer, and the next is asked.
func TestAStepThatPanics(t *testing.T) {
	r := newRig(t, func(_ *Config, d *Deps) {
		d.Rungs = []Rung{
			{Budget: time.Minute, Step: step(func(context.Context, *turn.Turn) (turn.Reply, bool) { panic("broken") })},
			{Budget: time.Minute, Step: says("made", turn.RouteLLM)},
		}
	})
	if reply, _ := r.chat(t, "会飞吗"); reply != "made" {
		t.Errorf("%q", reply)
	}
}

// The ladder's own budget bounds steps whose budgets add up to more.
func TestTheLadderHasABudget(t *testing.T) {
	var asked atomic.Int32 // a step that is not waited for may still be at it
	r := newRig(t, func(c *Config, d *Deps) {
		c.Budget = 20 * time.Millisecond
		slow := hangs(t)
		for range 3 {
			d.Rungs = append(d.Rungs, Rung{Budget: time.Minute, Step: step(func(ctx context.Context, q *turn.Turn) (turn.Reply, bool) {
				if ctx.Err() == nil {
					asked.Add(1)
				}
				return slow(ctx, q)
			})})
		}
	})
	if _, h := r.chat(t, "会飞吗"); h.Get(headerRoute) != "preset" || asked.Load() > 1 {
		t.Errorf("%s after %d steps that had time", h.Get(headerRoute), asked.Load())
	}
}

// Which steps an arm and the enabled topics leave.
func TestWhoMayAnswer(t *testing.T) {
	f := func(want string, arm turn.Treatment, topics []string, query string) {
		t.Helper()
		r := newRig(t, func(c *Config, d *Deps) {
			c.Intents = topics
			d.Arms = func(event.Shopper) turn.Arm { return turn.Arm{Experiment: "x", Variant: "v", Treatment: arm} }
			d.Rungs = append(d.Rungs, Rung{Step: says("made", turn.RouteLLM), Budget: time.Second, LLM: true})
		})
		if _, h := r.chat(t, query); h.Get(headerRoute) != want {
			t.Errorf("%q %v %s: %s, want %s", arm, topics, query, h.Get(headerRoute), want)
		}
	}
	f("faq", turn.TreatAll, nil, "怎么退货")
	f("llm", turn.TreatAll, nil, "会飞吗")
	f("llm", turn.TreatLLM, nil, "会飞吗")
	f("faq", turn.TreatFAQ, nil, "怎么退货")
	f("preset", turn.TreatFAQ, nil, "会飞吗")
	f("preset", turn.TreatHoldout, nil, "怎么退货")
	f("preset", turn.TreatAll, []string{"logistics"}, "能开发票吗")
	f("llm", turn.TreatAll, []string{"invoice"}, "能开发票吗")
	f("llm", turn.TreatAll, []string{"after_sale"}, "能开发票吗") // a step of the path
}

// A step goes on with what it has begun, whatever topics are enabled; no other
// step does, and nothing goes on in a holdout.
func TestWhatIsUnderwayGoesOn(t *testing.T) {
	f := func(want string, arm turn.Treatment, dialogue string) {
		t.Helper()
		r := newRig(t, func(c *Config, d *Deps) {
			c.Intents = []string{"logistics"}
			d.Arms = func(event.Shopper) turn.Arm { return turn.Arm{Experiment: "x", Variant: "v", Treatment: arm} }
			begun := func(t *turn.Turn) bool { return t.State.Dialogue == "ADDRESS" }
			d.Rungs = []Rung{{Step: says("other", turn.RouteFAQ)}, {Step: says("goes on", turn.RouteRule), Underway: begun}}
		})
		conv := "c"
		r.states[event.Shopper{ShopID: "default", UserID: "u"}] = turn.State{ConvID: conv, LastAt: r.now.UnixMilli(), Dialogue: dialogue}
		if _, h := r.chat(t, "能开发票吗", headerConv, conv); h.Get(headerRoute) != want {
			t.Errorf("%s %q: %s, want %s", arm, dialogue, h.Get(headerRoute), want)
		}
	}
	f("rule", turn.TreatAll, "ADDRESS")
	f("preset", turn.TreatAll, "")
	f("preset", turn.TreatHoldout, "ADDRESS")
}

// A reply of a step that only computes is recorded in one go; one that was
// waited for, with the question before it.
func TestTheQuestionIsRecordedBesideTheWaiting(t *testing.T) {
	begun := make(chan struct{})
	r := newRig(t, func(_ *Config, d *Deps) {
		accept := d.Accept
		d.Accept = func(by, at time.Time, events []Sent) error {
			if events[0].Event.From == event.RoleUser {
				defer close(begun)
			}
			return accept(by, at, events)
		}
		d.Rungs = []Rung{{LLM: true, Budget: time.Minute, Step: step(func(context.Context, *turn.Turn) (turn.Reply, bool) {
			<-begun // the question is durable before the step has answered
			return turn.Reply{Text: "made", Route: turn.RouteLLM}, true
		})}}
	})
	if reply, _ := r.chat(t, "会飞吗"); reply != "made" {
		t.Errorf("%q", reply)
	}
}

func TestStream(t *testing.T) {
	r := newRig(t)
	w := r.post("/chat/stream", `{"query":"怎么退货"}`)
	body := w.Body.String()
	var names []string
	for part := range strings.SplitSeq(body, "\n\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(part, "event: "), "\n"); ok {
			names = append(names, name)
		}
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" || !slices.Equal(names, []string{"brief", "detail", "done"}) {
		t.Errorf("%d %v %s", w.Code, w.Header(), body)
	}
	if !strings.Contains(body, `data: {"reply":"`+returns.Answer+`"}`) || !strings.Contains(body, `data: {"reply":"`+Cut(returns.Answer, maxBrief)+`"}`) {
		t.Errorf("brief or detail is missing: %s", body)
	}
	if w := r.post("/chat/stream", `{"query":"怎么退货"}`, headerUser, ""); w.Code != http.StatusBadRequest {
		t.Errorf("without a shopper: %d", w.Code)
	}
}

func TestCut(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := Cut(text, 12); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("短句。", "短句。")
	f("第一句到此。第二句太长了放不下啊", "第一句到此。")
	f("Costs 3.50 yuan. More of it", "Costs 3.50…")
	f("Yes. And there is more", "Yes.")
	f("一共要付1,000,000元整吧", "一共要付1,000,0…")
	f("，，，，，，，，，，，，，，，，", "，，，，，，，，，，，…")
	f("没有句号，但是有逗号的一句话", "没有句号")
	f("真的吗？当然是真的，请放心购买", "真的吗？")
	f("一二三四五六七八九十十一十二十三", "一二三四五六七八九十十…")
	rapid.Check(t, func(t *rapid.T) {
		text, n := rapid.String().Draw(t, "text"), rapid.IntRange(2, 60).Draw(t, "n")
		got := Cut(text, n)
		if utf8.RuneCountInString(got) > n || strings.TrimSpace(text) != "" && got == "" || !strings.HasPrefix(strings.TrimSpace(string([]rune(text))), strings.TrimSuffix(got, "…")) {
			t.Errorf("Cut(%q, %d) is %q", text, n, got)
		}
	})
}

func TestConfigNamesFieldAndRule(t *testing.T) {
	f := func(change func(*Config), want string) {
		t.Helper()
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f(func(c *Config) { c.OnTimeout = "later" }, "reply.on_timeout: want preset or error")
	f(func(c *Config) { c.Deadline = 2 * time.Second }, "reply.deadline: want a duration above 0, at most 1.5s")
	f(func(c *Config) { c.Budget = c.Deadline }, "reply.budget")
	f(func(c *Config) { c.Intents = []string{"logistic"} }, `"logistic" is none`)
	f(func(c *Config) { c.Apps = map[string]App{"wx": {}} }, "reply.apps.wx.shop")
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{`{"query":"你好"}`, `{"query":""}`, `[]`, `{"query":"a","query":"b"}`, ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		query, err := readQuery(raw)
		if err == nil && (query == "" || len(query) > maxQuery || !utf8.ValidString(query) || strings.TrimSpace(query) != query) {
			t.Errorf("%q is taken for %q", raw, query)
		}
	})
}
