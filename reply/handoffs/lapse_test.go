package handoffs

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// A shopper whom nobody has answered asks again: nothing new while the call is
// fresh, and a call in the place of the old one when it is not. There is one
// open handoff at a time, and none is lost.
func TestAskingAgain(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	began := time.Now().UnixMilli()
	ask := func(conv, question string, after time.Duration) ([]event.Event, bool) {
		state := a.book.State(shopper).Turn().In(conv)
		events, called := a.desk.Call(&turn.Turn{Shopper: shopper, ConvID: conv, EventID: question, Text: "转人工", At: began + after.Milliseconds(), State: state}, &turn.Reply{Route: turn.RoutePreset})
		r.publish(events...)
		return events, called
	}
	open := func(id string) func(*conversation.State) bool {
		return func(s *conversation.State) bool {
			still := 0
			for i := range s.Handoffs {
				if s.Handoffs[i].Open() {
					still++
				}
			}
			_, is := s.Mode()
			return still == 1 && is == id
		}
	}
	first, called := ask("c1", "q1", 0)
	if !called || len(first) != 1 {
		t.Fatalf("called %v, %+v", called, first)
	}
	a.sees("the call", open(first[0].Handoff.ID))
	if again, called := ask("c1", "q2", turn.Silence-time.Second); !called || len(again) != 0 {
		t.Errorf("while the call is fresh: %v, %+v", called, again)
	}
	if events, called := a.desk.Call(&turn.Turn{Shopper: shopper, ConvID: "c1", EventID: "q3", Text: "几天到货", At: began, State: a.book.State(shopper).Turn()}, &turn.Reply{Route: turn.RouteFAQ}); called || len(events) != 0 {
		t.Errorf("asking for something else: %v, %+v", called, events)
	}
	later, called := ask("c1", "q4", turn.Silence)
	if !called || len(later) != 2 {
		t.Fatalf("hours later: %v, %+v", called, later)
	}
	a.sees("the second call", open(later[0].Handoff.ID))
	other, called := ask("c2", "q5", turn.Silence+time.Second)
	if !called || len(other) != 2 {
		t.Fatalf("in another conversation: %v, %+v", called, other)
	}
	a.sees("the third call", open(other[0].Handoff.ID))
	if n := testutil.ToFloat64(a.desk.metrics.handoffs[event.ReasonAsked]); n != 3 {
		t.Errorf("%v calls are counted", n)
	}
	// A person who still has the first before them takes the shopper all the same.
	r.publish(a.desk.step(shopper, "c1", false, event.Handoff{ID: first[0].Handoff.ID, Step: event.HandoffTaken, Agent: "amy"}))
	a.sees("the taking", func(s *conversation.State) bool { mode, _ := s.Mode(); return mode == turn.ModeHuman })
}

// A person who lets a shopper lie for two hours has them no more; who takes the
// shopper again in the last moment has.
func TestATakenShopperIsNotStuck(t *testing.T) {
	r := newRig(t, 2)
	a, b := r.open(), r.open()
	r.publish(said(shopper, "c", "m1", event.RoleUser, "转人工"))
	r.publish(a.call(shopper, "c", "m1", "转人工", intent.Scored{}))
	a.sees("the call", func(s *conversation.State) bool { return len(s.Handoffs) == 1 && len(s.Questions) == 1 })
	take := func(p *replica) {
		t.Helper()
		if status := p.ask("POST", "/v1/handoffs", "all", `{"shop_id":"s","user_id":"u","conv_id":"c"}`, nil); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	take(a)
	ctx := kafkatest.Context(t)
	if lapsed, err := a.desk.Lapse(ctx, shopper); lapsed || err != nil {
		t.Errorf("at once: %v, %v", lapsed, err)
	}
	r.now.Store(int64(turn.Silence) + int64(time.Minute))
	take(b) // the moment before it lapses
	if lapsed, err := a.desk.Lapse(ctx, shopper); lapsed || err != nil {
		t.Errorf("after it was taken again: %v, %v", lapsed, err)
	}
	r.now.Store(2 * (int64(turn.Silence) + int64(time.Minute)))
	if lapsed, err := a.desk.Lapse(ctx, shopper); !lapsed || err != nil {
		t.Errorf("after two hours of silence: %v, %v", lapsed, err)
	}
	for name, p := range map[string]*replica{"a": a, "b": b} {
		p.sees("that the bot has the shopper back through "+name, func(s *conversation.State) bool { mode, _ := s.Mode(); return mode == turn.ModeBot })
	}
	var list struct {
		Handoffs []Package `json:"handoffs"`
	}
	if a.ask("GET", "/v1/handoffs?state=closed", "s", "", &list); len(list.Handoffs) != 1 || list.Handoffs[0].ClosedAt == 0 {
		t.Errorf("the list of closed ones has %+v", list)
	}
}

// What nobody takes is pending until its package is not posted any more; the
// replica that looks after the shopper sees to it.
func TestWhatNobodyTakesLapses(t *testing.T) {
	r := newRig(t, 2)
	open := func() *replica {
		p := r.open()
		p.desk.lapseEvery = 20 * time.Millisecond
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- p.desk.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return p
	}
	a, b := open(), open()
	r.publish(a.call(shopper, "c", "m1", "转人工", intent.Scored{}))
	pending := func(s *conversation.State) bool { mode, _ := s.Mode(); return mode == turn.ModePending }
	b.sees("the call", pending)
	r.now.Store(int64(giveUpAfter) - int64(time.Minute))
	if over, err := a.desk.lapse(shopper, a.book.State(shopper)); over || err != nil {
		t.Errorf("before its time: %v, %v", over, err)
	}
	r.now.Store(int64(giveUpAfter) + int64(time.Minute))
	for _, p := range []*replica{a, b} {
		p.sees("the lapse", func(s *conversation.State) bool {
			return slices.ContainsFunc(s.Handoffs, func(h conversation.Handoff) bool { return h.State() == conversation.StateClosed })
		})
	}
}
