package train

import (
	"math/rand/v2"

	"askbuy/models/intent"
)

// conversation is one that the simulator made, as the trainer needs it.
type conversation struct {
	kind     int
	ordered  bool
	topics   []int
	features [][]uint32 // of each message
	oracle   []float64  // after each message: P(order) given the topics so far
}

// draw makes n conversations. They follow each other quickly: what time does
// to evidence is not learned but given (Params.HalfLifeMs).
func draw(s *speaker, h *habits, n int) []conversation {
	all := make([]conversation, n)
	for i := range all {
		all[i] = drawOne(s, h)
	}
	return all
}

func drawOne(s *speaker, h *habits) conversation {
	k := pick(s.rand, kinds, func(k int) float64 { return kindShare[k] })
	c := conversation{kind: k, ordered: s.chance(kindOrders[k])}
	believed := kindShare // P(kind | what was said)
	before := -1
	for t := 0; t < longest && (t == 0 || s.chance(kindStays[k])); t++ {
		topic := pick(s.rand, len(s.grammar.topics), func(i int) float64 { return h.says(k, t, before, i) })
		for j := range believed {
			believed[j] *= h.says(j, t, before, topic)
			if t > 0 {
				believed[j] *= kindStays[j]
			}
		}
		normalise(believed[:])
		c.topics = append(c.topics, topic)
		c.features = append(c.features, intent.Features(nil, s.say(topic)))
		c.oracle = append(c.oracle, orderRate(believed))
		before = topic
	}
	return c
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
