package intent

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldGap(t *testing.T) {
	m := Default()
	gap := SessionGap.Milliseconds()
	fresh := m.Fold([]Point{{0, 1}})[0]
	f := func(dt int64, anew bool) {
		t.Helper()
		got := m.Fold([]Point{{0, 4}, {dt, 1}})[1]
		// After a day nothing is left of the past that rounding would show, so
		// a half-life of years tells a new start from a faded one.
		slow := *m
		slow.manifest.Params.HalfLifeMs = 1e11
		kept := slow.Fold([]Point{{0, 4}, {dt, 1}})[1] != slow.Fold([]Point{{0, 1}})[0]
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
	m := Default()
	for _, points := range [][]Point{
		nil,
		{{math.MinInt64, 1}, {math.MaxInt64, 1}},
		{{math.MaxInt64, 1}, {math.MinInt64, 1}},
		{{0, 1e300}, {1, -1e300}},
	} {
		for i, f := range m.Fold(points) {
			if !(f.BuyScore >= 0 && f.BuyScore <= 1) || !(f.POrder >= 0 && f.POrder <= 1) {
				t.Errorf("%v: point %d: %+v", points, i, f)
			}
		}
	}
}

// pointsGen draws a conversation in message order.
func pointsGen() *rapid.Generator[[]Point] {
	return rapid.Custom(func(t *rapid.T) []Point {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
			return Point{TS: rapid.Int64Range(0, 4*SessionGap.Milliseconds()).Draw(t, "ts"), Evidence: round6(rapid.Float64Range(-maxEvidence, maxEvidence).Draw(t, "e"))}
		}), 0, 12).Draw(t, "points")
		slices.SortFunc(points, func(a, b Point) int { return int(a.TS - b.TS) })
		return points
	})
}

// The fold is what Params says: computed anew, as SQL would, it is the same.
func TestFoldIsItsFormula(t *testing.T) {
	m := Default()
	p := m.Params()
	rapid.Check(t, func(t *rapid.T) {
		points := pointsGen().Draw(t, "points")
		got := m.Fold(points)
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
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		points := pointsGen().Draw(t, "points")
		all := m.Fold(points)
		n := rapid.IntRange(0, len(points)).Draw(t, "n")
		if got := m.Fold(points[:n]); !slices.Equal(got, all[:n]) {
			t.Fatalf("the first %d points: %v, within all %v", n, got, all[:n])
		}
		if n == 0 {
			return
		}
		more := slices.Clone(points[:n])
		more[rapid.IntRange(0, n-1).Draw(t, "which")].Evidence += rapid.Float64Range(0, 3).Draw(t, "by")
		got, want := m.Fold(more)[n-1], all[n-1]
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
