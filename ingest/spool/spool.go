// Package spool keeps on this machine's disk what the door has acknowledged
// and the broker did not take, until it does: an outage of the broker is not
// an outage of the door.
//
// What must stay true:
//   - Append's callback gets nil only once the record is synced to disk;
//   - records leave in the order in which they came: while a record is here,
//     a later one with its key has to come here as well (Through says so), so
//     that of two copies of one event the first to be acknowledged is the
//     first in the log;
//   - a record may leave twice, never not at all. What the broker will never
//     take becomes a dead letter, or goes into the file "refused"; it does not
//     stop those behind it;
//   - torn and damaged bytes cost themselves alone.
//
// Several doors do not see each other's spools: copies of one event that reach
// two doors during an outage are ordered by whichever drains first.
package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
)

var (
	// ErrFull: no more may be held. It passes once the broker is back.
	ErrFull = errors.New("spool is full: bring the broker back, or give the spool more room (door.spool_max_bytes)")
	// ErrClosed: the spool has been stopped.
	ErrClosed = errors.New("spool is closed")
)

// publisher is the way to the broker; see ingest.
type publisher interface {
	Start(r ingest.Record, then func(error))
}

// Deps are what a spool works with.
type Deps struct {
	Publisher publisher
	// Letter makes the dead letter of a record that the broker will never take.
	Letter func(r ingest.Record, cause error) ingest.Record
	// Found is told each record that is here at the start, in order; nil: nobody.
	Found      func(ingest.Record)
	Registerer prometheus.Registerer
	Log        *slog.Logger
	Now        func() time.Time
}

// Spool is a log of records in a directory of its own. It is safe for
// concurrent use.
type Spool struct {
	cfg     Config
	deps    Deps
	metrics *metrics
	sync    func(*os.File) error // fsync, which a test may break

	lock     *os.File
	position *positionFile

	failing  atomic.Bool // the broker did not take the last of what it was given
	held     [stripes]atomic.Int32
	appended chan struct{} // holds one: there is something to write
	durable  chan struct{} // holds one: there is something to drain

	mu       sync.Mutex
	segments []*segment // oldest first
	next     uint64     // number of the next segment
	at       position   // drained up to
	records  int64      // not drained, whether on disk or waiting to be
	bytes    int64      // of all segments, and of what waits
	waiting  batch
	closed   bool

	active file // the committer's
	head   head // the drain's
}

// stripes is how many groups the keys fall into: a key whose group is held is
// taken for held.
const stripes = 1 << 14

// Open locks the directory, makes it if need be, and finds what is left to
// drain. It starts nothing: Run does.
func Open(cfg Config, deps Deps) (*Spool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Spool{
		cfg: cfg, deps: deps, sync: (*os.File).Sync, next: 1,
		appended: make(chan struct{}, 1), durable: make(chan struct{}, 1),
	}
	var err error
	if s.lock, err = lockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(deps.Registerer, s); err == nil {
		err = s.recover()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.records > 0 {
		s.failing.Store(true) // until the drain has shown otherwise
		deps.Log.Info("the spool holds events of an earlier run", slog.Int64("records", s.records))
	}
	return s, nil
}

// Through reports whether a record with this key has to go through the spool:
// the broker fails, or a record of the key is still here.
func (s *Spool) Through(key []byte) bool {
	return s.failing.Load() || s.held[stripe(key)].Load() > 0
}

// Append keeps a record. It returns at once; then is called exactly once, with
// nil when the record is synced to disk, and must not block. The record's
// slices are free again when Append returns. A record that need not have come
// here says that the broker fails.
func (s *Spool) Append(r ingest.Record, then func(error)) {
	if !s.Through(r.Key) {
		s.fail(errors.New("a record was not stored in time"))
	}
	if err := s.enqueue(&r, then); err != nil {
		then(err)
		return
	}
	signal(s.appended)
}

func (s *Spool) enqueue(r *ingest.Record, then func(error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	before := len(s.waiting.frames)
	s.waiting.frames = appendFrame(s.waiting.frames, r)
	size := int64(len(s.waiting.frames) - before)
	if s.bytes+size > s.cfg.MaxBytes || size > maxPayload {
		s.waiting.frames = s.waiting.frames[:before]
		s.metrics.full.Inc()
		return ErrFull
	}
	e := entry{stripe: stripe(r.Key), then: then}
	s.waiting.entries = append(s.waiting.entries, e)
	s.held[e.stripe].Add(1)
	s.records++
	s.bytes += size
	return nil
}

// Run writes and drains until ctx ends. What has been accepted by then is
// written; what is not drained is for the next start.
func (s *Spool) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() { s.commitUntil(ctx.Done()) })
	both.Go(func() { s.drainUntil(ctx) })
	both.Wait()
	return s.Close()
}

// Close lets go of the directory without Run; after Run it does nothing.
func (s *Spool) Close() error {
	s.mu.Lock()
	waiting := s.waiting.entries
	s.closed, s.waiting = true, batch{}
	s.mu.Unlock()
	for _, e := range waiting {
		e.then(ErrClosed)
	}
	err := errors.Join(s.active.close(), s.head.close())
	if s.position != nil {
		err = errors.Join(err, s.position.file.Close())
	}
	err = errors.Join(err, s.lock.Close())
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// fail notes that the broker fails; from now on records do not wait for it.
func (s *Spool) fail(cause error) {
	if s.failing.CompareAndSwap(false, true) {
		s.deps.Log.Warn("the broker does not take events: they are kept in the spool", slog.String("error", cause.Error()))
	}
}

func (s *Spool) path(name string) string { return filepath.Join(s.cfg.Dir, name) }

// stripe is the group of a key, by FNV-1a.
func stripe(key []byte) uint32 {
	h := uint32(2166136261)
	for _, b := range key {
		h = (h ^ uint32(b)) * 16777619
	}
	return (h ^ h>>16) % stripes
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// lockDir makes a directory and locks it. The lock ends with the process.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool directory: %w; name a data directory that askbuy may write", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock spool: %w; name a data directory that askbuy may write", err)
	}
	if err := tryLock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock spool: %s is in use by another process: stop it, or name another data directory: %w", dir, err), f.Close())
	}
	return f, nil
}
