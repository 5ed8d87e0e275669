package intent

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldGap(t *testing.T) {
	p := Default().Params()
	gap := SessionGap.Milliseconds()
	fresh := Fold("s", []Point{point(p, 0, 1)}, nil)[0]
	f := func(dt int64, anew bool) {
		t.Helper()
		got := Fold("s", []Point{point(p, 0, 4), point(p, dt, 1)}, nil)[1]
		// After a day nothing is left of the past that rounding would show, so
		// a half-life of years tells a new start from a faded one.
		slow := *p
		slow.HalfLifeMs = 1e11
		kept := Fold("s", []Point{point(&slow, 0, 4), point(&slow, dt, 1)}, nil)[1] != Fold("s", []Point{point(&slow, 0, 1)}, nil)[0]
		if kept == anew || anew && got != fresh {
			t.Errorf("gap %d ms: starts anew %v, want %v", dt, !kept, anew)
		}
	}
	f(0, false)
	f(gap-1, false)
	f(gap, false) // exactly the gap continues
	f(gap+1, true)
	f(math.MaxInt64, true)
	f(-5, false) // counts as the same time
}

func TestFoldExtremes(t *testing.T) {
	p := everySignal()
	for _, points := range [][]Point{
		nil,
		{point(p, math.MinInt64, 1), point(p, math.MaxInt64, 1)},
		{point(p, math.MaxInt64, 1), point(p, math.MinInt64, 1)},
		{point(p, 0, 1e300), point(p, 1, -1e300)},
	} {
		past := &Past{Claims: []int64{math.MinInt64, math.MaxInt64}, Purchases: []Purchase{{math.MinInt64, math.MaxInt64}}}
		for i, f := range Fold("s", points, past) {
			if !(f.BuyScore >= 0 && f.BuyScore <= 1) || !(f.POrder >= 0 && f.POrder <= 1) || !(f.PNet >= 0 && f.PNet <= f.POrder) {
				t.Errorf("%v: point %d: %+v", points, i, f)
			}
		}
	}
}

func point(p *Params, ts int64, evidence float64) Point {
	return Point{TS: ts, Evidence: evidence, Params: p}
}

// everySignal are the default model's, with a weight on all signals.
func everySignal() *Params {
	p := *Default().Params()
	p.Signals, p.Loss, p.Shops = map[string]float64{}, map[string]float64{}, map[string]float64{"s": .5}
	for i, name := range signalNames {
		p.Signals[name], p.Loss[name] = .1*float64(i+1), -.05*float64(i+1)
	}
	return &p
}

// pointsGen draws a conversation in message order.
func pointsGen() *rapid.Generator[[]Point] {
	return rapid.Custom(func(t *rapid.T) []Point {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
			return Point{Params: Default().Params(), Bargain: rapid.Bool().Draw(t, "bargain"), TS: rapid.Int64Range(0, 4*SessionGap.Milliseconds()).Draw(t, "ts"), Evidence: round6(rapid.Float64Range(-maxEvidence, maxEvidence).Draw(t, "e"))}
		}), 0, 12).Draw(t, "points")
		slices.SortFunc(points, func(a, b Point) int { return int(a.TS - b.TS) })
		return points
	})
}

// The fold is what Params says: computed anew, as SQL would, it is the same.
func TestFoldIsItsFormula(t *testing.T) {
	p := Default().Params()
	rapid.Check(t, func(t *rapid.T) {
		points := pointsGen().Draw(t, "points")
		got := Fold("s", points, nil)
		var s float64
		for i, at := range points {
			switch {
			case i == 0 || at.TS-points[i-1].TS > p.SessionGapMs:
				s = at.Evidence
			default:
				s = p.Gamma*math.Pow(2, -float64(at.TS-points[i-1].TS)/p.HalfLifeMs)*s + at.Evidence
			}
			z := p.HeadA*s + p.HeadB
			buy := 1 / (1 + math.Exp(-(z - p.RefLogit)))
			order := 1 / (1 + math.Exp(-(p.CalC - p.CalA*math.Log1p(math.Exp(-z)) + p.CalB*math.Log1p(math.Exp(z)))))
			if math.Abs(got[i].BuyScore-buy) > .0005+1e-9 || math.Abs(got[i].POrder-order) > 5e-7+1e-9 {
				t.Fatalf("point %d: %+v, the formula gives %v, %v", i, got[i], buy, order)
			}
		}
	})
}

// What comes later does not change what was, and more evidence never lowers
// either score.
func TestFoldPrefixAndMonotony(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := pointsGen().Draw(t, "points")
		all := Fold("s", points, nil)
		n := rapid.IntRange(0, len(points)).Draw(t, "n")
		if got := Fold("s", points[:n], nil); !slices.Equal(got, all[:n]) {
			t.Fatalf("the first %d points: %v, within all %v", n, got, all[:n])
		}
		if n == 0 {
			return
		}
		more := slices.Clone(points[:n])
		more[rapid.IntRange(0, n-1).Draw(t, "which")].Evidence += rapid.Float64Range(0, 3).Draw(t, "by")
		got, want := Fold("s", more, nil)[n-1], all[n-1]
		if got.BuyScore < want.BuyScore || got.POrder < want.POrder {
			t.Fatalf("more evidence lowers %+v to %+v", want, got)
		}
	})
}

func TestRound3(t *testing.T) {
	f := func(x, want float64) {
		t.Helper()
		if got := Round3(x); got != want {
			t.Errorf("Round3(%v) = %v, want %v", x, got, want)
		}
	}
	f(0.69949, 0.699)
	f(0.6995001, 0.7)
	f(0.7, 0.7)
	f(0.0625, 0.062) // ties to even
	f(0.1875, 0.188)
	f(0, 0)
	f(1, 1)
	if !(Round3(0.69996) >= HighIntent) {
		t.Error("the rounded value decides")
	}
}
