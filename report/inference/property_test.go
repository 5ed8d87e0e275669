package inference

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// units draws an arm of shoppers, each with some conversations of which some
// end in an order.
func units(t *rapid.T, name string) Moments {
	var m Moments
	for range rapid.IntRange(3, 60).Draw(t, name+" units") {
		conversations := rapid.IntRange(1, 9).Draw(t, name+" conversations")
		orders := rapid.IntRange(0, conversations).Draw(t, name+" orders")
		m.Add(float64(orders), float64(conversations), 0)
	}
	return m
}

// An absolute p below alpha and a Fieller interval that leaves 0 out are the
// same statement, with t and with the always-valid bounds.
func TestTestAndIntervalAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, treated := units(t, "control"), units(t, "treatment")
		d, why := Compare(c, treated)
		if why != NotRefused {
			return
		}
		alpha := rapid.Float64Range(0.001, 0.5).Draw(t, "alpha")
		n := float64(c.N + treated.N)
		sequence := Mixture{Alpha: alpha, NStar: rapid.Float64Range(10, 1e6).Draw(t, "planned")}
		agree(t, d, d.P(), alpha, critical(alpha, d.DOF))
		agree(t, d, sequence.P(d.statistic(), n), alpha, sequence.Multiplier(n))
	})
}

func agree(t *rapid.T, d Difference, p, alpha, crit float64) {
	if math.Abs(p-alpha) < 1e-7 { // on the edge the last digits decide
		return
	}
	lo, hi := d.Interval(crit)
	if (p < alpha) != (lo > 0 || hi < 0) {
		t.Fatalf("p %v at %v, difference %v to %v", p, alpha, lo, hi)
	}
	if lo, hi, ok := d.LiftInterval(crit); ok && (p < alpha) != (lo > 0 || hi < 0) {
		t.Fatalf("p %v at %v, lift %v to %v", p, alpha, lo, hi)
	}
}

// Whichever arm is called the treatment: the difference turns its sign and
// nothing else, the lift turns into that of the inverse ratio.
func TestArmsSwap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := units(t, "a"), units(t, "b")
		there, why := Compare(a, b)
		back, whyBack := Compare(b, a)
		if why != whyBack {
			t.Fatalf("%q and %q", why, whyBack)
		}
		if why != NotRefused {
			return
		}
		if there.Diff != -back.Diff || !close(there.SE, back.SE) || !close(there.P(), back.P()) {
			t.Fatalf("%+v and %+v", there, back)
		}
		crit := critical(0.05, there.DOF)
		lo, hi, ok := there.LiftInterval(crit)
		loBack, hiBack, okBack := back.LiftInterval(crit)
		if ok && okBack && (!close((1+lo)*(1+hiBack), 1) || !close((1+hi)*(1+loBack), 1)) {
			t.Fatalf("%v to %v and %v to %v", lo, hi, loBack, hiBack)
		}
	})
}

func close(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// Moments do not depend on how units were put together.
func TestMomentsMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 0, 40).Draw(t, "values")
		offset := rapid.SampledFrom([]float64{0, 1e6}).Draw(t, "offset")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var all, left, right Moments
		for i, v := range values {
			half := &left
			if i >= cut {
				half = &right
			}
			for _, m := range []*Moments{&all, half} {
				m.Add(v+offset, 1+v*v, -v)
			}
		}
		for _, merged := range []Moments{left.Merge(right), right.Merge(left), all.Sample().Moments()} {
			same(t, all, merged)
		}
	})
}

func same(t *rapid.T, a, b Moments) {
	near := func(x, y, scale float64) bool { return math.Abs(x-y) <= 1e-8*max(1, scale) }
	scale := math.Sqrt(max(a.M2Num, a.M2Pre) * max(a.M2Den, a.M2Pre))
	if a.N != b.N || !near(a.MeanNum, b.MeanNum, a.MeanNum) || !near(a.MeanDen, b.MeanDen, a.MeanDen) ||
		!near(a.M2Num, b.M2Num, a.M2Num) || !near(a.M2Den, b.M2Den, a.M2Den) || !near(a.M2Pre, b.M2Pre, a.M2Pre) ||
		!near(a.CNumDen, b.CNumDen, scale) || !near(a.CNumPre, b.CNumPre, scale) {
		t.Fatalf("%+v and %+v", a, b)
	}
}

