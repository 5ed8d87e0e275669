package simulator

import (
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"time"
)

// stream is the random numbers of one entity: they depend on the seed and the
// entity's name alone.
type stream struct{ *rand.Rand }

func newStream(seed uint64, kind, id string) stream {
	h := fnv.New64a()
	_, _ = io.WriteString(h, kind+"\x00"+id) // a hash never fails
	return stream{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// chance is true with probability p.
func (s stream) chance(p float64) bool { return s.Float64() < p }

// pick draws an index by weight.
func (s stream) pick(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u := s.Float64() * total
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// one draws an element.
func one[T any](s stream, from []T) T { return from[s.IntN(len(from))] }

// logNormal draws a duration with the given median and spread, in ms.
func (s stream) logNormal(median time.Duration, sigma float64) int64 {
	return int64(float64(median.Milliseconds()) * math.Exp(sigma*s.NormFloat64()))
}

// exponential draws a duration with the given mean, in ms.
func (s stream) exponential(mean time.Duration) int64 {
	return int64(float64(mean.Milliseconds()) * s.ExpFloat64())
}

// between draws a duration in ms from the interval [low, high).
func (s stream) between(low, high time.Duration) int64 {
	return low.Milliseconds() + s.Int64N(max(1, (high-low).Milliseconds()))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
