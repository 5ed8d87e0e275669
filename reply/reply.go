// Package reply answers shoppers: it takes a question over HTTP, walks a
// ladder of steps until one answers, says who was shown what, and leaves a
// conversation to a person when a person has it.
//
// A question's way: read the request, find its conversation and what is
// remembered of it, walk the ladder, record (the shopper's message, the bot's,
// the reply and, where an experiment covers the shopper, an exposure), answer.
//
// What must stay true:
//   - nothing is shown before its records are durable, the exposure among them,
//     be it the first sentences of an answer that is still being made;
//   - what the shopper wrote is masked before any step, model or broker sees it;
//   - a request has an answer within its deadline, whatever a step does;
//   - in human mode no step is asked, and nothing of the bot's is sent when a
//     person has taken over meanwhile.
package reply

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"

	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Sent is an event on its way to be recorded.
type Sent struct {
	Event event.Event
	NoTS  bool // its time is only that of its arrival: a copy with another time is the same event
}

// Accept records events: when it returns nil, all of them are durable. It
// masks what people wrote. By is when the caller stops waiting.
type Accept func(by, arrival time.Time, events []Sent) error

// Conversations remembers where conversations stand.
type Conversations interface {
	// Get is what is known of a shopper now. An error means that it cannot be
	// known whether a person has the conversation.
	Get(s event.Shopper) (turn.State, error)
	// Note is told of every turn before its answer is sent, so that the next
	// question finds it even when the topics have not come round yet.
	Note(d turn.Done)
	// MaySpeak says whether a reply of the bot's may be sent now. Where it
	// cannot know whether a person has the conversation it waits, until ctx ends,
	// and an error says that it still does not.
	MaySpeak(ctx context.Context, s event.Shopper) (bool, error)
}

// Handoffs decides when a person is called. The events that it returns record
// the call, and are durable before the shopper is told.
type Handoffs interface {
	Call(t *turn.Turn, r *turn.Reply) (records []event.Event, call bool)
	// Shown records that a shopper was given words of a person's.
	Shown(s event.Shopper, conv string, ids []string) event.Event
	// Lapse gives a shopper back to the bot whom a person took and let lie. It
	// returns when the conversation says so, and whether it did.
	Lapse(ctx context.Context, s event.Shopper) (bool, error)
}

// models knows what reads a text now.
type models interface {
	Now(ctx context.Context) (intent.Scorer, error)
}

// Deps are what a Service works with.
type Deps struct {
	Accept        Accept
	Mask          func(string) string
	Models        models
	Conversations Conversations
	Handoffs      Handoffs                         // nil: nobody can be called
	Arms          func(s event.Shopper) turn.Arm   // nil: no experiment
	Profile       func(event.Shopper) turn.Profile // nil: nobody is known; it does not wait
	Offers        func(*turn.Turn) []string        // that run now, to be mentioned; nil: none
	FAQVersion    func(shop string) string         // asked once a turn; nil: none
	// Carry is what a conversation has named after a text; nil: nothing.
	Carry      func(before map[string]string, text string, named []intent.Entity) map[string]string
	Rungs      []Rung // of the ladder, in their order
	Key        []byte // of conversations' ids, one for all replicas
	Registerer prometheus.Registerer
	Log        *slog.Logger
	Now        func() time.Time
}

// Service answers the routes of the reply service.
type Service struct {
	Deps
	config   Config
	ladder   ladder
	recent   *otter.Cache[string, *answer]
	attempts *otter.Cache[string, *attempt] // those that failed
	exposed  *otter.Cache[string, struct{}] // ids of the exposures that are recorded
	ids      ids
	metrics  *metrics
	outage   atomic.Int64 // when the log last heard of one, ns
}

// New makes a service; Register puts it to work.
func New(c Config, d Deps) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(d.Key) < minKey {
		return nil, fmt.Errorf("key of conversation ids: %d bytes, want at least %d", len(d.Key), minKey)
	}
	if d.Accept == nil || d.Mask == nil || d.Models == nil || d.Conversations == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("reply: accept, mask, models, conversations, log and now must be given")
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	recent, err := otter.New(&otter.Options[string, *answer]{
		MaximumSize: recentAnswers, ExpiryCalculator: otter.ExpiryWriting[string, *answer](retryWindow),
	})
	if err != nil {
		return nil, fmt.Errorf("make memory of recent answers: %w", err)
	}
	attempts, err := otter.New(&otter.Options[string, *attempt]{
		MaximumSize: recentAnswers, ExpiryCalculator: otter.ExpiryWriting[string, *attempt](retryWindow),
	})
	if err != nil {
		return nil, fmt.Errorf("make memory of attempts: %w", err)
	}
	exposed, err := otter.New(&otter.Options[string, struct{}]{
		MaximumSize: recentAnswers, ExpiryCalculator: otter.ExpiryAccessing[string, struct{}](turn.Silence),
	})
	if err != nil {
		return nil, fmt.Errorf("make memory of exposures: %w", err)
	}
	return &Service{Deps: d, config: c, recent: recent, attempts: attempts, exposed: exposed, ids: newIDs(d.Key), metrics: m, ladder: newLadder(c, d.Rungs, d.Log)}, nil
}

const minKey = 32 // bytes

// logOutage says once a second why turns cannot be recorded.
func (s *Service) logOutage(err error) {
	now, last := s.Now().UnixNano(), s.outage.Load()
	if now-last >= int64(time.Second) && s.outage.CompareAndSwap(last, now) {
		s.Log.Warn("shoppers are not answered until their turns can be recorded", slog.String("error", err.Error()))
	}
}
