package processors

import (
	"slices"

	"askbuy/schemas/event"
)

// maxOrderEvents is how many events of one order are kept in the stream. An
// order that has more is computed from facts.
const maxOrderEvents = 64

// orderState is what the orders group remembers of one order.
type orderState struct {
	Events []orderEvent `json:"e"` // one per event id: the copy of the least position
	// Users whom an event beyond the kept ones names, at most as many as
	// events: who is not in either list hears of the order once, with his event.
	Users      []string       `json:"u,omitempty"`
	Overflowed bool           `json:"o,omitempty"`
	V          event.Position `json:"v"` // greatest position applied
}

// apply adds an order event, or a copy of one, and returns the snapshots to
// send: the same for every user that an event of the order names. The users
// named by the copies that do not count hear of it too: what a conflicting
// copy once said of their journey has to be taken back.
func (s *orderState) apply(e *event.Event, raw event.Position) []event.OrderSnapshot {
	incoming := newOrderEvent(e, raw)
	s.V = max(s.V, raw)
	replaced := s.put(incoming)
	o := foldOrder(s.Events)
	o.ShopID, o.OrderID, o.Overflowed, o.V = e.ShopID, e.OrderID, s.Overflowed, s.V
	var snapshots []event.OrderSnapshot
	for _, user := range s.named(incoming, replaced) {
		o.UserID = user
		snapshots = append(snapshots, o)
	}
	return snapshots
}

// put keeps the copy of the least position and returns what stood there.
func (s *orderState) put(e orderEvent) (before orderEvent) {
	i := slices.IndexFunc(s.Events, func(k orderEvent) bool { return k.ID == e.ID })
	switch {
	case i >= 0:
		before = s.Events[i]
		if e.Raw < before.Raw {
			s.Events[i] = e
		}
	case len(s.Events) < maxOrderEvents:
		s.Events = append(s.Events, e)
	default:
		s.Overflowed = true
		if e.User != "" && !e.Test && len(s.Users) < maxOrderEvents && !slices.Contains(s.Users, e.User) {
			s.Users = append(s.Users, e.User)
		}
	}
	return before
}

// named lists the users of the events, sorted.
func (s *orderState) named(also ...orderEvent) []string {
	users := slices.Clone(s.Users)
	for _, events := range [][]orderEvent{s.Events, also} {
		for _, e := range events {
			if e.User != "" && !e.Test {
				users = append(users, e.User)
			}
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}
