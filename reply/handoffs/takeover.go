package handoffs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"askbuy/internal/httpserver"
	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

const (
	// takeoverWithin is how long a takeover may take. Most of it is waiting for
	// replies that are on their way.
	takeoverWithin = 1500 * time.Millisecond
	// tryAgain is when a takeover that could not be assured is worth another.
	tryAgain = 2 * time.Second
)

var errNotHuman = errors.New("the takeover is not known here yet")

// takeOver gives a shopper's conversation to a person and returns when nothing
// of the bot's comes any more. An error is for the person: it may take effect
// all the same, and is safe to try again.
func (d *Desk) takeOver(ctx context.Context, s event.Shopper, conv, agent string) (*conversation.State, error) {
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(takeoverWithin))
	defer cancel()
	state, err := d.take(ctx, s, conv, agent)
	if err == nil {
		err = d.Book.Quiet(ctx)
	}
	if err != nil {
		d.metrics.takeovers.WithLabelValues(takeoverUnsure).Inc()
		return nil, httpserver.Problem(http.StatusServiceUnavailable, "takeover_unsure",
			"the takeover may take effect, and it cannot be assured that the bot is silent: try again").Later(tryAgain).Because(err)
	}
	d.metrics.takeovers.WithLabelValues(takeoverDone).Inc()
	return state, nil
}

// take records that a person has the conversation and returns when this
// replica knows it from the log: a record that lies in a spool is known to
// nobody. It is recorded again when a person has the conversation already: that
// handoff may be about to lapse.
func (d *Desk) take(ctx context.Context, s event.Shopper, conv, agent string) (*conversation.State, error) {
	if err := d.Record(time.Now().Add(within), d.takings(s, conv, agent, d.Book.State(s))...); err != nil {
		return nil, fmt.Errorf("record takeover: %w", err)
	}
	if err := d.Book.Settle(ctx); err != nil {
		return nil, err
	}
	state := d.Book.State(s)
	if mode, _ := state.Mode(); mode != turn.ModeHuman {
		return nil, errNotHuman
	}
	return state, nil
}

// takings take every handoff that is open, or one that nobody called for.
func (d *Desk) takings(s event.Shopper, conv, agent string, state *conversation.State) (events []event.Event) {
	for i := range state.Handoffs {
		if h := &state.Handoffs[i]; h.Open() {
			events = append(events, d.step(s, h.Conv, h.Test, event.Handoff{ID: h.ID, Step: event.HandoffTaken, Agent: agent}))
		}
	}
	if len(events) == 0 {
		events = append(events, d.unasked(s, conv, agent, state))
		d.metrics.handoffs[event.ReasonTakeover].Inc()
	}
	return events
}
