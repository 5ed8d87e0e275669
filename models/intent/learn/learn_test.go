package learn_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"askbuy/internal/judge"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/intent/learn/learntest"
)

func world(t *testing.T, o learntest.Options) *learntest.World {
	t.Helper()
	w, err := learntest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func shipped(t *testing.T) *intent.Bundle {
	t.Helper()
	b, err := intent.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func trained(t *testing.T, facts learn.Facts) (*intent.Bundle, *intent.Model) {
	t.Helper()
	b, err := learn.Train(learn.Config{Base: shipped(t), Seed: 1}, facts)
	if err != nil {
		t.Fatal(err)
	}
	m, err := intent.Load(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, m
}

// From a few thousand conversations the model learns more than the shipped
// one knows, and is nearly as good as one can be.
func TestLearnsFromOrders(t *testing.T) {
	w := world(t, learntest.Options{Seed: 5, Conversations: 5000, Shops: 6, Days: 60})
	b, m := trained(t, w.Facts)
	t.Log(learn.Summary(b.Manifest))
	learned, before := learn.Examine(m, w.Facts), learn.Set(learn.Examine(intent.Default(), w.Facts))
	best := append([]learn.Prediction(nil), learned...)
	for i := range best {
		best[i].P = w.Oracle[best[i].ID]
	}
	after, oracle := learn.Set(learned), learn.Set(best)
	if got, most := after.Of(judge.AUC), oracle.Of(judge.AUC); got < most-.04 || got < before.Of(judge.AUC)+.02 {
		t.Errorf("AUC %.4f, shipped %.4f, oracle %.4f", got, before.Of(judge.AUC), most)
	}
	if b.Manifest.Params.LossB == 0 || b.Manifest.Params.Signals["cart"] <= 0 {
		t.Errorf("learned %+v", b.Manifest.Params)
	}
}

// The same facts make the same bundle, in whatever order they are read.
func TestTrainingIsReproducible(t *testing.T) {
	w := world(t, learntest.Options{Seed: 6, Conversations: 900, Shops: 2, Days: 20})
	a, _ := trained(t, w.Facts)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(w.Facts.Messages), func(i, j int) {
		w.Facts.Messages[i], w.Facts.Messages[j] = w.Facts.Messages[j], w.Facts.Messages[i]
	})
	r.Shuffle(len(w.Facts.Orders), func(i, j int) {
		w.Facts.Orders[i], w.Facts.Orders[j] = w.Facts.Orders[j], w.Facts.Orders[i]
	})
	if b, _ := trained(t, w.Facts); a.Manifest.ID != b.Manifest.ID {
		t.Errorf("%s, and of the same facts in another order %s", a.Manifest.ID, b.Manifest.ID)
	}
	w.Facts.Messages[0].Text += "!"
	if b, _ := trained(t, w.Facts); a.Manifest.ID == b.Manifest.ID {
		t.Error("other facts make the same bundle")
	}
}

func TestTooFewToLearnFrom(t *testing.T) {
	w := world(t, learntest.Options{Seed: 6, Conversations: 100, Shops: 1, Days: 20})
	if _, err := learn.Train(learn.Config{Base: shipped(t)}, w.Facts); !errors.Is(err, learn.ErrTooFew) {
		t.Error(err)
	}
	if _, err := learn.Train(learn.Config{Base: shipped(t)}, learn.Facts{}); !errors.Is(err, learn.ErrTooFew) {
		t.Error(err)
	}
}

// The gate lets pass what learned from orders, and nothing that learned from
// orders that were dealt out anew: those say nothing.
func TestGate(t *testing.T) {
	w := world(t, learntest.Options{Seed: 7, Conversations: 6_000, Shops: 4, Days: 60})
	_, good := trained(t, w.Facts)
	v := learn.Judge(good, intent.Default(), w.Facts)
	t.Logf("%+v", v)
	if !v.Passed() {
		t.Errorf("refused: %v", v.Refusals)
	}
	refused(t, learn.Judge(intent.Default(), good, w.Facts), learn.NotBetter)
	refused(t, learn.Judge(good, good, w.Facts), learn.NotBetter)

	shuffled := learntest.Shuffled(w.Facts)
	_, bad := trained(t, shuffled)
	for _, current := range []*intent.Model{intent.Default(), good} {
		v = refused(t, learn.Judge(bad, current, shuffled), learn.LearnedNothing)
		t.Logf("%+v", v)
		refused(t, learn.Judge(bad, current, w.Facts), learn.NotBetter)
	}
}

func refused(t *testing.T, v learn.Verdict, want learn.Refusal) learn.Verdict {
	t.Helper()
	for _, r := range v.Refusals {
		if r.Refusal == want {
			return v
		}
	}
	t.Errorf("not refused with %s: %+v", want, v)
	return v
}

// Where most windows are still open, what is counted as lost that may still
// come makes probabilities too small, and what is expected of it makes them
// right.
func TestOpenWindows(t *testing.T) {
	slow := learntest.Options{Seed: 8, Conversations: 8000, Shops: 4, Days: 5, Slow: true}
	w := world(t, slow)
	slow.Seed, slow.Days = 9, 60
	later := world(t, slow)
	measure := func(c learn.Config) (share, ece float64) {
		c.Base = shipped(t)
		b, err := learn.Train(c, w.Before(w.Start+4*24*3_600_000))
		if err != nil {
			t.Fatal(err)
		}
		m, err := intent.Load(b)
		if err != nil {
			t.Fatal(err)
		}
		all := learn.ExamineThose(m, later.Facts, func(learn.Shopper, string) bool { return true })
		return learn.Expected(all), learn.Set(all).Of(judge.CalibrationError(15))
	}
	share, ece := measure(learn.Config{})
	t.Logf("soft labels: expected over actual orders %.3f, calibration error %.4f", share, ece)
	if ece > .03 || share < .85 || share > 1.15 { // of the few closed conversations chance moves the rate by 7 %
		t.Errorf("soft labels: expected over actual orders %.3f, calibration error %.4f", share, ece)
	}
	share, ece = measure(learn.Config{Naive: true})
	t.Logf("naive labels: expected over actual orders %.3f, calibration error %.4f", share, ece)
	if ece <= .03 || share > .8 {
		t.Errorf("naive labels: expected over actual orders %.3f, calibration error %.4f: the control does not fail", share, ece)
	}
}

// Nothing new is no drift; new words, and a base rate that moved, are.
func TestDrift(t *testing.T) {
	o := learntest.Options{Seed: 10, Conversations: 4000, Shops: 3, Days: 30}
	w := world(t, o)
	_, m := trained(t, w.Before(w.Start+20*24*3_600_000))
	quiet := learn.Drifted(m, w.Facts)
	t.Logf("quiet: %+v", quiet)
	if quiet.Notable() || !quiet.Known || quiet.Messages < 1000 || quiet.Conversations < 300 {
		t.Errorf("nothing happened, and drift is %+v", quiet)
	}
	slang := w.Facts
	slang.Messages = slices.Clone(slang.Messages)
	for i, r := 0, rand.New(rand.NewPCG(1, 1)); i < len(slang.Messages); i++ {
		for range 12 {
			slang.Messages[i].Text += string(rune(0x8000 + r.IntN(3000)))
		}
	}
	if d := learn.Drifted(m, slang); !d.Notable() || d.Novelty < d.Expected+learn.MuchNovelty {
		t.Errorf("words never heard, and drift is %+v", d)
	}
	fewer := w.Facts
	fewer.Orders = nil
	if d := learn.Drifted(m, fewer); !d.Notable() || d.Z > -learn.MuchZ {
		t.Errorf("no orders any more, and drift is %+v", d)
	}
}

// What drift is told against is what no training saw: words that only those
// held out say are among it, as they will be tomorrow.
func TestReferenceIsOfHeldOut(t *testing.T) {
	w := world(t, learntest.Options{Seed: 11, Conversations: 1500, Shops: 2, Days: 20})
	expected := func() float64 {
		b, _ := trained(t, w.Facts)
		return b.Manifest.Metrics.Reference.Novelty
	}
	before := expected()
	for i, r := 0, rand.New(rand.NewPCG(1, 1)); i < len(w.Facts.Messages); i++ {
		if m := &w.Facts.Messages[i]; learn.HeldOut(m.Shopper, m.Conv) {
			for range 12 {
				m.Text += string(rune(0x8000 + r.IntN(3000)))
			}
		}
	}
	if after := expected(); after < before+learn.MuchNovelty {
		t.Errorf("novelty %.3f, with words never heard %.3f", before, after)
	}
}
