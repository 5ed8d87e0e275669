package processors

import (
	"cmp"
	"slices"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// journey is what the join remembers of one shopper. It is a function of the
// shopper's log; see the package comment.
type journey struct {
	Messages []message `json:"m,omitempty"` // in message order, one per event id
	Orders   []order   `json:"o,omitempty"` // by id
	// Behaviors are those of the last days, in order of ts, one per event id.
	Behaviors []behavior `json:"b,omitempty"`
	// Reached is how far the raw topics are in this journey: what must be
	// stored before facts can say as much as it does.
	Reached []event.Reached `json:"r,omitempty"`
	// CompleteSince is the greatest ts ever pruned: of later ones nothing is
	// missing but behaviours. All kept messages are later. nil: nothing was
	// pruned.
	CompleteSince *int64 `json:"c,omitempty"`
	// BehaviorsSince is the same of behaviours.
	BehaviorsSince *int64 `json:"s,omitempty"`
	OrdersPruned   bool   `json:"p,omitempty"` // an order not kept need not be new
	// Overflowed: some order of the shopper has more events than are kept, so
	// nothing but the facts says which messages concern it.
	Overflowed bool `json:"x,omitempty"`
}

// message is a kept message; without Folded it is kept only so that its
// copies are recognised.
type message struct {
	ID       string         `json:"i"`
	Conv     string         `json:"c"`
	TS       int64          `json:"t"`
	Raw      event.Position `json:"r"` // in the messages topic
	Folded   bool           `json:"f,omitempty"`
	Evidence float64        `json:"e,omitempty"`
	Act      string         `json:"a,omitempty"`
	Intent   string         `json:"n,omitempty"`
	Path     []string       `json:"p,omitempty"`
	Model    string         `json:"d,omitempty"`
}

func newMessage(m *event.ScoredMessage) message {
	return message{
		ID: m.EventID, Conv: m.ConvID, TS: m.TS, Raw: m.Raw, Folded: m.Folded,
		Evidence: m.Evidence, Act: m.Act, Intent: m.Intent, Path: m.IntentPath, Model: m.ModelID,
	}
}

func (m message) copyOf() (string, event.Position) { return m.ID, m.Raw }

// inOrder is the order of messages.
func inOrder(a, b message) int { return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID)) }

// order is the kept snapshot of an order, the one of the greatest V.
type order struct {
	ID   string         `json:"i"`
	V    event.Position `json:"v"`
	Paid *int64         `json:"p,omitempty"` // order time, when it is this shopper's and paid
	Lost *int64         `json:"o,omitempty"` // when it was first cancelled or refunded
	Last int64          `json:"l"`           // greatest of its times and 0, for pruning
	// Since is the least order time that any of its snapshots had: no score
	// before it ever depended on the order. nil: none had one.
	Since *int64 `json:"s,omitempty"`
	Conv  string `json:"c,omitempty"` // the one it names
	// Named is the greatest ts of the order's events that name this shopper.
	Named int64 `json:"n,omitempty"`
	// Ask: its row is asked of the facts. It has too many events, or it may be
	// an older state of an order that was pruned.
	Ask bool `json:"a,omitempty"`
}

func newOrder(o *event.OrderSnapshot) order {
	k := order{ID: o.OrderID, V: o.V, Conv: o.NamedConv, Named: o.NamedAt, Ask: o.Overflowed}
	if o.Shopper == o.UserID {
		k.Paid, k.Since = o.PaidAt, o.PaidAt
	}
	k.Lost = least(o.CancelledAt, o.RefundedAt)
	for _, at := range []*int64{o.CreatedAt, o.PaidAt, o.CancelledAt, o.RefundedAt} {
		if at != nil {
			k.Last = max(k.Last, *at)
		}
	}
	return k
}

// least is the lesser of two times of which either may be missing.
func least(a, b *int64) *int64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// join folds journeys. All its functions are pure.
type join struct {
	fold      fold
	params    func(model string) *intent.Params // of a model by its id; nil is one that reads all there is
	partition func(key string) int32            // of every raw topic
	limits    Limits
}

// output is what one entry makes the journey say.
type output struct {
	Scores  []event.MessageScore
	Touches []event.OrderTouches
	Repair  *event.Repair
}

// concern is what an entry can have changed.
type concern struct {
	places []message // folded messages, as they are or were: all from each on in its conversation
	spans  []span    // folded messages of every conversation whose model reads more than it
	orders []order
	ask    bool // rows that the journey cannot compute are among them
}

