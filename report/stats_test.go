package report

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Score intervals as printed by R. G. Newcombe, Two-sided confidence intervals
// for the single proportion, Statistics in Medicine 17 (1998), table I, method 3.
func TestWilsonAsPublished(t *testing.T) {
	f := func(x, n int64, low, high float64) {
		t.Helper()
		gotLow, gotHigh := Wilson(x, n)
		if math.Abs(gotLow-low) > 5e-5 || math.Abs(gotHigh-high) > 5e-5 {
			t.Errorf("%d of %d: [%.5f, %.5f], want [%.4f, %.4f]", x, n, gotLow, gotHigh, low, high)
		}
	}
	f(81, 263, 0.2553, 0.3662)
	f(15, 148, 0.0624, 0.1605)
	f(0, 20, 0, 0.1611)
	f(1, 29, 0.0061, 0.1718)
}

// The interval of a difference that Newcombe builds from two score intervals,
// 7/34 against 1/34: 0.019 to 0.34 (Fagerland, Lydersen, Laake, Recommended
// confidence intervals for two independent binomial proportions, 2015).
func TestWilsonInADifferenceAsPublished(t *testing.T) {
	const p1, p2 = 7.0 / 34, 1.0 / 34
	low1, high1 := Wilson(7, 34)
	low2, high2 := Wilson(1, 34)
	low := p1 - p2 - math.Hypot(p1-low1, high2-p2)
	high := p1 - p2 + math.Hypot(high1-p1, p2-low2)
	if math.Abs(low-0.018921443885772993) > 1e-9 || math.Abs(high-0.3403686870327073) > 1e-9 {
		t.Errorf("got [%v, %v]", low, high)
	}
}

// The numbers below which a rate is warned about are the least that keep the
// worst case within 15 and 5 points.
func TestErrorBudgets(t *testing.T) {
	half := func(n int64) float64 { return z95 * 0.5 / math.Sqrt(float64(n)) }
	for n, points := range map[int64]float64{nForFifteenPoints: 0.15, nForFivePoints: 0.05} {
		if half(n) > points || half(n-1) <= points {
			t.Errorf("n=%d: half-width %v, with one less %v; want %v between", n, half(n), half(n-1), points)
		}
	}
	f := func(n int64, want Warning) {
		t.Helper()
		if got := newRate(0, n).Warning; got != want {
			t.Errorf("n=%d: %q, want %q", n, got, want)
		}
	}
	f(0, NothingToMeasure)
	f(1, WorseThanFifteen)
	f(42, WorseThanFifteen)
	f(43, WorseThanFive)
	f(384, WorseThanFive)
	f(385, "")
}

func TestWilsonHoldsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<40).Draw(t, "n")
		x := rapid.Int64Range(0, n).Draw(t, "x")
		low, high := Wilson(x, n)
		if p := float64(x) / float64(n); !(0 <= low && low <= p && p <= high && high <= 1) {
			t.Errorf("%d of %d: [%v, %v]", x, n, low, high)
		}
		otherLow, otherHigh := Wilson(n-x, n)
		if math.Abs(low-(1-otherHigh)) > 1e-12 || math.Abs(high-(1-otherLow)) > 1e-12 {
			t.Errorf("%d of %d is not the mirror of its complement", x, n)
		}
	})
}

func TestLift(t *testing.T) {
	if got := lift(newRate(6, 10), newRate(1, 5)); got == nil || math.Abs(*got-3) > 1e-12 {
		t.Errorf("got %v, want 3", got)
	}
	if lift(newRate(1, 1), newRate(0, 5)) != nil || lift(newRate(0, 0), newRate(1, 5)) != nil || lift(newRate(1, 5), newRate(0, 0)) != nil {
		t.Error("a lift over nothing cannot be said")
	}
}
