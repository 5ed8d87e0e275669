package judge

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// each gives every prediction weight 1 and a cluster of its own.
func each(all ...Prediction) []Prediction {
	for i := range all {
		all[i].Weight, all[i].Cluster = 1, i
	}
	return all
}

func hit(p float64) Prediction  { return Prediction{P: p, Hit: true} }
func miss(p float64) Prediction { return Prediction{P: p} }

func TestMetrics(t *testing.T) {
	f := func(all []Prediction, area, precision, brier, gap float64) {
		t.Helper()
		s := NewSet(all)
		for name, pair := range map[string][2]float64{
			"AUC": {s.Of(AUC), area}, "average precision": {s.Of(AveragePrecision), precision},
			"Brier": {s.Of(Brier), brier}, "calibration error": {s.Of(CalibrationError(2)), gap},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-12 {
				t.Errorf("%v: %s %v, want %v", all, name, pair[0], pair[1])
			}
		}
	}
	f(each(hit(1), miss(0)), 1, 1, 0, 0)
	f(each(hit(0), miss(1)), 0, .5, 1, 1)
	f(each(hit(.5), miss(.5)), .5, .5, .25, 0)
	f(each(miss(.2), hit(.4), miss(.6), hit(.8)), .75, (1+2.0/3)/2, (.04+.36+.36+.04)/4, .2)
	if got, want := NewSet(each(hit(.5), miss(.75))).Of(LogLoss), (math.Ln2+math.Log(4))/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("log loss %v, want %v", got, want)
	}
	if got := NewSet(each(hit(0))).Of(LogLoss); math.IsInf(got, 0) {
		t.Errorf("log loss of an impossible hit is %v", got)
	}
	if got := NewSet(each(hit(1), hit(0), miss(1), miss(1))).Of(Rate); got != .5 {
		t.Errorf("rate %v", got)
	}
	if got := NewSet(each(hit(.5))).Of(AUC); !math.IsNaN(got) {
		t.Errorf("AUC without a miss is %v", got)
	}
}

// A weight of n is the same as n predictions, and order does not matter.
func TestWeightsCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weighted, repeated []Prediction
		for range rapid.IntRange(2, 30).Draw(t, "n") {
			p := Prediction{P: float64(rapid.IntRange(0, 10).Draw(t, "p")) / 10, Hit: rapid.Bool().Draw(t, "hit")}
			n := rapid.IntRange(0, 3).Draw(t, "weight")
			p.Weight = float64(n)
			weighted = append(weighted, p)
			p.Weight = 1
			for range n {
				repeated = append(repeated, p)
			}
		}
		for i, m := range []Metric{AUC, AveragePrecision, Brier, LogLoss, Rate} {
			a, b := NewSet(weighted).Of(m), NewSet(rapid.Permutation(repeated).Draw(t, "order")).Of(m)
			if math.Abs(a-b) > 1e-9 || math.IsNaN(a) != math.IsNaN(b) {
				t.Fatalf("metric %d: %v by weights, %v by repetition", i, a, b)
			}
		}
	})
}

// Of a known world the interval holds the truth about as often as it says.
func TestIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	held := 0
	const worlds = 200
	for range worlds {
		var all []Prediction
		for c := range 60 {
			right := r.Float64() < .5 // a cluster is wholly right or wholly wrong
			for range 1 + r.IntN(5) {
				all = append(all, Prediction{Hit: right, Weight: 1, Cluster: c})
			}
		}
		if i := NewSet(all).Interval(Rate, 200, r); i.Low <= .5 && i.High >= .5 {
			held++
		}
	}
	if share := float64(held) / worlds; share < .88 || share > .99 {
		t.Errorf("the interval holds the truth in %.2f of the worlds", share)
	}
	if i := NewSet(each(hit(.5))).Interval(AUC, 20, r); !math.IsNaN(i.Low) {
		t.Errorf("interval of nothing: %v", i)
	}
}

// What chance gives to true probabilities is what is seen where they are true.
func TestCalibrationChance(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const worlds, conversations, messages, bins = 60, 300, 3, 5
	var seen, said float64
	for range worlds {
		var all []Prediction
		for c := range conversations {
			p := .05 + .3*r.Float64()
			hit := r.Float64() < p
			for m := range messages {
				all = append(all, Prediction{P: p + float64(m)*1e-9, Hit: hit, Weight: 1. / messages, Cluster: c})
			}
		}
		s := NewSet(all)
		seen += s.Of(CalibrationError(bins)) / worlds
		said += s.Of(CalibrationChance(bins)) / worlds
	}
	if math.Abs(seen/said-1) > .1 {
		t.Errorf("true probabilities have an error of %.4f in the mean, chance is said to give %.4f", seen, said)
	}
}
