// Package registry keeps intent models where every replica finds them, and
// knows which is in force from when.
//
// Bundles and rules lie in a table under the id of their content. A compacted
// topic, the models log, says from which event time on a bundle and rules
// read messages. What must stay true:
//   - a message is read by the entry in force at its own time, whenever and
//     wherever that happens: the same events and the same log give the same
//     rows;
//   - an entry is never replaced or deleted, and takes effect at least Notice
//     after it was published. Whoever has read the log to its end at some time
//     is therefore certain of all event times less than Notice later, and
//     waits with the others;
//   - the model that a program ships is in force from the beginning of time in
//     the installations that it begins, and in no other;
//   - nothing comes into use but through intent.Load, which holds content
//     against id and scores against the golden texts.
package registry

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/models/intent"
)

// bundles finds what the log names.
type bundles interface {
	Model(ctx context.Context, id string) (*intent.Model, error)
	Rules(ctx context.Context, id string) (*intent.Rules, error)
	Params(ctx context.Context, ids []string) (map[string]*intent.Params, error)
}

// Force knows the models in force. It is safe for concurrent use.
type Force struct {
	config  Config
	bundles bundles
	log     reader
	metrics *metrics
	say     *slog.Logger

	state atomic.Pointer[state]
	mu    sync.Mutex // of all that changes it
	moved chan struct{}
	read  map[int32]int64 // offsets up to which the log is known
}

// Config says how the log is followed.
type Config struct {
	Every time.Duration // between two looks at the log
	Now   func() time.Time
}

// DefaultConfig looks often against Notice.
func DefaultConfig() Config { return Config{Every: 2 * time.Second, Now: time.Now} }

// state is what is known at one time; it never changes.
type state struct {
	log     Log
	scorers []intent.Scorer // parallel to log; nil: not loaded yet
	params  map[string]*intent.Params
	sure    int64 // event times before it are certain, ms
}

// New makes a Force that knows nothing until it has caught up. A nil
// registerer counts nothing.
func New(c Config, b bundles, log reader, registerer prometheus.Registerer, say *slog.Logger) (*Force, error) {
	m, err := newMetrics(registerer)
	if err != nil {
		return nil, err
	}
	f := &Force{config: c, bundles: b, log: log, metrics: m, say: say, moved: make(chan struct{}), read: map[int32]int64{}}
	f.state.Store(&state{params: map[string]*intent.Params{}})
	return f, nil
}

// Log is what is known of the log.
func (f *Force) Log() Log { return f.state.Load().log }

// Ready reports whether it is certain what is in force now.
func (f *Force) Ready() bool { return f.config.Now().UnixMilli() < f.state.Load().sure }

// At is what reads a message of an event time, in ms. It waits until that is
// certain, and for the warehouse when it has to be fetched; an error is the
// end of ctx or a bundle that cannot be had.
func (f *Force) At(ctx context.Context, ts int64) (intent.Scorer, error) {
	for {
		f.mu.Lock()
		moved := f.moved
		f.mu.Unlock()
		s := f.state.Load()
		if ts < s.sure {
			i := s.log.index(ts)
			if s.scorers[i] != nil {
				return s.scorers[i], nil
			}
			return f.fetch(ctx, s.log[i])
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the models log: %w", context.Cause(ctx))
		}
	}
}

// Now is what reads a message of this moment, as far as is known.
func (f *Force) Now(ctx context.Context) (intent.Scorer, error) {
	return f.At(ctx, min(f.config.Now().UnixMilli(), f.state.Load().sure-1))
}

// Know makes certain that Params knows these models; like At, it waits.
func (f *Force) Know(ctx context.Context, ids []string) error {
	known := f.state.Load().params
	var missing []string
	for _, id := range ids {
		if known[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return f.learnParams(ctx, missing)
}

// Params are those of a model that is known, else nil.
func (f *Force) Params(id string) *intent.Params { return f.state.Load().params[id] }

// fetch loads what an entry names.
func (f *Force) fetch(ctx context.Context, e Entry) (intent.Scorer, error) {
	scorer, err := f.load(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("model in force from %d ms on: %w", e.From, err)
	}
	f.change(func(s *state) {
		for i, known := range s.log {
			if known.ModelID == e.ModelID && known.RulesID == e.RulesID {
				s.scorers[i] = scorer
			}
		}
		s.params[e.ModelID] = scorer.Params()
	})
	return scorer, nil
}

func (f *Force) load(ctx context.Context, e Entry) (intent.Scorer, error) {
	model, err := waitOut(ctx, f, func() (*intent.Model, error) { return f.bundles.Model(ctx, e.ModelID) })
	if err != nil || e.RulesID == "" {
		return model, err
	}
	rules, err := waitOut(ctx, f, func() (*intent.Rules, error) { return f.bundles.Rules(ctx, e.RulesID) })
	if err != nil {
		return nil, err
	}
	return model.With(rules), nil
}

func (f *Force) learnParams(ctx context.Context, ids []string) error {
	found, err := waitOut(ctx, f, func() (map[string]*intent.Params, error) { return f.bundles.Params(ctx, ids) })
	if err != nil {
		return err
	}
	f.change(func(s *state) {
		for id, p := range found {
			s.params[id] = p
		}
	})
	return nil
}
