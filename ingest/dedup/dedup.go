// Package dedup remembers recent events in bounded memory, so that the door
// can answer a repetition without publishing it again. It sheds load and makes
// answers honest; correctness never depends on it, for the exact verdict is
// the sink's.
//
// Two memories work together. Generations of Bloom filters cover a long time
// and may only say "certainly new". Exact slices hold the newest events with
// their fingerprints; they alone can prove that an event was accepted before.
// What neither settles is published and flagged. An event is marked only after
// the broker has acknowledged it: a crash or a failure costs a repetition,
// never an event.
package dedup

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/bits-and-blooms/bloom/v3"

	"askbuy/schemas/event"
)

// Verdict is what the memory knows of an event.
type Verdict uint8

// The verdicts.
const (
	New       Verdict = iota // certainly not accepted within the horizon: publish
	Maybe                    // cannot be told: publish, flagged
	Duplicate                // an equal copy was accepted: answer without publishing
	Conflict                 // another copy was accepted: publish all the same
	Pending                  // a copy is being published: wait, then ask again
)

// String is the verdict as a metric's label.
func (v Verdict) String() string {
	return [...]string{"new", "maybe", "duplicate", "conflict", "pending"}[v]
}

// Filter is the memory. It is safe for concurrent use.
type Filter struct {
	cfg    Config
	plan   plan
	now    func() time.Time
	shards [shardCount]shard
}

// shardCount divides the memory, because Bloom filters and maps need a lock.
const shardCount = 64

type shard struct {
	mu       sync.Mutex
	commits  uint64                       // ids marked so far
	blooms   []*generation                // newest first
	exact    []*slice                     // newest first
	inflight map[event.IdentityHash]*call // nil: nobody waits for it
	counts   counts
}

// call is one publication under way that somebody waits for.
type call struct{ done chan struct{} }

// NewFilter makes an empty memory; now is asked for the age of generations alone.
func NewFilter(cfg Config, now func() time.Time) (*Filter, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	f := &Filter{cfg: cfg, plan: cfg.plan(), now: now}
	for i := range f.shards {
		f.shards[i].inflight = make(map[event.IdentityHash]*call)
	}
	return f, nil
}

// Token is the answer about one event. Whoever holds a token of New or Maybe
// owns the event until Commit or Abort, one of which must be called once; on
// the others both do nothing.
type Token struct {
	Verdict Verdict
	filter  *Filter
	id      event.IdentityHash
	copy    event.Copy
	call    *call // of Pending
}

// Begin asks about a copy of an event.
func (f *Filter) Begin(id event.IdentityHash, c event.Copy) Token {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if running, ok := s.inflight[id]; ok {
		if running == nil {
			running = &call{done: make(chan struct{})}
			s.inflight[id] = running
		}
		return Token{Verdict: Pending, call: running}
	}
	verdict := s.lookUp(id, c)
	if verdict == Duplicate || verdict == Conflict {
		return Token{Verdict: verdict}
	}
	s.inflight[id] = nil
	return Token{Verdict: verdict, filter: f, id: id, copy: c}
}

// lookUp asks the filters first; a hit is settled by the exact slices, or not
// at all.
func (s *shard) lookUp(id event.IdentityHash, c event.Copy) Verdict {
	s.counts.checks++
	if len(s.blooms) == 0 {
		return New
	}
	locations := bloom.Locations(id[:], s.blooms[0].filter.K())
	oldestHit := -1
	for i, g := range s.blooms {
		if g.filter.TestLocations(locations) {
			oldestHit = i
		}
	}
	if sampled(id) {
		s.counts.measure(s.blooms, id, oldestHit >= 0)
	}
	if oldestHit < 0 {
		return New
	}
	s.counts.lookUps++
	if known, ok := s.known(id); ok {
		if known.Same(c) {
			return Duplicate
		}
		return Conflict
	}
	if s.blooms[oldestHit].first >= s.exactSince() {
		return New // all that these generations hold is in the slices: a false positive
	}
	return Maybe
}

// known is the copy that the exact slices hold.
func (s *shard) known(id event.IdentityHash) (event.Copy, bool) {
	for _, e := range s.exact {
		if known, ok := e.copies[id]; ok {
			return known, true
		}
	}
	return event.Copy{}, false
}

// Learn marks an event as accepted that another process, or this one before
// its restart, has published. Of several copies the first to be learnt counts.
func (f *Filter) Learn(id event.IdentityHash, c event.Copy) {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known(id); !ok {
		f.mark(s, id, c)
	}
}

// Remembers reports whether an event is among the newest, or is being published
// right now: there is nothing to learn about it.
func (f *Filter) Remembers(id event.IdentityHash) bool {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.known(id)
	_, running := s.inflight[id]
	return known || running
}

// Commit marks the event as accepted. It belongs after the broker's ack.
func (t Token) Commit() { t.finish(true) }

// Abort leaves nothing marked: the next copy is as new as this one was.
func (t Token) Abort() { t.finish(false) }

func (t Token) finish(accepted bool) {
	if t.filter == nil {
		return
	}
	s := t.filter.shard(t.id)
	s.mu.Lock()
	if accepted {
		t.filter.mark(s, t.id, t.copy)
	}
	waited := s.inflight[t.id]
	delete(s.inflight, t.id)
	s.mu.Unlock()
	if waited != nil {
		close(waited.done)
	}
}

// Wait blocks until the publication that made this token Pending has ended,
// well or badly. Ask Begin again then.
func (t Token) Wait(ctx context.Context) error {
	select {
	case <-t.call.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *Filter) shard(id event.IdentityHash) *shard {
	return &f.shards[binary.LittleEndian.Uint16(id[14:])%shardCount]
}
