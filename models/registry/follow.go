package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/wait"
	"askbuy/models/intent"
)

// reader is the models log as the broker has it.
type reader interface {
	// Ends are the offsets that the next records will have, by partition.
	Ends(ctx context.Context) (map[int32]int64, error)
	// Read gives f the records of a partition from offset from up to, not
	// including, to.
	Read(ctx context.Context, partition int32, from, to int64, f func(key, value []byte)) error
}

// errEntry says that an entry of the log can never be read.
var errEntry = errors.New("models log")

// CatchUp reads the log to its end, and loads what is in force from now on.
func (f *Force) CatchUp(ctx context.Context) error {
	asked := f.config.Now()
	entries, read, err := f.news(ctx)
	if err != nil {
		return err
	}
	log := f.Log()
	for _, e := range entries {
		log = log.With(e)
	}
	if len(log) == 0 {
		return nil // nothing is certain yet
	}
	s, err := f.prepare(ctx, log, asked)
	if err != nil {
		return err
	}
	f.change(func(now *state) {
		maps.Copy(s.params, now.params) // what was learnt meanwhile
		*now = s
		f.read = read
	})
	return nil
}

// news are the entries beyond what is known.
func (f *Force) news(ctx context.Context) (entries []Entry, read map[int32]int64, err error) {
	ends, err := f.log.Ends(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the end of the models log: %w", err)
	}
	f.mu.Lock()
	read = maps.Clone(f.read)
	f.mu.Unlock()
	for partition, end := range ends {
		from := read[partition]
		if from > end {
			from = 0 // the topic was made anew
		}
		read[partition] = end
		if from == end {
			continue
		}
		var unreadable []error
		err := f.log.Read(ctx, partition, from, end, func(key, value []byte) {
			e, err := decodeEntry(key, value)
			if err != nil {
				unreadable = append(unreadable, fmt.Errorf("%w: %w", errEntry, err))
				return
			}
			if err := e.Validate(); err != nil {
				f.metrics.entries.WithLabelValues("refused").Inc()
				f.say.Error("an entry of the models log is refused, and changes nothing", "entry", string(value), "error", err)
				return
			}
			f.metrics.entries.WithLabelValues("read").Inc()
			entries = append(entries, e)
		})
		if err := errors.Join(append(unreadable, err)...); err != nil {
			return nil, nil, fmt.Errorf("read the models log: %w", err)
		}
	}
	return entries, read, nil
}

// prepare makes the state of a log that was at its end when the broker was
// asked. What was in force before is loaded when a message asks for it: an
// older model need not be readable by this program.
func (f *Force) prepare(ctx context.Context, log Log, asked time.Time) (state, error) {
	old := f.state.Load()
	s := state{log: log, scorers: make([]intent.Scorer, len(log)), params: maps.Clone(old.params), sure: asked.Add(Notice).UnixMilli()}
	known := map[[2]string]intent.Scorer{}
	for i, e := range old.log {
		if old.scorers[i] != nil {
			known[[2]string{e.ModelID, e.RulesID}] = old.scorers[i]
		}
	}
	var ids []string
	for i, e := range log {
		what := [2]string{e.ModelID, e.RulesID}
		if known[what] == nil && i >= log.index(asked.UnixMilli()) {
			scorer, err := f.load(ctx, e)
			if err != nil {
				return state{}, fmt.Errorf("%w: the entry of time %d: %w", errEntry, e.From, err)
			}
			known[what] = scorer
			f.say.Info("model of the log", "model", e.ModelID, "rules", e.RulesID, "from", time.UnixMilli(e.From).UTC(), "why", e.Why)
		}
		if s.scorers[i] = known[what]; s.params[e.ModelID] == nil {
			ids = append(ids, e.ModelID)
		}
	}
	if len(ids) == 0 {
		return s, nil
	}
	found, err := waitOut(ctx, f, func() (map[string]*intent.Params, error) { return f.bundles.Params(ctx, ids) })
	if err != nil {
		return state{}, fmt.Errorf("%w: %w", errEntry, err)
	}
	maps.Copy(s.params, found)
	return s, nil
}

// change replaces the state and wakes who waits.
func (f *Force) change(by func(*state)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.state.Load()
	s := *old
	s.scorers, s.params = append([]intent.Scorer(nil), old.scorers...), maps.Clone(old.params)
	by(&s)
	f.state.Store(&s)
	close(f.moved)
	f.moved = make(chan struct{})
}

// Run follows the log until ctx ends. An outage is waited out, and messages
// wait with it before anything becomes uncertain; an error is an entry that
// cannot be obeyed.
func (f *Force) Run(ctx context.Context) error {
	failing := false
	for wait.For(ctx, f.config.Every) == nil {
		err := f.CatchUp(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errEntry):
			return err
		case err != nil && !failing:
			f.say.Warn("the models log cannot be read; what is certain is scored meanwhile", "error", err)
		case err == nil && failing:
			f.say.Info("the models log is read again")
		}
		failing = err != nil
	}
	return nil
}

// waitOut does what asks the warehouse until the warehouse answers.
func waitOut[T any](ctx context.Context, f *Force, do func() (T, error)) (T, error) {
	for {
		found, err := do()
		if err == nil || errors.Is(err, ErrBundle) || !clickhouse.Unavailable(err) {
			return found, err
		}
		f.say.Warn("waiting for the warehouse, which has the models", "error", err)
		if ended := wait.For(ctx, f.config.Every); ended != nil {
			return found, fmt.Errorf("%w: %w", ended, err)
		}
	}
}
