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
// copy once said of their journey has to be taken back. raw is where the copy
// stands, at where its record does: the two differ when a fact is told again.
func (s *orderState) apply(e *event.Event, raw, at event.Position) []event.OrderSnapshot {
	incoming := newOrderEvent(e, raw)
	s.V = max(s.V, at)
	replaced := s.put(incoming)
	o := foldOrder(s.Events)
	o.ShopID, o.OrderID, o.Overflowed, o.V = e.ShopID, e.OrderID, s.Overflowed, s.V
	var snapshots []event.OrderSnapshot
	for _, user := range s.named(incoming, replaced) {
		o.UserID, o.NamedAt = user, s.namedAt(user, incoming, replaced)
		snapshots = append(snapshots, o)
	}
	return snapshots
}

// erase forgets what is erased of the order and returns the snapshots to
// send: to all who are named still, and word to the others that nothing of
// the order names them any more. The erased user hears of it at a repetition
// too, when the state names him no more.
func (s *orderState) erase(e *event.Erasure) []event.OrderSnapshot {
	before := s.named(orderEvent{User: e.UserID})
	s.Events = slices.DeleteFunc(s.Events, func(k orderEvent) bool {
		return k.TS <= e.UpTo && (e.Whole || k.User == e.UserID)
	})
	s.Users = slices.DeleteFunc(s.Users, func(user string) bool { return user == e.UserID })
	o := foldOrder(s.Events)
	o.ShopID, o.OrderID, o.Overflowed, o.V = e.ShopID, e.OrderID, s.Overflowed, s.V
	after := s.named()
	var snapshots []event.OrderSnapshot
	for _, user := range before {
		o.UserID, o.NamedAt = user, s.namedAt(user)
		o.Gone = !slices.Contains(after, user)
		snapshots = append(snapshots, o)
	}
	return snapshots
}

// empty reports that there is nothing to remember.
func (s *orderState) empty() bool { return len(s.Events)+len(s.Users) == 0 }

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

// namedAt is the greatest ts of the events that name a user. Of one whom only
// an event beyond the kept ones names, it is that of the latest kept event.
func (s *orderState) namedAt(user string, also ...orderEvent) (ts int64) {
	overflowed := slices.Contains(s.Users, user)
	for _, events := range [][]orderEvent{s.Events, also} {
		for _, e := range events {
			if !e.Test && (e.User == user || overflowed) {
				ts = max(ts, e.TS)
			}
		}
	}
	return ts
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
