package train

import (
	"math"
	"math/rand/v2"
)

// AdaGrad's constants: the step, and how strongly weights are drawn to 0.
const (
	evidenceRate = .15
	topicRate    = .2
	shrink       = 2e-6
	damping      = 1e-3
)

// linear is a logistic model of the hashed features: bias + w·x/√n.
type linear struct {
	w, g []float32 // weights and the sums of squared gradients
	bias float64   // the base rate's log-odds; not trained
}

// fitLinear learns the odds of an order from all messages of the
// conversations but those that skip says to leave out. The target is the
// share of orders of the shopper's kind, which the simulator knows: the same
// in the mean as whether this one ordered, with less noise.
func fitLinear(all []conversation, bits, passes int, bias float64, r *rand.Rand, skip func(i int) bool) *linear {
	m := &linear{w: make([]float32, 1<<bits), g: make([]float32, 1<<bits), bias: bias}
	for range passes {
		for _, i := range r.Perm(len(all)) {
			if skip(i) {
				continue
			}
			c := &all[i]
			weight := 1 / math.Sqrt(float64(len(c.features)))
			for _, f := range c.features {
				m.step(f, kindOrders[c.kind], weight)
			}
		}
	}
	return m
}

// evidence is the log-odds that the message adds to the base rate.
func (m *linear) evidence(features []uint32) float64 {
	if len(features) == 0 {
		return 0
	}
	var sum float32
	mask := uint32(len(m.w) - 1)
	for _, f := range features {
		sum += m.w[f&mask]
	}
	return float64(sum) / math.Sqrt(float64(len(features)))
}

func (m *linear) step(features []uint32, target, weight float64) {
	if len(features) == 0 {
		return
	}
	gradient := float32((sigmoid(m.bias+m.evidence(features)) - target) * weight / math.Sqrt(float64(len(features))))
	mask := uint32(len(m.w) - 1)
	for _, f := range features {
		descend(&m.w[f&mask], &m.g[f&mask], gradient, evidenceRate)
	}
}

// descend moves one weight against its gradient.
func descend(w, g *float32, gradient, rate float32) {
	gradient += float32(shrink * *w)
	*g += float32(gradient * gradient)
	*w -= float32(rate * gradient / (float32(math.Sqrt(float64(*g))) + damping))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
