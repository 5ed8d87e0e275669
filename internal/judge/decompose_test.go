package judge

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDecompose(t *testing.T) {
	say := func(p float64, hit bool) Prediction { return Prediction{P: p, Hit: hit, Weight: 1} }
	for _, c := range []struct {
		name string
		all  []Prediction
		want Decomposition
	}{
		{"perfect", []Prediction{say(0, false), say(1, true)}, Decomposition{0, .25, .25}},
		{"the rate alone", []Prediction{say(.5, false), say(.5, true)}, Decomposition{0, 0, .25}},
		{"always wrong", []Prediction{say(0, true), say(1, false)}, Decomposition{.75, 0, .25}},
		// Isotonic: 0 | 1/2 over the middle two | 1; said 0.1, 0.2, 0.6, 0.9.
		{"pooled", []Prediction{say(.1, false), say(.2, true), say(.6, false), say(.9, true)}, Decomposition{1.02/4 - .125, .125, .25}},
	} {
		got := NewSet(c.all).Decompose()
		for _, pair := range [][2]float64{{got.Miscalibration, c.want.Miscalibration}, {got.Discrimination, c.want.Discrimination}, {got.Uncertainty, c.want.Uncertainty}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12 {
				t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
				break
			}
		}
	}
	if d := (Set{}).Decompose(); !math.IsNaN(d.Uncertainty) {
		t.Errorf("of nothing: %+v", d)
	}
}

// The parts add up to the Brier score and none is negative; neither they nor
// the calibration error depend on the order of equal P.
func TestDecompositionHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Prediction {
			return Prediction{P: float64(rapid.IntRange(0, 20).Draw(t, "p")) / 20, Hit: rapid.Bool().Draw(t, "hit"), Weight: float64(rapid.IntRange(1, 4).Draw(t, "w")) / 4}
		}), 1, 60).Draw(t, "all")
		s := NewSet(all)
		d, brier := s.Decompose(), s.Of(Brier)
		if math.Abs(d.Miscalibration-d.Discrimination+d.Uncertainty-brier) > 1e-12 || min(d.Miscalibration, d.Discrimination, d.Uncertainty) < -1e-12 {
			t.Fatalf("%+v of %v", d, brier)
		}
		shuffled := slices.Clone(all)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		ece := CalibrationError(4)
		if a, b := s.Of(ece), NewSet(shuffled).Of(ece); math.Abs(a-b) > 1e-12 {
			t.Fatalf("calibration error %v, in another order %v", a, b)
		}
	})
}
