package processors

import (
	"cmp"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// behavior is a kept behaviour. One without a signal, test traffic too, is
// kept only so that its copies are recognised.
type behavior struct {
	ID     string         `json:"i"`
	TS     int64          `json:"t"`
	Raw    event.Position `json:"r"` // in the behaviours topic
	Signal intent.Signal  `json:"s,omitempty"`
}

func newBehavior(b *event.Behavior) behavior {
	k := behavior{ID: b.EventID, TS: b.TS, Raw: b.Raw}
	if !b.Test {
		k.Signal = intent.SignalOf(b.Name)
	}
	return k
}

func behaviorsInOrder(a, b behavior) int {
	return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID))
}

func (b behavior) copyOf() (string, event.Position) { return b.ID, b.Raw }

// applyBehavior concerns the scores that can read any of the copies.
func (j *journey) applyBehavior(e *event.Behavior, partition int32) (c concern) {
	b := newBehavior(e)
	j.reach(event.TopicBehaviors, partition, b.Raw)
	var copies []behavior
	j.Behaviors, copies = keepLeast(j.Behaviors, b, behaviorsInOrder, j.wholeBehaviors(b.TS, 0))
	for _, k := range copies {
		if k.Signal == intent.NoSignal {
			continue
		}
		c.spans = append(c.spans, span{k.TS, k.TS + intent.BehaviorReach - 1})
		c.ask = c.ask || !j.wholeBehaviors(k.TS, 0) || !j.whole(k.TS, 0)
		c.orders = append(c.orders, j.paidFrom(k.TS)...)
	}
	return c
}

// past is what the signals read of the journey.
func (j *journey) past() *intent.Past {
	var p intent.Past
	for i := range j.Messages {
		if m := &j.Messages[i]; m.Folded && m.Act == intent.Claim {
			p.Claims = append(p.Claims, m.TS)
		}
	}
	for _, b := range j.Behaviors {
		if b.Signal != intent.NoSignal {
			p.Behaviors = append(p.Behaviors, intent.Behavior{TS: b.TS, Signal: b.Signal})
		}
	}
	for _, o := range j.Orders {
		if o.Paid == nil {
			continue
		}
		bought := intent.Purchase{PaidAt: *o.Paid, LostAt: noTime}
		if o.Lost != nil {
			bought.LostAt = *o.Lost
		}
		p.Purchases = append(p.Purchases, bought)
	}
	return &p
}
