package dedup

import (
	"time"

	"github.com/bits-and-blooms/bloom/v3"

	"askbuy/schemas/event"
)

// generation is a Bloom filter over the ids of one span of time. All have the
// same shape, so that one set of locations serves them all.
type generation struct {
	born   time.Time
	first  uint64 // number of the first commit in it
	ids    uint   // marked in it
	filter *bloom.BloomFilter
	sample sample // exact, of some of its ids
}

// slice holds the copies of consecutive commits exactly.
type slice struct {
	first  uint64
	copies map[event.IdentityHash]event.Copy
}

// exactSince is the number of the first commit that the slices still hold.
func (s *shard) exactSince() uint64 {
	if len(s.exact) == 0 {
		return s.commits
	}
	return s.exact[len(s.exact)-1].first
}

// mark remembers an accepted event in the newest generation and slice.
func (f *Filter) mark(s *shard, id event.IdentityHash, c event.Copy) {
	f.rotate(s)
	g := s.blooms[0]
	g.filter.Add(id[:])
	g.ids++
	g.sample.add(id)
	s.exact[0].copies[id] = c
	s.commits++
}

// rotate starts a generation when the newest is full or old, and a slice when
// the newest is full, and forgets the oldest beyond the budget.
func (f *Filter) rotate(s *shard) {
	now := f.now()
	if len(s.blooms) == 0 || s.blooms[0].ids >= f.plan.bloomIDs || now.Sub(s.blooms[0].born) >= f.plan.span {
		g := &generation{born: now, first: s.commits, filter: bloom.New(f.plan.bits, f.plan.hashes), sample: sample{}}
		s.blooms = pushFront(s.blooms, g, f.cfg.Generations)
	}
	if len(s.exact) == 0 || uint(len(s.exact[0].copies)) >= f.plan.exactIDs {
		e := &slice{first: s.commits, copies: make(map[event.IdentityHash]event.Copy)}
		s.exact = pushFront(s.exact, e, exactSlices)
	}
}

// pushFront puts the newest first and keeps at most limit.
func pushFront[T any](list []T, newest T, limit int) []T {
	list = append([]T{newest}, list...)
	if len(list) <= limit {
		return list
	}
	clear(list[limit:])
	return list[:limit]
}

// Horizon is how far back the memory reaches at the present rate: the least
// age of a shard's oldest generation, once that shard has begun to forget, and
// the wanted horizon until then.
func (f *Filter) Horizon() time.Duration {
	horizon := f.cfg.Horizon
	now := f.now()
	for i := range f.shards {
		s := &f.shards[i]
		s.mu.Lock()
		if len(s.blooms) == f.cfg.Generations {
			horizon = min(horizon, now.Sub(s.blooms[len(s.blooms)-1].born))
		}
		s.mu.Unlock()
	}
	return horizon
}
