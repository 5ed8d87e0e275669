package learn

import (
	"fmt"
	"math"
	"slices"

	"askbuy/internal/judge"
	"askbuy/models/intent"
)

// bins of the calibration error.
const bins = 15

// Prediction is what a model says at a message that was held out, and what
// came of it.
type Prediction struct {
	judge.Prediction // of p_order, of an order that is kept; clusters are shoppers
	Shopper
	ID    string  // of the message
	Net   float64 // p_net
	Clean bool    // an order that nobody touched came of it
	Share float64 // of its conversation, 1/n: to count conversations by, whatever each stands for
}

// Examine asks the model of the conversations that are held out and whose
// windows are over.
func Examine(m *intent.Model, facts Facts) []Prediction { return ExamineThose(m, facts, HeldOut) }

// ExamineThose asks of others. Only the time decides which windows are over:
// had every order ended its window, those with one would be too many.
func ExamineThose(m *intent.Model, facts Facts, which func(s Shopper, conv string) bool) []Prediction {
	facts.sort()
	return predict(m, &facts, facts.until(), which)
}

func predict(m *intent.Model, facts *Facts, until int64, which func(s Shopper, conv string) bool) (out []Prediction) {
	clusters := map[Shopper]int{}
	for _, c := range (reading{m, until}).conversations(facts) {
		if !which(c.Shopper, c.id) || c.open(until) || c.stands == 0 {
			continue
		}
		if _, known := clusters[c.Shopper]; !known {
			clusters[c.Shopper] = len(clusters)
		}
		share := 1 / float64(len(c.points))
		for i, f := range intent.Fold(c.Shop, c.points, c.past) {
			ts := c.points[i].TS
			hit := slices.ContainsFunc(c.orders, func(o Order) bool { return o.Kept && o.after(ts) })
			clean := slices.ContainsFunc(c.orders, func(o Order) bool { return o.LostAt == Never && o.after(ts) })
			out = append(out, Prediction{
				judge.Prediction{P: f.POrder, Hit: hit, Weight: c.stands * share, Cluster: clusters[c.Shopper]},
				c.Shopper, c.ids[i], f.PNet, clean, share,
			})
		}
	}
	return out
}

// Set is the predictions of an order that is kept.
func Set(all []Prediction) judge.Set { return judge.NewSet(plain(all)) }

func plain(all []Prediction) []judge.Prediction {
	out := make([]judge.Prediction, len(all))
	for i, p := range all {
		out[i] = p.Prediction
	}
	return out
}

// Expected is the sum of p_order over that of the orders that came.
func Expected(all []Prediction) float64 {
	var expected, actual float64
	for _, p := range all {
		expected += float64(p.Weight * p.P)
		if p.Hit {
			actual += p.Weight
		}
	}
	return expected / actual
}

// measure notes how good the bundle is on what was held out, and what its
// scores look like.
func (t *trainer) measure(b *intent.Bundle, facts Facts) error {
	if err := seal(b); err != nil {
		return err
	}
	m, err := intent.Load(b)
	if err != nil {
		return fmt.Errorf("measure model: %w", err)
	}
	all := predict(m, &facts, t.until, HeldOut)
	s := Set(all)
	known := func(x float64) float64 { // JSON has no NaN
		if math.IsNaN(x) {
			return 0
		}
		return math.Round(x*1e6) / 1e6
	}
	b.Manifest.Metrics = intent.Metrics{
		AUC: known(s.Of(judge.AUC)), Brier: known(s.Of(judge.Brier)), ECE: known(s.Of(judge.CalibrationError(bins))),
		Conversations: conversations(all), Reference: t.reference(m, all),
	}
	return nil
}

func conversations(all []Prediction) int {
	var sum float64
	for _, p := range all {
		sum += p.Share
	}
	return int(math.Round(sum))
}

// reference is what drift is told against: the scores of what was held out,
// and how much of its text the model does not know.
func (t *trainer) reference(m *intent.Model, all []Prediction) *intent.Reference {
	if len(all) < 100 {
		return nil
	}
	ps := make([]float64, len(all))
	for i, p := range all {
		ps[i] = p.P
	}
	slices.Sort(ps)
	r := &intent.Reference{}
	for k := 1; k < 10; k++ {
		r.Deciles = append(r.Deciles, ps[len(ps)*k/10])
	}
	var novel, features int
	for _, c := range t.held {
		for _, f := range c.features {
			n, all := m.Novel(f)
			novel, features = novel+n, features+all
		}
	}
	r.Novelty = round4(float64(novel) / float64(max(features, 1)))
	return r
}