// The delta method is the sample variance of num - R den, over mean_den^2.
func TestDeltaMethodIsOfUnits(t *testing.T) {
	var ratio, residual Moments
	type unit struct{ orders, conversations float64 }
	all := []unit{{0, 1}, {2, 5}, {1, 1}, {0, 8}, {3, 3}, {1, 2}}
	for _, u := range all {
		ratio.Add(u.orders, u.conversations, 0)
	}
	for _, u := range all {
		residual.Add((u.orders-ratio.MeanNum/ratio.MeanDen*u.conversations)/ratio.MeanDen, 1, 0)
	}
	got, why := ratioVariance(ratio)
	if want := residual.Sample().VarNum; why != NotRefused || !close(got, want) {
		t.Errorf("%v, want %v (%s)", got, want, why)
	}
}

// What is added to every value moves the values and nothing else, up to 1e9.
func TestGreatValues(t *testing.T) {
	arm := func(offset float64, values ...float64) Moments {
		var m Moments
		for _, v := range values {
			m.Add(v+offset, 1, 0)
		}
		return m
	}
	at := func(offset float64) Difference {
		d, why := Compare(arm(offset, 1, 2, 3, 4, 5, 6.5), arm(offset, 2, 3, 5, 6, 7, 9.5))
		if why != NotRefused {
			t.Fatal(why)
		}
		return d
	}
	small, great := at(0), at(1e9)
	if math.Abs(small.P()-great.P()) > 1e-7 || math.Abs(small.SE-great.SE) > 1e-7 {
		t.Errorf("p %v and %v, standard error %v and %v", small.P(), great.P(), small.SE, great.SE)
	}
}

// A ratio around 1e9 has lost the digits of its variance: refused, not wrong.
func TestGreatRatioIsRefused(t *testing.T) {
	var c, treated Moments
	for i := range 50 {
		den := float64(1 + i%7)
		c.Add(1e9*den+float64(i%3), den, 0)
		treated.Add(1e9*den+float64(i%5), den, 0)
	}
	if d, why := Compare(c, treated); why != LostPrecision {
		t.Errorf("%+v, %q", d, why)
	}
}

func TestRefusals(t *testing.T) {
	arm := func(values ...float64) Moments {
		var m Moments
		for _, v := range values {
			m.Add(v, 1, 0)
		}
		return m
	}
	good := arm(0, 1, 1, 0)
	nothing := arm(1, 2)
	nothing.MeanDen = 0
	for _, c := range []struct {
		name string
		bad  Moments
		want Refusal
	}{
		{"empty arm", Moments{}, EmptyArm},
		{"one unit", arm(1), OneUnit},
		{"one NaN", arm(1, math.NaN(), 0), NotFinite},
		{"infinite", arm(1, math.Inf(1), 0), NotFinite},
		{"too great to square", arm(1e200, -1e200), NotFinite},
		{"nothing to divide by", nothing, NoDenominator},
		{"negative variance", Sample{N: 5, MeanDen: 1, VarNum: -1}.Moments(), Impossible},
	} {
		if _, why := Compare(good, c.bad); why != c.want {
			t.Errorf("%s as treatment: %q, want %q", c.name, why, c.want)
		}
		if _, why := Compare(c.bad, good); why != c.want {
			t.Errorf("%s as control: %q, want %q", c.name, why, c.want)
		}
	}
	if _, why := Compare(arm(0, 0, 0), arm(0, 0)); why != NoVariance {
		t.Errorf("zero conversions: %q", why)
	}
	if d, why := Compare(arm(0, 0, 0), good); why != NotRefused || d.SE == 0 {
		t.Errorf("zero conversions in the control: %+v, %q", d, why)
	} else if _, ok := d.Lift(); ok {
		t.Error("a lift over nothing")
	}
}

func TestPooledCap(t *testing.T) {
	if got := PooledCap(0.99); !math.IsInf(got, 1) {
		t.Errorf("nobody paid: %v", got)
	}
	var a, b []float64
	for i := range 50 {
		a, b = append(a, float64(2*i+1), 0), append(b, float64(2*i+2))
	}
	for q, want := range map[float64]float64{0.99: 99, 0.5: 50, 1: 100} {
		if got := PooledCap(q, a, b); got != want {
			t.Errorf("%v of 1 to 100: %v, want %v", q, got, want)
		}
	}
}

func TestWholeWeeks(t *testing.T) {
	for days, want := range map[int]int{0: 0, 1: 7, 7: 7, 8: 14, 48: 49, 63: 63} {
		if got := WholeWeeks(days); got != want {
			t.Errorf("%d: %d, want %d", days, got, want)
		}
	}
}
