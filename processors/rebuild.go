package processors

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// Fact is the first copy of an event and its position in its raw topic.
type Fact struct {
	Event *event.Event
	Raw   event.Position
}

// History is all that facts say of a shopper.
type History struct {
	Messages  []Fact // the shopper's, of every role
	Orders    []Fact // every event of every order that one of them ties to the shopper
	Behaviors []Fact // the shopper's, those with a signal at least
}

// Rebuilder computes whole shoppers from facts, as the repairer does.
type Rebuilder struct {
	join   join
	models models
}

// NewRebuilder takes the models that score.
func NewRebuilder(m models) *Rebuilder {
	return &Rebuilder{join{fold: intent.Fold, params: m.Params}, m}
}

// Rows are all rows of a shopper, at a version.
func (r *Rebuilder) Rows(ctx context.Context, s event.Shopper, h History, at event.Position) (scores []event.MessageScore, touches []event.OrderTouches, err error) {
	scorers, err := scorersOf(ctx, r.models, h.Messages)
	if err != nil {
		return nil, nil, fmt.Errorf("find the models of a shopper's messages: %w", err)
	}
	out, err := safely(func() (output, error) { return r.join.rebuild(scorers, s, h, at), nil })
	if err != nil {
		err = fmt.Errorf("rebuild rows of a shopper: %w", err)
	}
	return out.Scores, out.Touches, err
}

// Without is the history without what is erased.
func (h History) Without(gone func(*event.Event) bool) History {
	is := func(f Fact) bool { return gone(f.Event) }
	return History{
		Messages: slices.DeleteFunc(h.Messages, is), Orders: slices.DeleteFunc(h.Orders, is), Behaviors: slices.DeleteFunc(h.Behaviors, is),
	}
}

// rebuild is the journey's fold over a whole history: all rows of a shopper,
// also the empty ones, at the version that was asked for. The scorers are those
// of the messages.
func (f join) rebuild(scorers []scorer, s event.Shopper, h History, at event.Position) output {
	j := &journey{}
	for i, m := range h.Messages {
		j.Messages = append(j.Messages, newMessage(scoreMessage(scorers[i], m.Event, m.Raw)))
	}
	slices.SortFunc(j.Messages, inOrder)
	for _, b := range h.Behaviors {
		j.Behaviors = append(j.Behaviors, newBehavior(behaviorOf(b.Event, b.Raw)))
	}
	slices.SortFunc(j.Behaviors, behaviorsInOrder)
	j.Orders = rebuildOrders(s, h.Orders)
	return f.rows(j, s, j.everything(), at)
}

// everything is a concern of all that the journey has.
func (j *journey) everything() (c concern) {
	first := map[string]bool{}
	for _, m := range j.Messages {
		if m.Folded && !first[m.Conv] {
			first[m.Conv] = true
			c.places = append(c.places, m)
		}
	}
	c.orders = slices.Clone(j.Orders)
	return c
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
