package train

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"askbuy/internal/judge"
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

// holdOut learns from all templates but a part, which it returns. Of a family
// some templates are in that part, or wholly all of them.
func (t *trainer) holdOut(g *grammar, wholly bool) (m *intent.Model, seen, held *grammar, err error) {
	parts := g.divide(t.rand(streamSplit), t.config.Parts, wholly)
	seen, held = join(parts, 0), parts[0]
	b := t.learn(seen)
	if err = b.Seal(t.goldenTexts(seen)); err == nil {
		m, err = intent.Load(b)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("measure model: %w", err)
	}
	return m, seen, held, nil
}

// measure learns from some templates and looks at the others.
func (t *trainer) measure(g *grammar) (Report, error) {
	m, seen, held, err := t.holdOut(g, false)
	if err != nil {
		return Report{}, err
	}
	test, known := t.measureOn(m, held), t.measureOn(m, seen)
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
	orders                   judge.Set // p_order of every prefix
	named                    judge.Set // whether sentences were named rightly
	auc, oracle, brier, ece  float64
	highShare, highPrecision float64
	accuracy                 float64
	recall                   map[string]float64
}

func (t *trainer) measureOn(m *intent.Model, g *grammar) quality {
	all := draw(t.speaker(g, streamTest), t.habits, t.config.Test)
	var q quality
	var scored, oracle []judge.Prediction
	var high, highOrdered float64
	for at, c := range all {
		points := make([]intent.Point, len(c.features))
		for i, f := range c.features {
			points[i] = intent.Point{Params: m.Params(), TS: int64(i) * between.Milliseconds(), Evidence: m.Evidence(f)}
		}
		for i, f := range intent.Fold("", points, nil) {
			scored = append(scored, judge.Prediction{P: f.POrder, Hit: c.ordered, Weight: 1, Cluster: at})
			oracle = append(oracle, judge.Prediction{P: c.oracle[i], Hit: c.ordered, Weight: 1, Cluster: at})
			if f.BuyScore >= intent.HighIntent {
				high++
				if c.ordered {
					highOrdered++
				}
			}
		}
	}
	q.orders = judge.NewSet(scored)
	q.auc, q.oracle = q.orders.Of(judge.AUC), judge.NewSet(oracle).Of(judge.AUC)
	q.brier, q.ece = q.orders.Of(judge.Brier), q.orders.Of(judge.CalibrationError(15))
	q.highShare, q.highPrecision = high/float64(len(scored)), highOrdered/max(high, 1)
	q.named, q.recall = t.recall(m, g)
	q.accuracy = q.named.Of(judge.Rate)
	return q
}

// recall says of sentences of each act, equally many, whether they are named
// rightly, and of how many by act.
func (t *trainer) recall(m *intent.Model, g *grammar) (judge.Set, map[string]float64) {
	const sentences = 150
	s := t.speaker(g, streamTest)
	byTopic := map[string]float64{}
	var all []judge.Prediction
	for topic, name := range g.topics {
		for range sentences {
			right := m.Score(s.say(topic)).Act == name
			all = append(all, judge.Prediction{Hit: right, Weight: 1, Cluster: len(all)})
			if right {
				byTopic[name] += 1. / sentences
			}
		}
	}
	return judge.NewSet(all), byTopic
}
