// Package sinks carries topics into the warehouse: it polls, decodes, judges
// which copy of an event counts, inserts, publishes what had to be set aside,
// and only then commits. Everything it writes is a row whose key names what
// it is about, so a batch that is done twice, in other batches or half, ends
// in the same rows.
//
// What must stay true:
//   - facts go in before receipts, receipts before dead letters, all three
//     before the commit: a crash anywhere repeats work and loses none;
//   - a copy's outcome depends on the least position of its identity and on
//     nothing else (judge.go), so neither batches nor restarts change it;
//   - the list of the erased is read between the poll of a batch and its first
//     insert: once the group has committed past a place, nothing of a subject
//     that was listed before that place's end comes into any table;
//   - an error of the warehouse that is not about the rows is waited out
//     without a commit, for as long as it takes.
package sinks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// Record is one record of a topic that a sink reads.
type Record struct {
	Topic     string // without the prefix
	Partition int32
	Offset    int64
	Headers   []event.Header
	Value     []byte
	Time      time.Time // of arrival
}

// source is the group consumer.
type source interface {
	// Poll waits for records, at most max of them, each partition's in order.
	// It returns ctx's error when ctx ends before there are any.
	Poll(ctx context.Context, max int) ([]Record, error)
	// Commit says that all records polled so far are dealt with; one that
	// failed before is made good.
	Commit(ctx context.Context) error
	// Release lets the group rebalance until the next Poll.
	Release()
	// Moved lists the partitions that came or went since it was last asked.
	Moved() []Partition
}

// publisher stores a dead letter durably before it returns nil.
type publisher interface {
	Publish(ctx context.Context, letter *event.DeadLetter) error
}

// warehouse is where rows go, and where the first copies are found again.
type warehouse interface {
	// Insert stores all rows or none.
	Insert(ctx context.Context, table string, columns []string, rows [][]any) error
	// Refused reports whether an error of Insert is about the rows, so that
	// the same rows would meet it again.
	Refused(err error) bool
	// Probe returns an error when the table cannot take these columns at all.
	Probe(ctx context.Context, table string, columns []string) error
	// FirstCopies finds the facts of these events; absent ones are new.
	FirstCopies(ctx context.Context, topic string, events []*event.Event) (map[event.IdentityHash]First, error)
	// Newest lists at most limit identities of a partition's facts whose
	// position is below the given one, the greatest position first.
	Newest(ctx context.Context, p Partition, below event.Position, limit int) ([]Stored, error)
	// LastBefore is the arrival, in ms, of the newest of the facts below a
	// position; of none the least.
	LastBefore(ctx context.Context, topic string, at event.Position) (int64, error)
	// Unexplained is the ledger's count of records that left no receipt.
	Unexplained(ctx context.Context) (int64, error)
}

// erasures knows who was erased.
type erasures interface {
	// Refresh reads the list anew and reports whether it has changed.
	Refresh(ctx context.Context) (changed bool, err error)
	ShopperGone(s event.Shopper, ts int64) bool
	EventGone(e *event.Event) bool
	TouchesGone(o *event.OrderTouches) bool
	LetterGone(l *event.DeadLetter) bool
}

// nobody was ever erased.
type nobody struct{}

func (nobody) Refresh(context.Context) (bool, error) { return false, nil }
func (nobody) ShopperGone(event.Shopper, int64) bool { return false }
func (nobody) EventGone(*event.Event) bool           { return false }
func (nobody) TouchesGone(*event.OrderTouches) bool  { return false }
func (nobody) LetterGone(*event.DeadLetter) bool     { return false }

// Deps is what a sink needs from others.
type Deps struct {
	Source    source
	Warehouse warehouse
	Letters   publisher
	// Erasures knows who was erased; nil means nobody.
	Erasures erasures
	// Offsets tells where the raw topics stand; nil notes no cuts.
	Offsets offsets
	// Epochs are the topics' epochs, by topic without prefix.
	Epochs map[string]int64
	// Key is the installation's fingerprint key: it names dead letters.
	Key []byte
	// Now, Sleep and Jitter are the clock and the dice; nil means the real
	// ones. Sleep returns early when ctx ends, Jitter is in [0, 1).
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func() float64

	Registerer prometheus.Registerer // nil registers nothing
	Log        *slog.Logger          // nil says nothing
}

// Sink is one member of the sinks' consumer group.
type Sink struct {
	config  Config
	deps    Deps
	metrics *metrics
	names   *event.Fingerprinter // names dead letters; used by the loop alone

	memories   map[Partition]*memory
	lastBefore map[string]int64 // by topic: arrival of the newest fact of its former logs, ms

	// Of a corrector's: exact remembers nothing and looks every first copy up,
	// ousted are the identities of which another copy became the first.
	exact  bool
	ousted []event.IdentityHash

	uncommitted bool // the last commit failed

	waited atomic.Bool // since the list of the erased was read

	running atomic.Bool
	waiting atomic.Int32 // retries under way
}

// Partition is one partition of a topic.
type Partition struct {
	Topic string // without the prefix
	Index int32
}

