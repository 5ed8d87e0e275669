package learn

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"askbuy/internal/judge"
)

const z95 = 1.959963984540054

// Difference is by how much the mean log loss changes, in nats: below 0 is
// better. Low and High bound it with 95 % confidence, robust against shoppers
// who speak several times.
type Difference struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (d Difference) String() string {
	return fmt.Sprintf("%+.5f (95 %% interval %+.5f to %+.5f)", d.Mean, d.Low, d.High)
}

// loss is the log loss of one prediction.
func loss(p judge.Prediction) float64 {
	q := min(max(p.P, 1e-12), 1-1e-12)
	if !p.Hit {
		q = 1 - q
	}
	return -math.Log(q)
}

// sums of a cluster: differences of the loss, and weights.
type sums struct{ difference, weight float64 }

// Compare gives the weighted mean difference of the losses of predictions of
// the same messages, before and after, and its interval: the linearised ratio
// of sums over clusters. It takes weights and clusters from those after.
func Compare(after, before []judge.Prediction) Difference {
	clusters := map[int]sums{}
	var all sums
	for i, p := range after {
		d := p.Weight * (loss(p) - loss(before[i]))
		s := clusters[p.Cluster]
		clusters[p.Cluster] = sums{s.difference + d, s.weight + p.Weight}
		all = sums{all.difference + d, all.weight + p.Weight}
	}
	mean := all.difference / all.weight
	var squares float64
	for _, c := range slices.Sorted(maps.Keys(clusters)) {
		off := clusters[c].difference - float64(mean*clusters[c].weight)
		squares += float64(off * off)
	}
	n := float64(len(clusters))
	half := z95 * math.Sqrt(squares*n/(n-1)) / all.weight
	return Difference{mean, mean - half, mean + half}
}

func compare(after, before []Prediction) Difference { return Compare(plain(after), plain(before)) }
