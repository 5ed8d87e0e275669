package dedup

import (
	"encoding/binary"
	"math"
	"time"

	"askbuy/schemas/event"
)

// Stats describe the memory.
type Stats struct {
	IDs         uint64 // in the Bloom filters
	ExactIDs    uint64 // in the exact slices
	FilterBytes int64  // of the filters, and of the sample that measures them
	ExactBytes  int64  // of the exact slices, about
	Checks      uint64 // questions so far
	LookUps     uint64 // of them, those that the filters alone did not answer
	Horizon     time.Duration

	// Estimated is the chance that the filters take a new id for known, by how
	// full they are. Measured is the share of new ids that they did take for
	// known, among those of the sample; NaN before there was one.
	Estimated, Measured float64
}

// sample is the set of those of a generation's ids that are remembered
// exactly, so that a false positive can be told from a repetition.
type sample map[event.IdentityHash]struct{}

// sampleOf is the share of ids that are sampled: one of so many.
const sampleOf = 512

// sampleBytes is what a sampled id costs: 16 bytes, in a map that may be half
// empty.
const sampleBytes = 40

func sampled(id event.IdentityHash) bool { return binary.LittleEndian.Uint16(id[:2])%sampleOf == 0 }

func (s sample) add(id event.IdentityHash) {
	if sampled(id) {
		s[id] = struct{}{}
	}
}

// counts are a shard's since the start.
type counts struct {
	checks, lookUps uint64
	fresh, wrong    uint64 // sampled ids that were new, and those of them that the filters knew
}

// measure notes what the filters said of a sampled id.
func (c *counts) measure(generations []*generation, id event.IdentityHash, hit bool) {
	for _, g := range generations {
		if _, known := g.sample[id]; known {
			return
		}
	}
	c.fresh++
	if hit {
		c.wrong++
	}
}

// Stats looks at every shard.
func (f *Filter) Stats() Stats {
	var total Stats
	var sum counts
	for i := range f.shards {
		s := &f.shards[i]
		s.mu.Lock()
		clean := 1.0
		for _, g := range s.blooms {
			total.IDs += uint64(g.ids)
			total.FilterBytes += int64(len(g.filter.BitSet().Words()))*8 + int64(len(g.sample))*sampleBytes
			clean *= 1 - f.plan.falsePositive(g.ids)
		}
		for _, e := range s.exact {
			total.ExactIDs += uint64(len(e.copies))
		}
		total.Estimated += (1 - clean) / shardCount
		sum.checks += s.counts.checks
		sum.lookUps += s.counts.lookUps
		sum.fresh += s.counts.fresh
		sum.wrong += s.counts.wrong
		s.mu.Unlock()
	}
	total.ExactBytes = int64(total.ExactIDs) * exactBytes
	total.Checks, total.LookUps = sum.checks, sum.lookUps
	total.Measured = float64(sum.wrong) / float64(sum.fresh)
	total.Horizon = f.Horizon()
	return total
}

// falsePositive is the chance that a filter with n ids takes another for one
// of them: (1 - e^(-kn/m))^k (Bloom 1970, for k hashes and m bits).
func (p plan) falsePositive(n uint) float64 {
	k := float64(p.hashes)
	return math.Pow(-math.Expm1(-k*float64(n)/float64(p.bits)), k)
}
