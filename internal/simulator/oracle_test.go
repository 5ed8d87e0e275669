package simulator

import (
	"math"
	"slices"
	"testing"

	"askbuy/internal/simulator/truth"
)

// plainWorld is without traps: there the oracle is exact.
func plainWorld(t *testing.T, seed uint64, n int) []truth.Forecast {
	t.Helper()
	o := options(NoiseNone, n)
	o.Seed, o.Plain, o.EventsOnly = seed, true, true
	return judged(simulate(t, o).Truth())
}

func judged(tr *truth.Truth) []truth.Forecast {
	truth.Judge(tr.Oracle, truth.Derive(tr.Events, nil, nil), tr.Meta.End)
	return tr.Oracle
}

// at gives the forecasts after the n-th message, of conversations whose window
// is closed and around which nothing else was laid. (Those after the last
// message would not do: that it is the last one tells of the class, and the
// oracle does not know it yet.)
func at(n int64, all []truth.Forecast) []truth.Forecast {
	return slices.DeleteFunc(slices.Clone(all), func(f truth.Forecast) bool {
		return f.Prefix != n || f.IsClosed == 0 || f.IsTrapped == 1
	})
}

var eyes = []struct {
	name string
	p    func(*truth.Forecast) float64
}{
	{"text", func(f *truth.Forecast) float64 { return f.PText }},
	{"seen", func(f *truth.Forecast) float64 { return f.PSeen }},
	{"full", func(f *truth.Forecast) float64 { return f.PFull }},
}

// residual is sum(y - p) in standard deviations of what p says of it.
func residual(of []truth.Forecast, p func(*truth.Forecast) float64) float64 {
	sum, variance := 0.0, 0.0
	for i := range of {
		q := p(&of[i])
		sum += float64(of[i].Kept) - q
		variance += q * (1 - q)
	}
	return sum / math.Sqrt(variance)
}

// auc is the probability that a kept conversation's forecast is the greater.
func auc(of []truth.Forecast, p func(*truth.Forecast) float64) float64 {
	sorted := slices.Clone(of)
	slices.SortFunc(sorted, func(a, b truth.Forecast) int {
		return int(math.Copysign(1, p(&a)-p(&b)))
	})
	ranks, kept := 0.0, 0.0
	for i := range sorted {
		if sorted[i].Kept == 1 {
			ranks += float64(i + 1)
			kept++
		}
	}
	return (ranks - kept*(kept+1)/2) / kept / (float64(len(of)) - kept)
}

func TestTheOracleIsCalibrated(t *testing.T) {
	for seed := range uint64(2) {
		all := plainWorld(t, seed+1, 6000)
		for prefix := range int64(4) {
			of := at(prefix+1, all)
			for _, eye := range eyes {
				if z := residual(of, eye.p); math.Abs(z) >= 4 {
					t.Errorf("seed %d, after message %d, %s: the residual is %.1f standard deviations", seed+1, prefix+1, eye.name, z)
				}
			}
			text, seen, full := auc(of, eyes[0].p), auc(of, eyes[1].p), auc(of, eyes[2].p)
			t.Logf("seed %d, after message %d, %d conversations: AUC %.3f, %.3f, %.3f", seed+1, prefix+1, len(of), text, seen, full)
			if text < .6 || seen < text+.01 || full < seen {
				t.Errorf("seed %d, after message %d: AUC %.3f of text, %.3f of what is seen, %.3f of all: want each to be more", seed+1, prefix+1, text, seen, full)
			}
		}
	}
}

// TestAFalseOracleIsSeen plants bugs that the test above must see.
func TestAFalseOracleIsSeen(t *testing.T) {
	of := at(1, plainWorld(t, 1, 6000))
	for _, bug := range []struct {
		what string
		p    func(*truth.Forecast) float64
	}{
		{"returns forgotten", func(f *truth.Forecast) float64 { return f.PSeen / kept(0.065) * kept(0) * 1.1 }},
		{"unpaid orders count", func(f *truth.Forecast) float64 { return f.PSeen / (1 - unpaid) / (1 - named) }},
		{"always the prior", func(*truth.Forecast) float64 { return .24 }},
	} {
		if z := residual(of, bug.p); math.Abs(z) < 4 {
			t.Errorf("%s: the residual is %.1f standard deviations, want 4 or more", bug.what, z)
		}
	}
	shuffled := slices.Clone(of)
	for i := range shuffled {
		shuffled[i].Kept = of[(i+1)%len(of)].Kept
	}
	if a := auc(shuffled, eyes[2].p); a > .6 {
		t.Errorf("of other conversations' outcomes the oracle knows %.3f", a)
	}
}
