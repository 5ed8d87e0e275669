package learn

import (
	"math/rand/v2"

	"askbuy/models/intent"
	"askbuy/models/intent/train"
)

// How the evidence is learned. Every message gets its conversation's end as
// its label: what is said by those who order and by others alike averages out.
const (
	passes      = 3
	rate        = .05
	moved       = .5  // how firmly a weight of the base model stands
	priorRounds = 100 // sentences of each act, in every pass
	mostSure    = 6.0 // log-odds, as the model itself bounds them
)

// lesson is a text and what share of those who say it order.
type lesson struct {
	features       []uint32
	target, weight float64
}

// prior is what the base model says of its own sentences: whoever learns from
// few conversations must not forget what all others say.
func prior(base *intent.Model, bias float64, seed uint64) ([]lesson, error) {
	texts, err := train.Sentences(seed, priorRounds)
	lessons := make([]lesson, len(texts))
	for i, text := range texts {
		f := intent.Features(nil, text)
		lessons[i] = lesson{f, sigmoid(bias + base.Evidence(f)), 1}
	}
	return lessons, err
}

// learnEvidence starts from the base's weights and takes the lessons in one
// order that the seed gives.
func learnEvidence(base *intent.Bundle, bias float64, lessons []lesson, seed uint64) *train.Linear {
	m := train.NewLinear(base.Manifest.EvidenceBits, bias, rate)
	m.Warm(base.Evidence, base.Manifest.EvidenceScale, moved)
	r := rand.New(rand.NewPCG(seed, uint64(len(lessons))))
	for range passes {
		for _, i := range r.Perm(len(lessons)) {
			m.Weigh(lessons[i].features, lessons[i].target, lessons[i].weight)
		}
	}
	return m
}

// read gives the conversation's points the evidence of m, and what the head
// reads of them.
func (c *conversation) read(m *train.Linear) {
	for i := range c.points {
		top := mostSure
		if c.claims[i] {
			top = 0
		}
		c.points[i].Evidence = min(max(m.Evidence(c.features[i]), -mostSure), top)
	}
	c.inputs = intent.Inputs(c.points, c.past)
}
