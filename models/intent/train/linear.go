package train

import "math"

// AdaGrad's constants: the steps, and how strongly weights are drawn to 0.
const (
	evidenceRate   = .15
	evidenceShrink = 2e-6
	topicRate      = .4
	topicShrink    = 2e-4
	damping        = 1e-3
	heard          = 1e-4 // the sum of squared gradients of what is worth a weight
)

// Linear is a logistic model of hashed features (intent.Features): bias +
// w·x/√n, learned by AdaGrad.
type Linear struct {
	w, g []float32 // weights and the sums of squared gradients
	bias float64   // the base rate's log-odds; not trained
	rate float32
}

// NewLinear has 2^bits weights. bias is the base rate's log-odds and stays as
// it is; rate is the step.
func NewLinear(bits uint8, bias, rate float64) *Linear {
	return &Linear{w: make([]float32, 1<<bits), g: make([]float32, 1<<bits), bias: bias, rate: float32(rate)}
}

// Evidence is the log-odds that the text adds to the base rate.
func (m *Linear) Evidence(features []uint32) float64 {
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

// Warm starts from weights that were learned before, as whole numbers and what
// one of them is worth. Every weight counts as having moved by so much already
// (the sum of its squared gradients), which is how hard it is to move again.
func (m *Linear) Warm(weights []int8, scale, moved float64) {
	mask := len(m.w) - 1
	for i, w := range weights {
		m.w[i&mask] += float32(float64(w) * scale)
	}
	for i := range m.g {
		m.g[i] = float32(moved)
	}
}

// Learn takes one step: of those who say this, so many are hits.
func (m *Linear) Learn(features []uint32, target float64) { m.Weigh(features, target, 1) }

// Weigh is Learn where one text counts more than another.
func (m *Linear) Weigh(features []uint32, target, weight float64) {
	if len(features) == 0 {
		return
	}
	gradient := float32(weight * (sigmoid(m.bias+m.Evidence(features)) - target) / math.Sqrt(float64(len(features))))
	mask := uint32(len(m.w) - 1)
	for _, f := range features {
		descend(&m.w[f&mask], &m.g[f&mask], gradient, m.rate, evidenceShrink)
	}
}

// forget takes the weight of what was hardly heard: slips of the keyboard and
// chance pairs of slots, which say nothing and would fill the table until no
// text were novel.
func (m *Linear) forget() {
	for i, g := range m.g {
		if g < heard {
			m.w[i] = 0
		}
	}
}

// Quantised is the weights as a bundle keeps them.
func (m *Linear) Quantised() (weights []int8, scale float64) { return quantise(m.w, 127) }

// descend moves one weight against its gradient.
func descend(w, g *float32, gradient, rate, shrink float32) {
	gradient += float32(shrink * *w)
	*g += float32(gradient * gradient)
	*w -= float32(rate * gradient / (float32(math.Sqrt(float64(*g))) + damping))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
