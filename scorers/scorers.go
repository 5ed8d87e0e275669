// Package scorers asks other scorers, over HTTP, for a second opinion on
// messages: a fine-tuned BERT, say, too slow to stand in a message's way. It
// reads the topic of messages as a consumer of its own and writes what they
// answer as records. docs/scorers.md has the wire format.
//
// What must stay true:
//   - nobody waits for an opinion: whatever a scorer does, no other part of
//     the pipeline notices;
//   - a scorer that lags is not caught up with: what is older than MaxAge, over
//     the budget or met by an open breaker is skipped, and counted by reason;
//   - an answer is believed whole or not at all (wire.go);
//   - an opinion is a record of a moment: it is replayed, never asked for
//     again, and the first one said of a message stays.
package scorers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// Record is a record of the topic of messages.
type Record struct {
	Headers []event.Header
	Value   []byte
	Time    time.Time // of arrival
}

// source is the group consumer: see sinks for the meaning of its calls.
type source interface {
	Poll(ctx context.Context, max int) ([]Record, error)
	Commit(ctx context.Context) error
	Release()
}

// publisher stores an opinion durably before it returns nil.
type publisher interface {
	Publish(ctx context.Context, o *event.SecondOpinion) error
}

// Deps is what a scorer needs from others.
type Deps struct {
	Source  source
	Results publisher
	// Uncertain reports whether the first opinion of a text is one that a
	// second may change.
	Uncertain func(ctx context.Context, text string) bool
	// Gone reports whether an event is of somebody who was erased.
	Gone func(*event.Event) bool
	// Client sends the requests; nil means one of its own.
	Client *http.Client
	// Now and Sleep are the clock; nil means the real one.
	Now        func() time.Time
	Sleep      func(ctx context.Context, d time.Duration) error
	Registerer prometheus.Registerer // nil registers nothing
	Log        *slog.Logger
}

// Scorer asks one scorer.
type Scorer struct {
	config  Config
	deps    Deps
	breaker circuitbreaker.CircuitBreaker[any]
	budget  ratelimiter.RateLimiter[any]
	metrics *metrics
}

// New makes one that does nothing until Run.
func New(c Config, deps Deps) (*Scorer, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Sleep == nil {
		deps.Sleep = wait.For
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Client == nil {
		deps.Client = newClient(c.Concurrency)
	}
	m, err := newMetrics(deps.Registerer, c.Name)
	if err != nil {
		return nil, err
	}
	s := &Scorer{config: c, deps: deps, metrics: m, budget: ratelimiter.NewBursty[any](c.BudgetPerSecond, time.Second)}
	s.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(breakerFailures, breakerCalls).WithDelay(c.BreakerDelay).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			deps.Log.Warn("the breaker of a scorer changes", "scorer", c.Name, "from", e.OldState.String(), "to", e.NewState.String())
		}).Build()
	return s, nil
}

// Run asks until ctx ends, which is no error. What was polled and not yet
// committed then comes again.
func (s *Scorer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		records, err := s.deps.Source.Poll(ctx, s.config.Batch*s.config.Concurrency)
		s.answer(ctx, records)
		if err == nil && ctx.Err() == nil { // unpublished ones must not be committed
			err = s.deps.Source.Commit(ctx)
		}
		s.deps.Source.Release()
		if err != nil && ctx.Err() == nil {
			s.waitForBroker(ctx, err)
		}
	}
	return nil
}

func (s *Scorer) waitForBroker(ctx context.Context, err error) {
	s.metrics.retries.Inc()
	s.deps.Log.Warn("second opinions wait for the broker", "scorer", s.config.Name, "err", err)
	_ = s.deps.Sleep(ctx, recoveryPause)
}

// answer asks for opinions on those records that shall have one, and
// publishes them; it returns early only when ctx ends.
func (s *Scorer) answer(ctx context.Context, records []Record) {
	batches := make(chan []*question, len(records))
	for batch := range slices.Chunk(s.choose(ctx, records), s.config.Batch) {
		batches <- batch
	}
	close(batches)
	var workers sync.WaitGroup
	for range s.config.Concurrency {
		workers.Go(func() {
			for batch := range batches {
				s.publish(ctx, s.ask(ctx, batch))
			}
		})
	}
	workers.Wait()
}

// publish stores what came of a batch, however long the broker takes.
func (s *Scorer) publish(ctx context.Context, opinions []*event.SecondOpinion) {
	for _, o := range opinions {
		for err := s.deps.Results.Publish(ctx, o); err != nil; err = s.deps.Results.Publish(ctx, o) {
			if ctx.Err() != nil {
				return
			}
			s.waitForBroker(ctx, err)
		}
		s.metrics.outcomes.WithLabelValues(string(o.Outcome)).Inc()
	}
}

// choose picks the messages to ask about, and counts why others are not.
func (s *Scorer) choose(ctx context.Context, records []Record) []*question {
	var chosen []*question
	now := s.deps.Now()
	for _, r := range records {
		e, envelope, err := event.Open(r.Headers, r.Value)
		if err != nil {
			s.metrics.skip(skipUndecodable) // the sink sets it aside
			continue
		}
		why := s.skip(ctx, e, envelope, now.Sub(r.Time))
		if why == "" && !s.budget.TryAcquirePermit() {
			why = skipBudget
		}
		if why != "" {
			s.metrics.skip(why)
			continue
		}
		chosen = append(chosen, newQuestion(e, envelope))
	}
	return chosen
}

// skip says why a message is not asked about; "" when it is.
func (s *Scorer) skip(ctx context.Context, e *event.Event, envelope *event.Envelope, age time.Duration) skipReason {
	switch {
	case e.Type != event.TypeMessage || e.From != event.RoleUser || e.Test || e.Text == "" || envelope.First != nil:
		return skipNotDue
	case s.deps.Gone(e):
		return skipErased
	case s.config.When == WhenUncertain && !s.deps.Uncertain(ctx, e.Text):
		return skipCertain
	case age > s.config.MaxAge:
		return skipLate
	}
	return ""
}
