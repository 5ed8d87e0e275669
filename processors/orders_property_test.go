package processors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

// What an order came to, amounts and times and all, is a function of the set
// of its events: any order of arrival and any repetition end in the snapshot
// of the events told once, in their order. Every user whom an event names is
// told the same.
func TestOrderFoldDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := orderEvents(rt)
		want := snapshotOf(events)
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		got := snapshotOf(delivery(dice, events))
		if fmt.Sprint(texted(got)) != fmt.Sprint(texted(want)) {
			rt.Errorf("got  %v\nwant %v", texted(got), texted(want))
		}
	})
}

func orderEvents(rt *rapid.T) (events []*event.Event) {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "pick") }
	money := func() *event.Money {
		if pick(3) == 0 {
			return nil
		}
		m := event.Money(pick(4) * 100)
		return &m
	}
	for i := range pick(20) + 1 {
		e := &event.Event{
			Type: event.TypeOrder, ShopID: "s", OrderID: "o", ID: fmt.Sprint("e", i), TS: int64(pick(5)),
			UserID: []string{"", "u1", "u2"}[pick(3)], ConvID: []string{"", "c1", "c2"}[pick(3)],
			Status: []event.Status{event.StatusCreated, event.StatusPaid, event.StatusCancelled, event.StatusRefunded}[pick(4)],
			Amount: money(), RefundedAmount: money(), Test: pick(8) == 7,
		}
		if e.RefundAmount = money(); e.RefundAmount != nil {
			e.RefundID = fmt.Sprint("r", pick(3))
		}
		events = append(events, e)
	}
	return events
}

// snapshotOf is the last word to each user.
func snapshotOf(events []*event.Event) map[string]event.OrderSnapshot {
	var state orderState
	told := map[string]event.OrderSnapshot{}
	for at, e := range events {
		for _, s := range state.apply(e, event.At(0, int64(at)), event.At(0, int64(at))) {
			told[s.UserID] = s
		}
	}
	return told
}

// texted writes snapshots without the place that they were made at.
func texted(told map[string]event.OrderSnapshot) (lines []string) {
	for _, s := range told {
		s.V = 0
		lines = append(lines, string(must(encodeJSON(s))))
	}
	slices.Sort(lines)
	return lines
}
