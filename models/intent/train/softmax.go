package train

import (
	"math"

	"askbuy/models/intent"
)

// A sentence's target is smooth: this share of it goes to all topics alike, so
// that no phrase decides alone, for the next shopper puts it otherwise. That
// makes the model timid. Its logits times sharpen are as sure as it is right on
// families of templates that it did not see.
const (
	smoothing = .2
	sharpen   = 2
	least     = 3e-3 // a gradient below it moves nothing
	levels    = 15   // whole numbers on either side of 0 that weights become
)

// softmax is the model of the topics on the same features.
type softmax struct {
	rows   int
	topics int
	w, g   []float32 // rows of intent.Lanes
	bias   []float32
	biasG  []float32
}

func newSoftmax(topics int, bits uint8) *softmax {
	return &softmax{
		rows: 1 << bits, topics: topics,
		w: make([]float32, intent.Lanes<<bits), g: make([]float32, intent.Lanes<<bits),
		bias: make([]float32, topics), biasG: make([]float32, topics),
	}
}

func (m *softmax) step(features []uint32, topic int) {
	if len(features) == 0 {
		return
	}
	p := m.probabilities(features)
	for i := range p {
		p[i] -= float32(smoothing / float64(m.topics))
	}
	p[topic] -= float32(1 - smoothing)
	x := float32(1 / math.Sqrt(float64(len(features))))
	for _, f := range features {
		at := intent.TopicRow(f, m.rows) * intent.Lanes
		w, g := m.w[at:at+m.topics], m.g[at:at+m.topics]
		for i := range w {
			if d := p[i] * x; d > least || d < -least {
				descend(&w[i], &g[i], d, topicRate, topicShrink)
			}
		}
	}
	for i := range m.bias {
		descend(&m.bias[i], &m.biasG[i], p[i], topicRate, topicShrink)
	}
}

// probabilities of the topics.
func (m *softmax) probabilities(features []uint32) []float32 {
	z := make([]float32, m.topics)
	for _, f := range features {
		at := intent.TopicRow(f, m.rows) * intent.Lanes
		for i, w := range m.w[at : at+m.topics] {
			z[i] += w
		}
	}
	x := float32(1 / math.Sqrt(float64(len(features))))
	var top float32 = -math.MaxFloat32
	for i := range z {
		z[i] = float32(z[i]*x) + m.bias[i]
		top = max(top, z[i])
	}
	var sum float32
	for i := range z {
		z[i] = float32(math.Exp(float64(z[i] - top)))
		sum += z[i]
	}
	for i := range z {
		z[i] /= sum
	}
	return z
}
