package train

import (
	"cmp"
	"math"
	"slices"
)

// prediction is a probability and what came of it.
type prediction struct {
	p       float64
	ordered bool
}

// auc is the chance that one who ordered has the greater p, ties half.
func auc(all []prediction) float64 {
	all = sorted(all)
	var below, sum, positives, negatives float64
	for i := 0; i < len(all); {
		var hits, misses float64
		j := i
		for ; j < len(all) && all[j].p == all[i].p; j++ {
			if all[j].ordered {
				hits++
			} else {
				misses++
			}
		}
		sum += hits * (below + misses/2)
		below += misses
		positives, negatives = positives+hits, negatives+misses
		i = j
	}
	return sum / (positives * negatives)
}

// brier is the mean squared error.
func brier(all []prediction) float64 {
	var sum float64
	for _, x := range all {
		d := x.p - outcome(x)
		sum += d * d
	}
	return sum / float64(len(all))
}

// calibrationError is the mean distance, over bins of equally many, between
// what was predicted and what came.
func calibrationError(all []prediction, bins int) float64 {
	all = sorted(all)
	var sum float64
	for b := range bins {
		var gap float64
		for _, x := range all[b*len(all)/bins : (b+1)*len(all)/bins] {
			gap += x.p - outcome(x)
		}
		sum += math.Abs(gap)
	}
	return sum / float64(len(all))
}

func outcome(x prediction) float64 {
	if x.ordered {
		return 1
	}
	return 0
}

func sorted(all []prediction) []prediction {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b prediction) int { return cmp.Compare(a.p, b.p) })
	return all
}
