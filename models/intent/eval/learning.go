package main

import (
	"math"
	"time"

	"askbuy/internal/judge"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/intent/learn/learntest"
	"askbuy/models/intent/train"
)

// What a model must reach that learned from the orders of simulated shops.
const (
	learnFrom   = 60_000 // conversations: of the orders of fewer chance moves the base rate itself by 2 %
	judgedOn    = 60_000 // others, of the same shops: so many that chance moves the sum of orders by hardly more than 1 %
	nearOracle  = .03
	mostECE     = .03
	mostSurplus = .03
)

// onSimulatedShops learns from shops whose truth is known, and measures on
// conversations that it never saw.
func onSimulatedShops() ([]row, error) {
	w, err := learntest.New(learntest.Options{Seed: 31, Conversations: learnFrom, Shops: 12, Days: 60})
	if err != nil {
		return nil, err
	}
	fresh, err := learntest.New(learntest.Options{Seed: 32, Conversations: judgedOn, Shops: 12, Days: 60})
	if err != nil {
		return nil, err
	}
	m, err := learned(learn.Config{Seed: 1}, w.Facts)
	if err != nil {
		return nil, err
	}
	ours := all(m, fresh)
	best := make([]learn.Prediction, len(ours))
	for i, p := range ours {
		p.P = fresh.Oracle[p.ID]
		best[i] = p
	}
	oracle := learn.Set(best)
	s, of := learn.Set(ours), "messages"
	return rows([]train.Figure{
		{Name: "simulated shops, oracle, AUC", Of: of, Set: oracle, Metric: judge.AUC},
		{Name: "simulated shops, shipped model, AUC", Of: of, Set: learn.Set(all(intent.Default(), fresh)), Metric: judge.AUC},
		{Name: "simulated shops, learned, AUC", Of: of, Set: s, Metric: judge.AUC, Goal: oracle.Of(judge.AUC) - nearOracle},
		{Name: "simulated shops, learned, ECE", Of: of, Set: s, Metric: judge.CalibrationError(15), Most: mostECE},
		{Name: "simulated shops, learned, |expected / actual - 1|", Of: of, Set: s, Metric: surplus, Most: mostSurplus},
	}), nil
}

// onOpenWindows learns at a time when most windows are still open, of shops
// whose orders take days: by what is still to be expected, and by naive labels,
// the control, for which nobody orders any more. They differ in nothing else.
func onOpenWindows(conversations int) (out []row, err error) {
	o := learntest.Options{Seed: 33, Conversations: conversations, Shops: 12, Days: 5, Slow: true}
	w, err := learntest.New(o)
	if err != nil {
		return nil, err
	}
	o.Seed, o.Days = 34, 60
	fresh, err := learntest.New(o)
	if err != nil {
		return nil, err
	}
	known := w.Before(w.Start + (4 * 24 * time.Hour).Milliseconds())
	for _, labels := range []struct {
		name  string
		naive bool
	}{{"learned", false}, {"naive labels (control)", true}} {
		m, err := learned(learn.Config{Seed: 1, Naive: labels.naive}, known)
		if err != nil {
			return nil, err
		}
		s := learn.Set(all(m, fresh))
		for _, f := range []train.Figure{
			{Name: "open windows, " + labels.name + ", ECE", Metric: judge.CalibrationError(15), Most: mostECE},
			{Name: "open windows, " + labels.name + ", |expected / actual - 1|", Metric: surplus, Most: mostSurplus},
		} {
			f.Of, f.Set = "messages", s
			out = append(out, row{Figure: f, control: labels.naive})
		}
	}
	return out, nil
}

// learned is a model of facts.
func learned(c learn.Config, facts learn.Facts) (*intent.Model, error) {
	base, err := intent.Shipped()
	if err != nil {
		return nil, err
	}
	c.Base = base
	bundle, err := learn.Train(c, facts)
	if err != nil {
		return nil, err
	}
	return intent.Load(bundle)
}

func all(m *intent.Model, w *learntest.World) []learn.Prediction {
	return learn.ExamineThose(m, w.Facts, func(learn.Shopper, string) bool { return true })
}

// surplus is how far the sum of probabilities is from that of the orders.
func surplus(ordered []judge.Prediction) float64 {
	var expected, actual float64
	for _, p := range ordered {
		expected += float64(p.Weight * p.P)
		if p.Hit {
			actual += p.Weight
		}
	}
	return math.Abs(expected/actual - 1)
}