// span is a time, both ends included.
type span struct{ from, to int64 }

func (s span) has(ts int64) bool { return ts >= s.from && ts <= s.to }

// apply folds one entry, at a position of the journey topic, into the state.
func (f join) apply(j *journey, e *event.Entry, at event.Position) output {
	var c concern
	switch {
	case e.Message != nil:
		c = j.applyMessage(e.Message, f.partition(e.Shopper().Key()))
	case e.Order != nil:
		c = j.applyOrder(e.Order, f.partition(event.Key(e.Order.ShopID, e.Order.OrderID)))
	case e.Erasure != nil:
		c = j.erase(e.Erasure.UpTo)
	case e.Behavior != nil:
		c = j.applyBehavior(e.Behavior, f.partition(e.Shopper().Key()))
	}
	out := f.rows(j, e.Shopper(), c, at)
	j.prune(f.limits)
	return out
}

// applyMessage concerns, besides the copy that counts, the places of the
// copies that do not: what one of them once made others say is said anew.
func (j *journey) applyMessage(e *event.ScoredMessage, partition int32) concern {
	m := newMessage(e)
	j.reach(event.TopicMessages, partition, m.Raw)
	var places []message
	j.Messages, places = keepLeast(j.Messages, m, inOrder, j.whole(m.TS, 0))
	return j.concernedBy(places)
}

// concernedBy leaves out places before which something may be missing: what
// is kept and complete does not depend on them, all else is asked of the facts.
func (j *journey) concernedBy(places []message) (c concern) {
	for _, m := range places {
		switch {
		case !m.Folded:
		case !j.whole(m.TS, 0):
			c.ask = true
		default:
			c.places = append(c.places, m)
			c.ask = c.ask || j.Overflowed
		}
	}
	if len(c.places) == 0 {
		return c
	}
	for _, m := range c.places {
		if m.Act == intent.Claim {
			c.spans = append(c.spans, span{m.TS, noTime})
		}
	}
	c.orders = j.paidFrom(slices.MinFunc(c.places, inOrder).TS)
	return c
}

// paidFrom are the orders whose touches can show a score at ts.
func (j *journey) paidFrom(ts int64) (orders []order) {
	for _, o := range j.Orders {
		if o.Paid != nil && *o.Paid >= ts {
			orders = append(orders, o)
		}
	}
	return orders
}

// applyOrder keeps the snapshot of the greatest V. One that is not kept and
// not beyond what was reached may be an older state of an order that was
// pruned: it is kept, because messages may concern it, but not believed.
func (j *journey) applyOrder(e *event.OrderSnapshot, partition int32) concern {
	o := newOrder(e)
	j.Overflowed = j.Overflowed || e.Overflowed
	seen := j.reach(event.TopicOrders, partition, o.V)
	i, kept := slices.BinarySearchFunc(j.Orders, o.ID, func(k order, id string) int { return cmp.Compare(k.ID, id) })
	if j.OrdersPruned && seen && (!kept || j.Orders[i].Ask) {
		o.Ask = true
	}
	switch {
	case e.Gone: // its row is deleted, not taken back
		if kept {
			j.Orders = slices.Delete(j.Orders, i, i+1)
		}
		return concern{}
	case !kept:
		j.Orders = slices.Insert(j.Orders, i, o)
	default:
		since := least(o.Since, j.Orders[i].Since)
		if o.V >= j.Orders[i].V {
			j.Orders[i] = o
		}
		j.Orders[i].Since = since
	}
	return j.concernedByOrder(j.Orders[i])
}

// concernedByOrder are its own row, the scores from its time on, and the
// touches that show them.
func (j *journey) concernedByOrder(o order) concern {
	if o.Since == nil {
		return concern{orders: []order{o}}
	}
	c := concern{spans: []span{{*o.Since, noTime}}, orders: j.paidFrom(*o.Since), ask: !j.whole(*o.Since, 0)}
	if o.Paid == nil {
		c.orders = append(c.orders, o)
	}
	return c
}

// reach notes that a record is applied and reports whether it, or a later one
// of its partition, was already.
func (j *journey) reach(topic string, partition int32, p event.Position) (already bool) {
	for i := range j.Reached {
		r := &j.Reached[i]
		if r.Topic == topic && r.Partition == partition {
			already = p <= r.Position
			r.Position = max(r.Position, p)
			return already
		}
	}
	j.Reached = append(j.Reached, event.Reached{Topic: topic, Partition: partition, Position: p})
	return false
}
