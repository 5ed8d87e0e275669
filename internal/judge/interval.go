package judge

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is the range that holds the true figure in 95 of 100 samples.
type Interval struct{ Low, High float64 }

// Interval is the percentile bootstrap of the metric over clusters, with so
// many samples: each draws as many clusters as there are, with replacement. It
// is NaN where no sample has a figure.
func (s Set) Interval(m Metric, samples int, r *rand.Rand) Interval {
	place := map[int]int{} // of a cluster among all
	for _, p := range s.ordered {
		if _, known := place[p.Cluster]; !known {
			place[p.Cluster] = len(place)
		}
	}
	times := make([]float64, len(place))
	drawn := make([]Prediction, len(s.ordered))
	var figures []float64
	for range samples {
		clear(times)
		for range times {
			times[r.IntN(len(times))]++
		}
		for i, p := range s.ordered {
			p.Weight *= times[place[p.Cluster]]
			drawn[i] = p
		}
		if x := m(drawn); !math.IsNaN(x) {
			figures = append(figures, x)
		}
	}
	if len(figures) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(figures)
	at := func(q float64) float64 { return figures[int(math.Round(q*float64(len(figures)-1)))] }
	return Interval{at(.025), at(.975)}
}
