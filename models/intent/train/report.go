package train

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"askbuy/models/intent"
)

// Report says how good a model is that learned from a part of the templates,
// on sentences of the rest. It measures the method, in a simulated world; the
// figures are not those of a shop.
type Report struct {
	intent.Metrics
	SeenAUC           float64 // the same, on sentences of templates it learned from
	SeenTopicAccuracy float64
	HighShare         float64 // share of prefixes with buyScore >= 0.7
	HighPrecision     float64 // share of orders among them
	TopicRecall       map[string]float64
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "held-out templates: AUC %.4f (oracle %.4f), Brier %.4f, ECE %.4f, topic accuracy %.3f, %d conversations\n", r.AUC, r.OracleAUC, r.Brier, r.ECE, r.TopicAccuracy, r.Conversations)
	fmt.Fprintf(&b, "seen templates:     AUC %.4f, topic accuracy %.3f\n", r.SeenAUC, r.SeenTopicAccuracy)
	fmt.Fprintf(&b, "high intent:        %.1f %% of prefixes, %.1f %% of them order\n", 100*r.HighShare, 100*r.HighPrecision)
	worstFirst := func(x, y string) int {
		return cmp.Or(cmp.Compare(r.TopicRecall[x], r.TopicRecall[y]), cmp.Compare(x, y))
	}
	for _, topic := range slices.SortedFunc(maps.Keys(r.TopicRecall), worstFirst) {
		fmt.Fprintf(&b, "  %-16s recall %.2f\n", topic, r.TopicRecall[topic])
	}
	return b.String()
}

// measure learns from some templates and looks at the others.
func (t *trainer) measure(g *grammar) (Report, error) {
	parts := g.divide(t.rand(streamSplit), t.config.Parts, false)
	seen, held := join(parts, 0), parts[0]
	b := t.learn(seen)
	if err := b.Seal(t.goldenTexts(seen)); err != nil {
		return Report{}, fmt.Errorf("measure model: %w", err)
	}
	m, err := intent.Load(b)
	if err != nil {
		return Report{}, fmt.Errorf("measure model: %w", err)
	}
	test := t.measureOn(m, held)
	known := t.measureOn(m, seen)
	return Report{
		Metrics: intent.Metrics{
			AUC: test.auc, OracleAUC: test.oracle, Brier: test.brier, ECE: test.ece,
			TopicAccuracy: test.accuracy, Conversations: t.config.Test,
		},
		SeenAUC: known.auc, SeenTopicAccuracy: known.accuracy,
		HighShare: test.highShare, HighPrecision: test.highPrecision, TopicRecall: test.recall,
	}, nil
}

// quality is one model on one grammar's sentences.
type quality struct {
	auc, oracle, brier, ece  float64
	highShare, highPrecision float64
	accuracy                 float64
	recall                   map[string]float64
}

func (t *trainer) measureOn(m *intent.Model, g *grammar) quality {
	all := draw(t.speaker(g, streamTest), t.habits, t.config.Test)
	var q quality
	var scored, oracle []prediction
	var high, highOrdered float64
	for _, c := range all {
		points := make([]intent.Point, len(c.features))
		for i, f := range c.features {
			points[i] = intent.Point{TS: int64(i) * between.Milliseconds(), Evidence: m.Evidence(f)}
		}
		for i, f := range m.Fold(points) {
			scored = append(scored, prediction{f.POrder, c.ordered})
			oracle = append(oracle, prediction{c.oracle[i], c.ordered})
			if f.BuyScore >= intent.HighIntent {
				high++
				if c.ordered {
					highOrdered++
				}
			}
		}
	}
	q.auc, q.oracle = auc(scored), auc(oracle)
	q.brier, q.ece = brier(scored), calibrationError(scored, 15)
	q.highShare, q.highPrecision = high/float64(len(scored)), highOrdered/max(high, 1)
	q.accuracy, q.recall = t.recall(m, g)
	return q
}

// recall says how many sentences of each topic are named rightly, and the
// mean.
func (t *trainer) recall(m *intent.Model, g *grammar) (mean float64, byTopic map[string]float64) {
	const sentences = 150
	s := t.speaker(g, streamTest)
	byTopic = map[string]float64{}
	for topic, name := range g.topics {
		right := 0
		for range sentences {
			if m.Score(s.say(topic)).Intent == name {
				right++
			}
		}
		byTopic[name] = float64(right) / sentences
		mean += float64(right) / sentences / float64(len(g.topics))
	}
	return mean, byTopic
}
