package train

import (
	"math"
	"math/rand/v2"
	"slices"

	"askbuy/models/intent"
)

// conversation is one that the simulator made, as the trainer needs it.
type conversation struct {
	kind     int
	ordered  bool
	topics   []int
	features [][]uint32  // of each message
	oracle   []float64   // after each message: P(order) given the topics so far
	believed [][]float64 // and of each kind
}

// draw makes n conversations. They follow each other quickly: what time does
// to evidence is not learned but given (Params.HalfLifeMs).
func draw(s *speaker, h *habits, n int) []conversation {
	all := make([]conversation, n)
	for i := range all {
		all[i] = h.plan(s.rand)
		for _, topic := range all[i].topics {
			all[i].features = append(all[i].features, intent.Features(nil, s.say(topic)))
		}
	}
	return all
}

// plan says who talks of what and what comes of it, without words.
func (h *habits) plan(r *rand.Rand) conversation {
	k := pick(r, kinds, func(k int) float64 { return kindShare[k] })
	c := conversation{kind: k, ordered: r.Float64() < kindOrders[k]}
	believed := kindShare // P(kind | what was said)
	before := -1
	for t := 0; t < longest && (t == 0 || r.Float64() < kindStays[k]); t++ {
		topic := pick(r, len(h.early[k]), func(i int) float64 { return h.says(k, t, before, i) })
		for j := range believed {
			believed[j] *= h.says(j, t, before, topic)
			if t > 0 {
				believed[j] *= kindStays[j]
			}
		}
		normalise(believed[:])
		c.topics = append(c.topics, topic)
		c.oracle = append(c.oracle, orderRate(believed))
		c.believed = append(c.believed, slices.Clone(believed[:]))
		before = topic
	}
	return c
}

// orderRates are, by topic, the share of orders among the shoppers who speak
// of it, a message of a long conversation counting less.
func (h *habits) orderRates(r *rand.Rand) []float64 {
	const conversations = 40_000
	sums, weights := make([]float64, len(h.early[0])), make([]float64, len(h.early[0]))
	for range conversations {
		c := h.plan(r)
		weight := 1 / math.Sqrt(float64(len(c.topics)))
		for _, topic := range c.topics {
			sums[topic] += float64(weight * kindOrders[c.kind])
			weights[topic] += weight
		}
	}
	for topic := range sums {
		sums[topic] /= weights[topic]
	}
	return sums
}

// orderRate is the share of orders among shoppers of these kinds.
func orderRate(share [kinds]float64) float64 {
	var p float64
	for k, s := range share {
		p += float64(s * kindOrders[k])
	}
	return p
}

// pick draws a number below n by its probability.
func pick(r *rand.Rand, n int, p func(int) float64) int {
	u := r.Float64()
	for i := range n {
		if u -= p(i); u < 0 {
			return i
		}
	}
	return n - 1
}
