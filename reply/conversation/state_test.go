package conversation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

const at = 1_750_830_000_000

var shopper = event.Shopper{ShopID: "s", UserID: "u"}

func message(id string, from event.Role, text string, ts int64) *event.Event {
	return &event.Event{Type: event.TypeMessage, ID: id, ShopID: "s", UserID: "u", ConvID: "c", From: from, Text: text, Channel: Channel, TS: ts}
}

func reply(question string, route turn.Route, ts int64) *event.Event {
	return &event.Event{Type: event.TypeReply, ID: question + answerSuffix, ShopID: "s", UserID: "u", ConvID: "c", TS: ts, Reply: &event.Reply{
		QuestionID: question, Route: string(route), Answered: route != turn.RouteClarify && route != turn.RoutePreset,
		Dialogue: "ADDRESS", Slots: map[string]string{"size": question},
	}}
}

func step(id string, h event.HandoffStep, ts int64) *event.Event {
	e := &event.Event{Type: event.TypeHandoff, ID: id + "/" + string(h) + fmt.Sprint(ts), ShopID: "s", UserID: "u", ConvID: "c", TS: ts,
		Handoff: &event.Handoff{ID: id, Step: h}}
	if h == event.HandoffRequested {
		e.Handoff.Reason = event.ReasonUrgent
		e.Handoff.Context = &event.HandoffContext{Intent: fmt.Sprint(ts)}
	}
	return e
}

// turnOf is one round.
func turnOf(n int, route turn.Route) []*event.Event {
	q, ts := fmt.Sprint("q", n), int64(at+n*1000)
	return []*event.Event{message(q, event.RoleUser, "问"+q, ts), message(q+answerSuffix, event.RoleBot, "答"+q, ts+1), reply(q, route, ts+1)}
}

func stateOf(events ...*event.Event) *State {
	s := &State{}
	for _, e := range events {
		s.Apply(e)
	}
	return s
}

func TestFiveRoundsWithTheirAnswers(t *testing.T) {
	var events []*event.Event
	for n := range 7 {
		events = append(events, turnOf(n, turn.RouteFAQ)...)
	}
	events = append(events, message("q9", event.RoleUser, "还在吗", at+9000)) // not answered yet
	s := stateOf(events...).Turn()
	if len(s.Rounds) != 5 || s.Rounds[0].Question != "问q2" || s.Rounds[4] != (turn.Round{EventID: "q6", Question: "问q6", Answer: "答q6", Route: turn.RouteFAQ, At: at + 6000}) {
		t.Errorf("rounds %+v", s.Rounds)
	}
	if s.ConvID != "c" || s.LastAt != at+9000 || s.Mode != turn.ModeBot || s.Dialogue != "ADDRESS" || s.Slots["size"] != "q6" {
		t.Errorf("state %+v", s)
	}
}

func TestAStateCountsFailuresAsATurnDoes(t *testing.T) {
	kinds := []turn.Route{turn.RouteFAQ, turn.RouteClarify, turn.RoutePreset, turn.RouteRule}
	rapid.Check(t, func(rt *rapid.T) {
		var events []*event.Event
		folded := turn.State{}
		for n := range rapid.IntRange(0, 5).Draw(rt, "turns") {
			route := rapid.SampledFrom(kinds).Draw(rt, "route")
			events = append(events, turnOf(n, route)...)
			folded = folded.After(turn.Done{Turn: &turn.Turn{ConvID: "c", EventID: fmt.Sprint("q", n), Text: fmt.Sprint("问q", n), At: int64(at + n*1000)},
				Reply: &turn.Reply{Route: route, Dialogue: "ADDRESS", Slots: map[string]string{"size": fmt.Sprint("q", n)}}, Brief: fmt.Sprint("答q", n)})
		}
		got := stateOf(events...).Turn()
		if got.Failures != folded.Failures || got.Clarified != folded.Clarified || !slices.Equal(got.Rounds, folded.Rounds) || !reflect.DeepEqual(got.Slots, folded.Slots) {
			rt.Errorf("from the topics %+v, from the turns %+v", got, folded)
		}
	})
}

func TestSilenceForgets(t *testing.T) {
	s := stateOf(append(turnOf(0, turn.RouteFAQ), message("late", event.RoleUser, "在吗", at+turn.Silence.Milliseconds()+2))...)
	if len(s.Questions) != 1 || len(s.Answers)+len(s.Known) != 0 {
		t.Errorf("kept %+v", s)
	}
}

func TestWordsWaitUntilTheyAreShown(t *testing.T) {
	s := stateOf(message("w1", event.RoleAgent, "您好", at), message("w2", event.RoleAgent, "请稍等", at+1))
	shown := step("h", event.HandoffShown, at+2)
	shown.Handoff.Shown = []string{"w1"}
	s.Apply(shown)
	if w := s.Waiting(); len(w) != 1 || w[0] != (turn.Words{EventID: "w2", Text: "请稍等", At: at + 1}) {
		t.Errorf("waiting %+v", w)
	}
	if len(s.Handoffs) != 0 {
		t.Errorf("what was shown is no handoff: %+v", s.Handoffs)
	}
}

