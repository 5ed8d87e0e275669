package processors

import (
	"fmt"
	"maps"
	"slices"

	"askbuy/schemas/event"
)

// Fact is the first copy of an event and its position in its raw topic.
type Fact struct {
	Event *event.Event
	Raw   event.Position
}

// History is all that facts say of a shopper.
type History struct {
	Messages []Fact // the shopper's, of every role
	Orders   []Fact // every event of every order that one of them ties to the shopper
}

// Rebuilder computes whole shoppers from facts, as the repairer does.
type Rebuilder struct {
	join  join
	model scorer
}

// NewRebuilder takes the model that scores.
func NewRebuilder(m model) *Rebuilder { return &Rebuilder{join{fold: m.Fold}, m} }

// Rows are all rows of a shopper, at a version.
func (r *Rebuilder) Rows(s event.Shopper, h History, at event.Position) (scores []event.MessageScore, touches []event.OrderTouches, err error) {
	out, err := safely(func() (output, error) { return r.join.rebuild(r.model, s, h, at), nil })
	if err != nil {
		err = fmt.Errorf("rebuild rows of a shopper: %w", err)
	}
	return out.Scores, out.Touches, err
}

// Without is the history without what is erased.
func (h History) Without(gone func(*event.Event) bool) History {
	is := func(f Fact) bool { return gone(f.Event) }
	return History{Messages: slices.DeleteFunc(h.Messages, is), Orders: slices.DeleteFunc(h.Orders, is)}
}

// rebuild is the journey's fold over a whole history: all rows of a shopper,
// also the empty ones, at the version that was asked for.
func (f join) rebuild(model scorer, s event.Shopper, h History, at event.Position) output {
	j := &journey{}
	for _, m := range h.Messages {
		j.Messages = append(j.Messages, newMessage(scoreMessage(model, m.Event, m.Raw)))
	}
	slices.SortFunc(j.Messages, inOrder)
	c := concern{orders: rebuildOrders(s, h.Orders)}
	for _, talk := range f.conversations(j.Messages) {
		c.places = append(c.places, talk.messages[0])
	}
	return f.rows(j, s, c, at)
}

func rebuildOrders(s event.Shopper, facts []Fact) []order {
	events := map[string][]orderEvent{}
	for _, e := range facts {
		events[e.Event.OrderID] = append(events[e.Event.OrderID], newOrderEvent(e.Event, e.Raw))
	}
	var orders []order
	for _, id := range slices.Sorted(maps.Keys(events)) {
		o := foldOrder(events[id])
		o.ShopID, o.OrderID, o.UserID = s.ShopID, id, s.UserID
		o.NamedAt = (&orderState{Events: events[id]}).namedAt(s.UserID)
		orders = append(orders, newOrder(&o))
	}
	return orders
}