// New makes a sink that does nothing until Run.
func New(config Config, deps Deps) (*Sink, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Erasures == nil {
		deps.Erasures = nobody{}
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Sleep == nil {
		deps.Sleep = wait.For
	}
	if deps.Jitter == nil {
		deps.Jitter = rand.Float64
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	return &Sink{
		config: config, deps: deps, metrics: m,
		names:    event.NewFingerprinter(deps.Key),
		memories: map[Partition]*memory{}, lastBefore: map[string]int64{},
	}, nil
}

// Topics lists what the sinks' group subscribes to, without prefix.
func Topics() []string {
	return append(event.RawTopics(), event.TopicMessageScores, event.TopicTouches, event.TopicSecondOpinions, event.TopicShadowScores, event.TopicDeadLetters)
}

// Group is the consumer group's name without prefix.
const Group = "sink"

// Run sinks until ctx ends, which is no error. The batch that is being stored
// then is finished and committed, if StopGrace is enough for it; what is not
// committed comes again.
func (s *Sink) Run(ctx context.Context) error {
	s.running.Store(true)
	defer s.running.Store(false)
	parent := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.consume(ctx) })
	group.Go(func() error { return s.noteCuts(ctx) })
	if err := group.Wait(); err != nil && parent.Err() == nil {
		return fmt.Errorf("run sink: %w", err)
	}
	return nil
}

// Ready reports whether the sink runs and waits for nobody's recovery.
func (s *Sink) Ready() bool { return s.running.Load() && s.waiting.Load() == 0 }

func (s *Sink) consume(ctx context.Context) error {
	finishing, done := s.finishing(ctx)
	defer done()
	for {
		records, err := s.collect(ctx)
		if err != nil {
			return err
		}
		for _, p := range s.deps.Source.Moved() {
			delete(s.memories, p) // others may have stored facts since
		}
		if commitFirst {
			s.commit(ctx, len(records))
		}
		if err := s.process(finishing, records); err != nil {
			return err
		}
		s.commit(finishing, len(records))
		s.deps.Source.Release()
	}
}

// finishing is ctx with StopGrace more, for a batch that was begun before ctx
// ended.
func (s *Sink) finishing(ctx context.Context) (finishing context.Context, done func()) {
	finishing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var waiter sync.WaitGroup
	waiter.Go(func() {
		select {
		case <-ctx.Done():
			_ = s.deps.Sleep(finishing, s.config.StopGrace)
			cancel()
		case <-finishing.Done():
		}
	})
	return finishing, func() { cancel(); waiter.Wait() }
}

// collect gathers a batch: until it is full or has waited since its first
// record for as long as a row may wait.
func (s *Sink) collect(ctx context.Context) ([]Record, error) {
	var records []Record
	err := s.retry(ctx, "poll records", func() (err error) {
		records, err = s.poll(ctx)
		return err
	})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	linger, cancel := context.WithTimeout(ctx, s.config.Linger)
	defer cancel()
	for len(records) < s.config.BatchRows && linger.Err() == nil {
		more, err := s.deps.Source.Poll(linger, s.config.BatchRows-len(records))
		if err != nil {
			break // the first Poll of the next batch meets it again
		}
		records = append(records, more...)
	}
	return records, ctx.Err()
}

// poll waits for the first records of a batch. While a commit is owed it
// returns without any after a while, so that it is tried again: there may
// never be another record.
func (s *Sink) poll(ctx context.Context) ([]Record, error) {
	if !s.uncommitted {
		return s.deps.Source.Poll(ctx, s.config.BatchRows)
	}
	timed, cancel := context.WithTimeout(ctx, s.config.BackoffMax)
	defer cancel()
	records, err := s.deps.Source.Poll(timed, s.config.BatchRows)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return records, err
}

// commit is not retried here, where it would hold a rebalance back: the next
// one covers it, and without any the records come again to the same rows.
func (s *Sink) commit(ctx context.Context, records int) {
	err := s.deps.Source.Commit(ctx)
	s.uncommitted = err != nil
	if err != nil && ctx.Err() == nil {
		s.deps.Log.Warn("commit of stored records failed, it is tried again; until then they may be stored again", "records", records, "err", err)
	}
}

// retry repeats an attempt, at growing jittered intervals, until it succeeds
// or ctx ends. Not ready meanwhile.
func (s *Sink) retry(ctx context.Context, what string, attempt func() error) error {
	return s.retryUnless(ctx, what, func(error) bool { return false }, attempt)
}

// retryUnless is retry, but returns the errors that final says yes to.
func (s *Sink) retryUnless(ctx context.Context, what string, final func(error) bool, attempt func() error) error {
	pause := s.config.BackoffMin
	for n := 0; ; n++ {
		err := attempt()
		if err == nil || final(err) {
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if n == 0 {
			s.waiting.Add(1)
			defer s.waiting.Add(-1)
			s.deps.Log.Warn("waiting for recovery, nothing is committed meanwhile", "trying_to", what, "err", err)
		}
		s.metrics.retries.Inc()
		s.waited.Store(true)
		_ = s.deps.Sleep(ctx, pause/2+time.Duration(s.deps.Jitter()*float64(pause/2)))
		pause = min(2*pause, s.config.BackoffMax)
	}
}