func TestModes(t *testing.T) {
	f := func(want turn.Mode, handoff string, events ...*event.Event) {
		t.Helper()
		if mode, id := stateOf(events...).Mode(); mode != want || id != handoff {
			t.Errorf("mode %q by %q, want %q by %q", mode, id, want, handoff)
		}
	}
	requested, taken, closed := step("h1", event.HandoffRequested, at), step("h1", event.HandoffTaken, at+1), step("h1", event.HandoffClosed, at+2)
	f(turn.ModeBot, "")
	f(turn.ModePending, "h1", requested)
	f(turn.ModeHuman, "h1", requested, taken)
	f(turn.ModeHuman, "h1", taken)
	f(turn.ModeBot, "", requested, taken, closed)
	f(turn.ModeBot, "", closed, taken) // closed is for ever
	f(turn.ModeBot, "", step("h1", event.HandoffAttempted, at))
	f(turn.ModePending, "h2", requested, taken, closed, step("h2", event.HandoffRequested, at+3))
	f(turn.ModeHuman, "h2", requested, step("h2", event.HandoffTaken, at+3))
	silence := turn.Silence.Milliseconds()
	lapse := func(after int64) *event.Event { return step("h1", event.HandoffLapsed, at+after) }
	f(turn.ModeBot, "", requested, lapse(1))
	f(turn.ModePending, "h2", requested, lapse(1), step("h2", event.HandoffRequested, at+1))
	f(turn.ModeHuman, "h1", requested, taken, lapse(silence)) // taken less than two hours before
	f(turn.ModeBot, "", requested, taken, lapse(silence+1))
	f(turn.ModeHuman, "h1", requested, taken, lapse(silence+1), step("h1", event.HandoffTaken, at+2)) // and again
	f(turn.ModeHuman, "h1", requested, lapse(1), step("h1", event.HandoffTaken, at+2))                // by who had not heard
}

// When a handoff is over: a human's by silence, one that nobody took when its
// package is not posted any more.
func TestOver(t *testing.T) {
	f := func(want bool, now int64, events ...*event.Event) {
		t.Helper()
		if s := stateOf(events...); s.Over(&s.Handoffs[0], at+now) != want {
			t.Errorf("after %d ms over is %v", now, !want)
		}
	}
	silence := turn.Silence.Milliseconds()
	requested, taken := step("h1", event.HandoffRequested, at), step("h1", event.HandoffTaken, at+1)
	f(false, silence, requested, taken)
	f(true, silence+1, requested, taken)
	f(false, silence+1, requested, taken, message("w", event.RoleAgent, "您好", at+2))
	f(false, silence+1, requested, taken, message("q", event.RoleUser, "在吗", at+2))
	f(false, silence+1, requested, taken, step("h1", event.HandoffTaken, at+2))
	f(false, 10*silence, requested)
	f(true, deliveredBy.Milliseconds(), requested)
	f(false, 100*silence, requested, taken, step("h1", event.HandoffClosed, at+2))
}

// A history is what a shopper, a bot and people may do with a conversation.
func history(rt *rapid.T) (events []*event.Event) {
	for n := range rapid.IntRange(1, 9).Draw(rt, "rounds") {
		events = append(events, turnOf(n, rapid.SampledFrom(turn.Routes()).Draw(rt, "route"))...)
	}
	for n := range rapid.IntRange(0, 3).Draw(rt, "handoffs") {
		id := fmt.Sprint("h", n)
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			e := step(id, rapid.SampledFrom([]event.HandoffStep{
				event.HandoffRequested, event.HandoffTaken, event.HandoffClosed, event.HandoffAttempted, event.HandoffDelivered, event.HandoffLapsed,
			}).Draw(rt, "step"), at+rapid.Int64Range(0, 20_000).Draw(rt, "at")+rapid.SampledFrom([]int64{0, turn.Silence.Milliseconds()}).Draw(rt, "later"))
			switch e.Handoff.Step {
			case event.HandoffTaken:
				e.Handoff.Agent = rapid.SampledFrom([]string{"", "amy", "bob"}).Draw(rt, "agent")
			case event.HandoffAttempted, event.HandoffDelivered:
				e.Handoff.Attempt = rapid.Int64Range(1, 9).Draw(rt, "attempt")
			}
			events = append(events, e)
		}
	}
	for n := range rapid.IntRange(0, 4).Draw(rt, "words") {
		events = append(events, message(fmt.Sprint("w", n), event.RoleAgent, "您好", at+int64(n)*500))
		shown := step("h0", event.HandoffShown, at+int64(n)*700)
		shown.Handoff.Shown = []string{fmt.Sprint("w", n/2)}
		events = append(events, shown)
	}
	if rapid.Bool().Draw(rt, "much later") {
		events = append(events, message("later", event.RoleUser, "又来了", at+turn.Silence.Milliseconds()+rapid.Int64Range(0, 9000).Draw(rt, "silence")))
	}
	return events
}

