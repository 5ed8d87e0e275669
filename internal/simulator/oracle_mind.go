package simulator

import (
	"math"
	"time"
)

// mostHistory bounds how many earlier conversations the oracle looks at: the
// latest ones.
const mostHistory = 50

// mind is what a shopper's earlier conversations tell, and their orders as
// they stood at a moment.
func (or *oracle) mind(earlier []*trace, at int64) mind {
	m := or.prior
	if len(earlier) == 0 {
		return m
	}
	earlier = earlier[max(0, len(earlier)-mostHistory):]
	var log [2][biasSteps]float64
	for _, t := range earlier {
		or.learn(&log, t, at)
	}
	top := math.Inf(-1)
	for boasts := range log {
		for _, x := range log[boasts] {
			top = max(top, x)
		}
	}
	for boasts := range log {
		for i, x := range log[boasts] {
			m.weight[boasts][i] *= math.Exp(x - top)
		}
	}
	m.returns = or.expectedReturns(earlier, at)
	return m
}

// learn adds one conversation's log likelihood under every bias.
func (or *oracle) learn(log *[2][biasSteps]float64, t *trace, at int64) {
	b := newBelief()
	var before *step
	for i := range t.steps {
		b.read(i, &t.steps[i], before, true)
		before = &t.steps[i]
	}
	// An order that is not there yet may still come.
	come := (1 - unpaid) * delayWithin(time.Duration(at-t.lastUser)*time.Millisecond)
	ordered, table := t.paidAt != 0 && t.paidAt <= at, or.chances(t.base)
	for boasts := range log {
		for i := range or.bias {
			sum := 0.0
			for k, p := range b[boasts] {
				q := table[boasts][i][k]
				if !ordered {
					q = 1 - q*come
				}
				sum += p * q
			}
			log[boasts][i] += math.Log(sum)
		}
	}
}

const returnSteps = 60

func returnStep(i int) float64 { return (float64(i) + .5) / returnSteps }

// expectedReturns is the mean proneness to returns after what became of the
// orders that were paid by a moment.
func (or *oracle) expectedReturns(earlier []*trace, at int64) float64 {
	sum, total := 0.0, 0.0
	for i, w := range or.returns {
		r := returnStep(i)
		for _, t := range earlier {
			w *= returnLikelihood(t, at, r)
		}
		sum += w * r
		total += w
	}
	return sum / total
}

func returnLikelihood(t *trace, at int64, r float64) float64 {
	switch p := min(1, r+t.giving); {
	case t.paidAt == 0 || t.paidAt > at:
		return 1
	case t.lostAt != 0 && t.lostAt <= at:
		return p
	default:
		return 1 - p*logNormalWithin(time.Duration(at-t.paidAt)*time.Millisecond, lostMedian, lostSpread)
	}
}

// beta is the density of Beta(a, b).
func beta(x, a, b float64) float64 {
	g := func(x float64) float64 { l, _ := math.Lgamma(x); return l }
	return math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) + g(a+b) - g(a) - g(b))
}
