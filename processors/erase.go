package processors

import (
	"slices"

	"github.com/lovoo/goka"

	"askbuy/schemas/event"
)

// erased tells which events are gone before they are read.
type erased interface{ EventGone(*event.Event) bool }

// gone reports whether an event is erased. It is left out here for the states'
// sake; that no row comes of it is the sinks' business, and so is its receipt.
func (p *Processors) gone(e *event.Event) bool {
	if p.deps.Erased == nil || !p.deps.Erased.EventGone(e) {
		return false
	}
	p.metrics.erased.Inc()
	return true
}

// onErasure forgets what is erased of an order, and its key when that is all.
func (p *Processors) onErasure(ctx goka.Context, record any) {
	p.metrics.records.WithLabelValues(GroupOrders).Inc()
	e, ok := record.(*event.Erasure)
	if !ok {
		p.bury(ctx, record, nil)
		return
	}
	if e.OrderID == "" { // it concerns the shopper's conversations
		return
	}
	if e.Key() != ctx.Key() {
		p.bury(ctx, record, errForeignKey)
		return
	}
	state := table[orderState](ctx)
	snapshots, err := safely(func() ([]event.OrderSnapshot, error) { return state.erase(e), nil })
	if err != nil {
		p.bury(ctx, record, err)
		return
	}
	if state.empty() {
		ctx.Delete()
	} else {
		ctx.SetValue(state)
	}
	p.sendSnapshots(ctx, snapshots)
}

// erase forgets what happened up to a time, and concerns all that is left:
// what was forgotten is in its rows.
func (j *journey) erase(upTo int64) (c concern) {
	j.Messages = slices.DeleteFunc(j.Messages, func(m message) bool { return m.TS <= upTo })
	j.Orders = slices.DeleteFunc(j.Orders, func(o order) bool {
		if o.Named == 0 { // kept by a version that did not note it
			return o.Last <= upTo
		}
		return o.Named <= upTo
	})
	j.Behaviors = slices.DeleteFunc(j.Behaviors, func(b behavior) bool { return b.TS <= upTo })
	for _, since := range []**int64{&j.CompleteSince, &j.BehaviorsSince} {
		if *since != nil && **since <= upTo {
			*since = nil // what was pruned is erased: nothing is missing
		}
	}
	c = j.everything()
	c.ask = j.CompleteSince != nil || j.BehaviorsSince != nil || j.Overflowed
	return c
}

// empty reports that there is nothing to remember.
func (j *journey) empty() bool {
	return len(j.Messages)+len(j.Orders)+len(j.Behaviors) == 0 && j.CompleteSince == nil && j.BehaviorsSince == nil
}
