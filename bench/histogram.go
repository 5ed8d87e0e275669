package main

import (
	"math"
	"slices"
	"time"
)

// histogram counts durations in buckets of 2 %.
type histogram struct{ counts [perDoubling * 40]int64 }

const perDoubling = 32 // buckets

func (h *histogram) add(d time.Duration) {
	i := int(math.Log2(float64(max(d, 1))) * perDoubling)
	h.counts[min(i, len(h.counts)-1)]++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
}

// quantile is the middle of the bucket that q falls into; 0 without durations.
func (h *histogram) quantile(q float64) time.Duration {
	total := int64(0)
	for _, n := range h.counts {
		total += n
	}
	seen := int64(0)
	for i, n := range h.counts {
		if seen += n; n > 0 && float64(seen) >= q*float64(total) {
			return time.Duration(math.Exp2((float64(i) + .5) / perDoubling))
		}
	}
	return 0
}

// percentile is exact; it sorts.
func percentile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(int(q*float64(len(all))), len(all)-1)].Round(time.Millisecond)
}
