package learn_test

import (
	"errors"
	"math/rand/v2"
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
	w := world(t, learntest.Options{Seed: 5, Conversations: 6000, Shops: 6, Days: 60})
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
