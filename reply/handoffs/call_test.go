package handoffs

import (
	"fmt"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/models/intent"
	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Turns of one shopper that are answered at once, by two replicas, and call a
// person each: there is one handoff, one package, and one more count, and so it
// is the next time.
func TestCallsAtOnceAreOneHandoff(t *testing.T) {
	r := newRig(t, 2)
	a, b := r.open(), r.open()
	for round := range 2 {
		state := a.book.State(shopper).Turn()
		var calls sync.WaitGroup
		for n := range 6 {
			rep := []*replica{a, b}[n%2]
			calls.Go(func() {
				question := fmt.Sprint("m", round, n)
				events, called := rep.desk.Call(&turn.Turn{
					Shopper: shopper, ConvID: "c", EventID: question, Text: fmt.Sprint("转人工", n), At: rep.clock().UnixMilli(), State: state,
				}, &turn.Reply{Route: turn.RoutePreset})
				if !called || len(events) != 1 {
					t.Errorf("call %d of round %d: %v, %+v", n, round, called, events)
				}
				r.publish(events...)
			})
		}
		calls.Wait()
		for name, rep := range map[string]*replica{"a": a, "b": b} {
			rep.sees("one handoff through "+name, func(s *conversation.State) bool {
				mode, _ := s.Mode()
				return mode == turn.ModePending && len(s.Handoffs) == round+1
			})
			if n := testutil.ToFloat64(rep.desk.metrics.handoffs[event.ReasonAsked]); n != float64(round+1) {
				t.Errorf("%s counts %v handoffs after %d", name, n, round+1)
			}
		}
		_, open := a.book.State(shopper).Mode()
		r.publish(a.desk.step(shopper, "c", false, event.Handoff{ID: open, Step: event.HandoffClosed}))
		for _, rep := range []*replica{a, b} {
			rep.sees("the end", func(s *conversation.State) bool { return s.Turn().HandoffOver == open })
		}
	}
}

// Each call says what it was asked with: two of one handoff are no conflict.
func TestCallsOfOneHandoffAreDifferentEvents(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	first, second := a.call(shopper, "c", "m1", "转人工", intent.Scored{}), a.call(shopper, "c", "m2", "真人呢", intent.Scored{})
	if first.Handoff.ID != second.Handoff.ID || first.ID == second.ID {
		t.Errorf("%s of %s, %s of %s", first.ID, first.Handoff.ID, second.ID, second.Handoff.ID)
	}
}
