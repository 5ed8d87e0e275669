package learn

import (
	"math"
	"slices"
	"time"

	"askbuy/models/intent"
)

// How far back drift looks from the latest event.
const (
	driftTexts  = 7 * 24 * time.Hour  // for scores and words, which need no outcome
	driftOrders = 30 * 24 * time.Hour // for outcomes
)

// What is worth a look, by custom.
const (
	MuchPSI     = .2
	MuchNovelty = .1 // above the reference
	MuchZ       = 4
)

// Drift says how far the present is from what a model was made for.
type Drift struct {
	Messages int     `json:"messages"` // of the last 7 days
	Novelty  float64 `json:"novelty"`  // share of their features without a weight
	Expected float64 `json:"expected_novelty"`
	PSI      float64 `json:"psi"` // of p_order's deciles: sum of (share - .1) * ln(share / .1)

	Conversations int     `json:"conversations"` // closed, of the last 30 days, after what the model learned from
	Z             float64 `json:"z"`             // (orders - expected) / standard deviation: sum(y-p) / sqrt(sum p(1-p))

	Known bool `json:"known"` // the model has a reference; without one PSI and the expected novelty say nothing
}

// Notable reports whether somebody should look.
func (d Drift) Notable() bool {
	return d.Known && (d.PSI > MuchPSI || d.Novelty-d.Expected > MuchNovelty) || math.Abs(d.Z) > MuchZ
}

// Drifted compares the latest facts with what the model was made for.
func Drifted(m *intent.Model, facts Facts) (d Drift) {
	facts.sort()
	until := facts.until()
	reference := m.Manifest().Metrics.Reference
	var ps []float64
	var novel, features int
	var residual, variance float64
	for _, c := range (reading{m, until}).conversations(&facts) {
		if len(c.points) == 0 {
			continue
		}
		var sum float64
		for i, f := range intent.Fold(c.Shop, c.points, c.past) {
			sum += f.POrder
			if c.points[i].TS > until-driftTexts.Milliseconds() {
				n, all := m.Novel(c.features[i])
				ps, novel, features = append(ps, f.POrder), novel+n, features+all
			}
		}
		if c.open(until) || c.stands == 0 || c.last <= max(learnedUntil(m), until-driftOrders.Milliseconds()) {
			continue
		}
		d.Conversations++
		p := sum / float64(len(c.points))
		residual, variance = residual-p, variance+float64(p*(1-p))
		if slices.ContainsFunc(c.orders, func(o Order) bool { return o.Kept }) {
			residual++
		}
	}
	d.Messages, d.Novelty = len(ps), round4(float64(novel)/float64(max(features, 1)))
	if variance > 0 {
		d.Z = round4(residual / math.Sqrt(variance))
	}
	if reference != nil && len(ps) > 0 {
		d.Known, d.Expected, d.PSI = true, reference.Novelty, round4(psi(ps, reference.Deciles))
	}
	return d
}

func learnedUntil(m *intent.Model) int64 {
	if f := m.Manifest().Training.Facts; f != nil {
		return f.Until
	}
	return math.MinInt64
}

// psi is the population stability index of values in bins that each held one
// share of the reference. An empty bin counts as half a value.
func psi(values, bounds []float64) (sum float64) {
	counts := make([]float64, len(bounds)+1)
	for _, x := range values {
		n, _ := slices.BinarySearchFunc(bounds, x, func(bound, x float64) int {
			if bound <= x {
				return -1
			}
			return 1
		})
		counts[n]++
	}
	was := 1 / float64(len(counts))
	for _, n := range counts {
		share := max(n, .5) / float64(len(values))
		sum += float64((share - was) * math.Log(share/was))
	}
	return sum
}
