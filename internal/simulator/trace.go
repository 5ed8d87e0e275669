package simulator

import (
	"cmp"
	"slices"

	"askbuy/schemas/event"
)

// trace is what the truth layer remembers of a conversation: what could be
// seen of it, and what nobody sees.
type trace struct {
	shop       *shop
	user, conv string
	start      int64 // ms
	lastUser   int64
	steps      []step

	shopper shopper
	class   int
	base    float64 // log odds that the shop, the day and the variant add
	giving  float64 // what the variant adds to the probability that an order comes to nothing
	paidAt  int64   // of the order that the conversation ended in; 0: none
	lostAt  int64   // when it came to nothing; 0: never
	trapped bool    // a trap was laid in it as well
}

// step is one of the shopper's messages and what was done since the one before.
type step struct {
	act act
	did []doing
	ts  int64
	out int    // index among the conversation's events, until they are named
	id  string // "" when the door makes it up
	off bool   // it lies outside the period and was never told
}

// name gives the steps the ids of their messages once these are settled.
func (t *trace) name(out []told) {
	for i := range t.steps {
		s := &t.steps[i]
		if s.out >= len(out) || out[s.out].TS != s.ts || out[s.out].Type != event.TypeMessage {
			s.off = true
			continue
		}
		if !out[s.out].anonymous {
			s.id = out[s.out].ID
		}
	}
	t.steps = slices.DeleteFunc(t.steps, func(s step) bool { return s.off })
}

// histories are the conversations of each shopper by their beginning.
func histories(traces []*trace) map[event.Shopper][]*trace {
	out := map[event.Shopper][]*trace{}
	for _, t := range traces {
		key := event.Shopper{ShopID: t.shop.id, UserID: t.user}
		out[key] = append(out[key], t)
	}
	for _, of := range out {
		slices.SortStableFunc(of, func(a, b *trace) int { return cmp.Compare(a.start, b.start) })
	}
	return out
}
