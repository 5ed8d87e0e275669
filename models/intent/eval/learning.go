package main

import (
	"math"

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
func onSimulatedShops() ([]train.Figure, error) {
	w, err := learntest.New(learntest.Options{Seed: 31, Conversations: learnFrom, Shops: 12, Days: 60})
	if err != nil {
		return nil, err
	}
	fresh, err := learntest.New(learntest.Options{Seed: 32, Conversations: judgedOn, Shops: 12, Days: 60})
	if err != nil {
		return nil, err
	}
	base, err := intent.Shipped()
	if err != nil {
		return nil, err
	}
	bundle, err := learn.Train(learn.Config{Base: base, Seed: 1}, w.Facts)
	if err != nil {
		return nil, err
	}
	m, err := intent.Load(bundle)
	if err != nil {
		return nil, err
	}
	learned := all(m, fresh)
	best := make([]learn.Prediction, len(learned))
	for i, p := range learned {
		p.P = fresh.Oracle[p.ID]
		best[i] = p
	}
	oracle := learn.Set(best)
	s, of := learn.Set(learned), "messages"
	return []train.Figure{
		{Name: "simulated shops, oracle, AUC", Of: of, Set: oracle, Metric: judge.AUC},
		{Name: "simulated shops, shipped model, AUC", Of: of, Set: learn.Set(all(intent.Default(), fresh)), Metric: judge.AUC},
		{Name: "simulated shops, learned, AUC", Of: of, Set: s, Metric: judge.AUC, Goal: oracle.Of(judge.AUC) - nearOracle},
		{Name: "simulated shops, learned, ECE", Of: of, Set: s, Metric: judge.CalibrationError(15), Most: mostECE},
		{Name: "simulated shops, learned, |expected / actual - 1|", Of: of, Set: s, Metric: surplus, Most: mostSurplus},
	}, nil
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
