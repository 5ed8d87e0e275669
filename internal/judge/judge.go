// Package judge says how good probabilities are: how well they rank (AUC,
// average precision), how true they are (Brier score, log loss, calibration
// error), and how sure that is (bootstrap intervals over clusters, because
// what one conversation's messages show is no independent evidence).
//
// Everything is a function of its input; the bootstrap takes its randomness
// from the caller.
package judge

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Prediction is a probability, or any score where only ranks count, and what
// came of it.
type Prediction struct {
	P       float64
	Hit     bool
	Weight  float64 // how much it counts; not below 0
	Cluster int     // predictions of one cluster are drawn together
}

// Metric is a figure of predictions in the order of P, the least first.
type Metric func(ordered []Prediction) float64

// Set is predictions in the order that metrics need.
type Set struct{ ordered []Prediction }

// NewSet copies the predictions.
func NewSet(all []Prediction) Set {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Prediction) int { return cmp.Compare(a.P, b.P) })
	return Set{all}
}

// Of is the metric's figure of the set, NaN where there is nothing to measure.
func (s Set) Of(m Metric) float64 { return m(s.ordered) }

// Len is the number of predictions.
func (s Set) Len() int { return len(s.ordered) }

// outcome is 1 for a hit and 0 for a miss.
func (p Prediction) outcome() float64 {
	if p.Hit {
		return 1
	}
	return 0
}

// AUC is the chance that a hit has the greater P than a miss, ties half: the
// Mann-Whitney statistic.
func AUC(ordered []Prediction) float64 {
	var below, sum, hits, misses float64
	for i := 0; i < len(ordered); {
		var hit, miss float64
		j := i
		for ; j < len(ordered) && ordered[j].P == ordered[i].P; j++ {
			if ordered[j].Hit {
				hit += ordered[j].Weight
			} else {
				miss += ordered[j].Weight
			}
		}
		sum += hit * (below + miss/2)
		below += miss
		hits, misses = hits+hit, misses+miss
		i = j
	}
	return sum / (hits * misses)
}

// AveragePrecision is the area under the precision-recall curve in steps: the
// mean precision at each hit, equal P taken together.
func AveragePrecision(ordered []Prediction) float64 {
	var hits, all, sum float64
	for j := len(ordered); j > 0; {
		i := j
		var hit float64
		for ; i > 0 && ordered[i-1].P == ordered[j-1].P; i-- {
			all += ordered[i-1].Weight
			if ordered[i-1].Hit {
				hit += ordered[i-1].Weight
			}
		}
		if hits += hit; hit > 0 {
			sum += hit * hits / all
		}
		j = i
	}
	return sum / hits
}

// Brier is the mean squared error.
func Brier(ordered []Prediction) float64 {
	return mean(ordered, func(p Prediction) float64 { d := p.P - p.outcome(); return d * d })
}

// LogLoss is the mean of -ln of the probability given to what came, in nats;
// probabilities are kept 1e-12 away from 0 and 1.
func LogLoss(ordered []Prediction) float64 {
	return mean(ordered, func(p Prediction) float64 {
		q := min(max(p.P, 1e-12), 1-1e-12)
		if !p.Hit {
			q = 1 - q
		}
		return -math.Log(q)
	})
}

// Rate is the share of hits: the accuracy, where a hit is a right answer.
func Rate(ordered []Prediction) float64 {
	return mean(ordered, Prediction.outcome)
}

// CalibrationError makes the expected calibration error of so many bins of
// equal weight: the mean distance between what was predicted and what came.
// Equal P are in one bin, that of their middle, so that no order among them
// counts.
func CalibrationError(bins int) Metric {
	return func(ordered []Prediction) float64 {
		var total float64
		for _, p := range ordered {
			total += p.Weight
		}
		gaps := make([]float64, bins)
		var before float64
		for _, g := range groups(ordered) {
			at := int(math.Floor(round9((before + g.weight/2) / total * float64(bins))))
			gaps[min(at, bins-1)] += g.weight*g.p - g.hits
			before += g.weight
		}
		var sum float64
		for _, gap := range gaps {
			sum += math.Abs(gap)
		}
		return sum / total
	}
}

// CalibrationChance makes the calibration error that chance alone gives to
// probabilities that are true: in each bin the mean distance of a normal
// variable, sqrt(2/pi) of its standard deviation. The outcomes of one cluster
// are taken for one.
func CalibrationChance(bins int) Metric {
	return func(ordered []Prediction) float64 {
		var total float64
		for _, p := range ordered {
			total += p.Weight
		}
		type share struct{ weight, expected float64 }
		clusters := make([]map[int]share, bins)
		var before float64
		for from := 0; from < len(ordered); {
			to, weight := from, 0.
			for ; to < len(ordered) && ordered[to].P == ordered[from].P; to++ {
				weight += ordered[to].Weight
			}
			at := min(int(math.Floor(round9((before+weight/2)/total*float64(bins)))), bins-1)
			if clusters[at] == nil {
				clusters[at] = map[int]share{}
			}
			for _, p := range ordered[from:to] {
				s := clusters[at][p.Cluster]
				clusters[at][p.Cluster] = share{s.weight + p.Weight, s.expected + float64(p.Weight*p.P)}
			}
			before, from = before+weight, to
		}
		var sum float64
		for _, of := range clusters {
			var variance float64
			for _, cluster := range slices.Sorted(maps.Keys(of)) {
				s := of[cluster]
				p := s.expected / s.weight
				variance += float64(s.weight * s.weight * p * (1 - p))
			}
			sum += math.Sqrt(2 / math.Pi * variance)
		}
		return sum / total
	}
}

// round9 rounds to 9 decimals, so that the edge of a bin is where it is.
func round9(x float64) float64 { return math.Round(x*1e9) / 1e9 }

// group is the predictions of one P.
type group struct{ p, weight, hits float64 }

func groups(ordered []Prediction) []group {
	var all []group
	for _, p := range ordered {
		if p.Weight == 0 { // drawn no time
			continue
		}
		if len(all) == 0 || all[len(all)-1].p != p.P {
			all = append(all, group{p: p.P})
		}
		g := &all[len(all)-1]
		g.weight += p.Weight
		g.hits += p.Weight * p.outcome()
	}
	return all
}

func mean(all []Prediction, f func(Prediction) float64) float64 {
	var sum, total float64
	for _, p := range all {
		sum += p.Weight * f(p)
		total += p.Weight
	}
	return sum / total
}
