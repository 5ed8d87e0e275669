package simulator

import (
	"math"
	"slices"
)

// shopper is what does not change from one conversation of a shopper to the
// next. Nobody outside is told.
type shopper struct {
	bias    float64 // offset of the log odds of an order
	boasts  bool    // talks like a buyer, claims what was never ordered, buys little
	returns float64 // probability that a paid order comes to nothing
}

const (
	boasters   = .1
	boastBias  = -1.2 // of the log odds of an order
	boastShare = 5    // times as often a window-shopper

	biasSpread      = .6
	heavyBiasSpread = 2 // conversations of one shopper correlate by about .2

	// Proneness to returns is Beta(2, 38), and Beta(8, 8) of a few.
	returners = .03
)

// spread is the standard deviation of shoppers' bias.
func (o *Options) spread() float64 {
	if o.Heavy {
		return heavyBiasSpread
	}
	return biasSpread
}

func newShopper(o *Options, shop, user string) shopper {
	s := newStream(o.Seed, "user", shop+"\x00"+user)
	p := shopper{bias: o.spread() * s.NormFloat64(), boasts: s.chance(boasters)}
	if s.chance(returners) {
		p.returns = s.orderStatistic(8, 15)
	} else {
		p.returns = s.orderStatistic(2, 39)
	}
	return p
}

// orderStatistic is the k-th least of n uniform numbers: Beta(k, n+1-k).
func (s stream) orderStatistic(k, n int) float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = s.Float64()
	}
	slices.Sort(u)
	return u[k-1]
}

// poisson counts events of a Poisson process with the given mean, a small one.
func (s stream) poisson(mean float64) int {
	n := 0
	for p := s.Float64(); p > math.Exp(-mean); n++ {
		p *= s.Float64()
	}
	return n
}

// sharesOf are the weights of the classes for a shopper.
func sharesOf(boasts bool) []float64 {
	shares := make([]float64, len(classes))
	for i := range classes {
		shares[i] = classes[i].share
		if boasts && i == windowShopper {
			shares[i] *= boastShare
		}
	}
	return shares
}

// odds are the log odds that a conversation of a class ends in an order, the
// shop's and the variant's part in base.
func odds(k int, base, bias float64, boasts bool) float64 {
	x := logit(classes[k].order) + base + bias
	if boasts {
		x += boastBias
	}
	return x
}
