package handoffs

import (
	"context"
	"fmt"
	"time"

	"askbuy/internal/wait"
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// How no handoff is stuck: one that a person took and left lying for as long as
// ends a conversation gives the shopper back to the bot, and one that nobody
// took is pending until its package is not posted any more. Both are steps like
// any other, so that all replicas and the warehouse know of them.

// lapseEvery is how often handoffs are looked through. A shopper who comes
// back does not wait for it.
const lapseEvery = time.Minute

// Run has handoffs lapse, those of the shoppers whom this replica looks after,
// until ctx ends, which is no error.
func (d *Desk) Run(ctx context.Context) error {
	for wait.For(ctx, d.lapseEvery) == nil {
		if !d.Book.Ready() {
			continue
		}
		d.Book.Handed(func(s event.Shopper, state *conversation.State) {
			if !d.Book.Owns(s) {
				return
			}
			if _, err := d.lapse(s, state); err != nil && ctx.Err() == nil {
				d.Log.Warn("a handoff lapses later", "error", err)
			}
		})
	}
	return nil
}

// Lapse has a shopper's handoffs lapse that are over, and returns when this
// replica knows of it. It reports whether there were any.
func (d *Desk) Lapse(ctx context.Context, s event.Shopper) (bool, error) {
	over, err := d.lapse(s, d.Book.State(s))
	if err != nil || !over {
		return false, err
	}
	return true, d.Book.Settle(ctx)
}

func (d *Desk) lapse(s event.Shopper, state *conversation.State) (over bool, err error) {
	now := d.Now().UnixMilli()
	var events []event.Event
	for i := range state.Handoffs {
		if h := &state.Handoffs[i]; state.Over(h, now) {
			events = append(events, d.step(s, h.Conv, h.Test, event.Handoff{ID: h.ID, Step: event.HandoffLapsed, Detail: "silence"}))
		}
	}
	if len(events) == 0 {
		return false, nil
	}
	if err := d.Record(time.Now().Add(within), events...); err != nil {
		return false, fmt.Errorf("record a lapse: %w", err)
	}
	return true, nil
}
