// Package handoffs has conversations answered by people: it decides when one
// is called (trigger.go), tells those who are to come (deliver.go), and is the
// desk at which they take over, write and give back (desk.go).
//
// What must stay true:
//   - a handoff is a record before anybody is told of it, so that whoever dies
//     loses none;
//   - a takeover answers 200 only when no replica says a word of the bot's any
//     more; where that cannot be assured it answers 503;
//   - a handoff ends by a person's word, or by its lapse (lapse.go); a person who
//     takes it while it lapses has it;
//   - a package is posted until it is taken, or its 76 hours are over, under
//     one id: the receiver tells repetitions by it.
package handoffs

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// book is what this replica knows of all conversations; see package
// conversation.
type book interface {
	Ready() bool
	State(s event.Shopper) *conversation.State
	Handed(f func(event.Shopper, *conversation.State))
	InConversation(conv string) []event.Shopper
	Changed() <-chan struct{}
	Owns(s event.Shopper) bool
	Settle(ctx context.Context) error
	Quiet(ctx context.Context) error
}

// keys are the API keys that are good.
type keys interface {
	// Shops tells for which shops a request speaks; nil when it has no good key.
	Shops(h http.Header) func(shop string) bool
}

// Deps is what a Desk works with.
type Deps struct {
	Book book
	// Record stores events durably before it returns nil; by is when the caller
	// stops waiting.
	Record func(by time.Time, events ...event.Event) error
	Keys   keys
	// Score is a conversation's buy score by what the shopper wrote, the oldest
	// first; nil when it cannot be had at once.
	Score func(s event.Shopper, texts []string) *float64
	ID    func() string // a new one, of letters and digits
	Now   func() time.Time

	Registerer prometheus.Registerer
	Log        *slog.Logger
}

// Desk is where conversations pass from the bot to people and back.
type Desk struct {
	Deps
	metrics    *metrics
	called     calls
	lapseEvery time.Duration
	patience   time.Duration // of settle
}

// New makes a desk; Register puts it to work.
func New(d Deps) (*Desk, error) {
	if d.Book == nil || d.Record == nil || d.Keys == nil || d.ID == nil || d.Now == nil || d.Log == nil {
		return nil, errors.New("handoffs: book, record, keys, id, now and log must be given")
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	return &Desk{Deps: d, metrics: m, lapseEvery: lapseEvery, patience: within}, nil
}

// step is the event of a step.
func (d *Desk) step(s event.Shopper, conv string, test bool, h event.Handoff) event.Event {
	return event.Event{
		Type: event.TypeHandoff, ID: h.ID + ":" + string(h.Step) + ":" + d.ID(), ShopID: s.ShopID, UserID: s.UserID, ConvID: conv,
		TS: d.Now().UnixMilli(), Test: test, Handoff: &h,
	}
}
