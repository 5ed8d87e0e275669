package report

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// z95 is the standard normal's 97.5 % quantile: 95 % in the middle.
var z95 = distuv.UnitNormal.Quantile(0.975)

// Wilson is the 95 % score interval of x successes in n trials (Wilson 1927).
// Both ends lie within 0 and 1; without trials it is all of that.
func Wilson(x, n int64) (low, high float64) { return wilson(float64(x), float64(n)) }

// wilson is the same for sums of weights.
func wilson(x, trials float64) (low, high float64) {
	if trials <= 0 {
		return 0, 1
	}
	z2 := z95 * z95
	p := min(1, x/trials) // above 1 by rounding alone
	middle := (p + z2/(2*trials)) / (1 + z2/trials)
	half := z95 / (1 + z2/trials) * math.Sqrt(p*(1-p)/trials+z2/(4*trials*trials))
	low, high = max(0, middle-half), min(1, middle+half)
	if x <= 0 { // exactly, where the arithmetic is not
		low = 0
	}
	if x >= trials {
		high = 1
	}
	return low, high
}

// Below these numbers of trials a rate's 95 % interval may reach further than
// 15, respectively 5, points to either side: at the worst rate, 0.5, its
// half-width is z95 * 0.5 / sqrt(n).
const (
	nForFifteenPoints = 43
	nForFivePoints    = 385
)

// Rate is a share with what it takes to trust it.
type Rate struct {
	Hits  int64    `json:"hits"`
	N     int64    `json:"n"`
	Value *float64 `json:"value"` // hits / n; null when there is nothing to measure
	Low   *float64 `json:"low"`   // Wilson 95 %
	High  *float64 `json:"high"`
	// Warning is "" or says how wide the error may be.
	Warning Warning `json:"warning,omitempty"`
}

// Warning is a caveat about a rate. The set is closed.
type Warning string

// The warnings.
const (
	WorseThanFifteen Warning = "error_worse_than_15_points"
	WorseThanFive    Warning = "error_worse_than_5_points"
	NothingToMeasure Warning = "nothing_to_measure"
)

func newRate(hits, n int64) Rate {
	r := Rate{Hits: hits, N: n}
	if n <= 0 {
		r.Warning = NothingToMeasure
		return r
	}
	low, high := Wilson(hits, n)
	r.Value, r.Low, r.High = share(hits, n), &low, &high
	switch {
	case n < nForFifteenPoints:
		r.Warning = WorseThanFifteen
	case n < nForFivePoints:
		r.Warning = WorseThanFive
	}
	return r
}

// share is part / whole, nil when there is nothing to measure.
func share(part, whole int64) *float64 {
	if whole <= 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

// lift is how many times more one rate is than another, nil when that cannot
// be said.
func lift(of, over Rate) *float64 {
	if of.Value == nil || over.Value == nil || *over.Value == 0 {
		return nil
	}
	v := *of.Value / *over.Value
	return &v
}