func TestNeitherOrderNorRepetitionMatters(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := history(rt)
		want := stateOf(events...)
		again := rapid.Permutation(slices.Concat(events, events[:rapid.IntRange(0, len(events)).Draw(rt, "again")])).Draw(rt, "order")
		if got := stateOf(again...); !reflect.DeepEqual(normal(got), normal(want)) {
			rt.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	})
}

// Whatever the order, a prefix of the log in which a handoff was closed never
// has it open again, and one in which it was taken has no bot until then.
func TestClosedStaysClosed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &State{}
		closed := map[string]bool{}
		for _, e := range rapid.Permutation(history(rt)).Draw(rt, "order") {
			s.Apply(e)
			if e.Type == event.TypeHandoff && e.Handoff.Step == event.HandoffClosed {
				closed[e.Handoff.ID] = true
			}
			mode, id := s.Mode()
			if closed[id] {
				rt.Fatalf("%s is open again: %s", id, mode)
			}
			for i := range s.Handoffs {
				if h := &s.Handoffs[i]; h.State() == StateHuman && mode != turn.ModeHuman {
					rt.Fatalf("%s is taken, and the mode is %q", h.ID, mode)
				}
			}
		}
	})
}

// normal makes empty lists equal to none.
func normal(s *State) State {
	n := *s
	for _, list := range []*[]Said{&n.Questions, &n.Answers, &n.Words} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if len(n.Known) == 0 {
		n.Known = nil
	}
	return n
}

func TestManyClosedHandoffsAreForgotten(t *testing.T) {
	s := &State{}
	for n := range 30 {
		id := fmt.Sprintf("h%02d", n)
		s.Apply(step(id, event.HandoffRequested, at+int64(10*n)))
		s.Apply(step(id, event.HandoffDelivered, at+int64(10*n)+1))
		s.Apply(step(id, event.HandoffClosed, at+int64(10*n)+2))
	}
	if len(s.Handoffs) != keptClosed || s.Handoffs[0].ID != "h22" {
		t.Errorf("kept %d, the first %s", len(s.Handoffs), s.Handoffs[0].ID)
	}
}

func TestErase(t *testing.T) {
	s := stateOf(slices.Concat(turnOf(0, turn.RouteFAQ), turnOf(5, turn.RouteFAQ), []*event.Event{step("h", event.HandoffRequested, at+10), message("w", event.RoleAgent, "您好", at+20)})...)
	if !s.Erase(at+2000) || len(s.Questions) != 1 || len(s.Handoffs)+len(s.Words) != 0 {
		t.Errorf("left %+v", s)
	}
	if s.Erase(at + 9000) {
		t.Errorf("left %+v", s)
	}
}

func TestIdle(t *testing.T) {
	later := int64(at + 2*turn.Silence.Milliseconds() + 10_000)
	f := func(want bool, now int64, events ...*event.Event) {
		t.Helper()
		if got := stateOf(append(events, turnOf(0, turn.RouteFAQ)...)...).Idle(now); got != want {
			t.Errorf("idle %v, want %v", got, want)
		}
	}
	f(false, at)
	f(true, later)
	f(false, later, step("h", event.HandoffTaken, at))
	words, shown := message("w", event.RoleAgent, "已为您补发", at), step("h", event.HandoffShown, at+1)
	shown.Handoff.Shown = []string{"w"}
	f(false, at+waitsFor.Milliseconds()-1, words)
	f(true, at+waitsFor.Milliseconds(), words)
	f(true, later, words, shown)
	f(false, later, step("h", event.HandoffRequested, at), step("h", event.HandoffClosed, at)) // not delivered
	f(true, at+deliveredBy.Milliseconds()+1, step("h", event.HandoffRequested, at), step("h", event.HandoffClosed, at))
	f(true, later, step("h", event.HandoffRequested, at), step("h", event.HandoffClosed, at), step("h", event.HandoffDelivered, at))
}

func TestEncodedAndDecoded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := stateOf(history(rt)...)
		s.Questions = append(s.Questions, Said{ID: "chat:" + strings.Repeat("0f", 16), Conv: "chat-x-" + strings.Repeat("A1", 16), Text: rapid.String().Draw(rt, "text"), At: -5})
		b, err := Encode(s)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil || !reflect.DeepEqual(normal(got), normal(s)) {
			rt.Fatalf("%v\ngot\n%+v\nwant\n%+v", err, got, s)
		}
		if handed(b) != (len(s.Handoffs) > 0) {
			rt.Fatal("the flag does not say what the handoffs say")
		}
	})
}

func FuzzDecode(f *testing.F) {
	b, err := Encode(stateOf(slices.Concat(turnOf(1, turn.RouteFAQ), []*event.Event{step("h", event.HandoffRequested, at)})...))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{formVersion, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err != nil {
			return
		}
		if _, err := Encode(s); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
