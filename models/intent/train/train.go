// Package train makes intent models out of our own sentences: a grammar
// (grammar/) says how shoppers put things, a simulation says which shopper
// speaks of what and who orders, and from both come the weights.
//
// One configuration gives one bundle, bit for bit on one processor
// architecture. What it learns is what we believe of shops; from real traffic
// a shop trains its own.
package train

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"askbuy/models/intent"
)

// Config says how much to train. DefaultConfig is the shipped model's.
type Config struct {
	Seed           uint64
	Rounds         int     // sentences a topic to learn from
	Conversations  int     // simulated ones that the head learns from
	Test           int     // simulated ones to measure with, from templates never learned from
	Parts          int     // one part of the templates in so many is kept for the measurement
	EvidenceBits   uint8   // weights are 2^bits
	TopicBits      uint8   // rows are 2^bits
	MinConfidence  float64 // an intent less likely is "other"
	GoldenPerTopic int     // sentences in the bundle that show a loader reads texts alike
}

// DefaultConfig is what the shipped model was trained with.
func DefaultConfig() Config {
	return Config{
		Seed: 7, Rounds: 8_000, Conversations: 16_000, Test: 8_000, Parts: 5,
		EvidenceBits: 18, TopicBits: 16, MinConfidence: .15, GoldenPerTopic: 7,
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	must := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New(problem))
		}
	}
	must(c.Conversations >= 100, "conversations: must be at least 100")
	must(c.Test >= 100, "test: must be at least 100")
	must(c.Rounds >= 3, "rounds: must be at least 3")
	must(c.Parts >= 2, "parts: must be at least 2")
	must(c.GoldenPerTopic >= 1, "golden_per_topic: must be at least 1")
	must(c.EvidenceBits >= intent.MinBits && c.EvidenceBits <= intent.MaxEvidenceBits, fmt.Sprintf("evidence_bits: must be %d to %d", intent.MinBits, intent.MaxEvidenceBits))
	must(c.TopicBits >= intent.MinBits && c.TopicBits <= intent.MaxTopicBits, fmt.Sprintf("topic_bits: must be %d to %d", intent.MinBits, intent.MaxTopicBits))
	return errors.Join(problems...)
}

// The streams of random numbers, so that one step's use does not change what
// another one draws.
const (
	streamSplit = iota
	streamRates
	streamLessons
	streamCross
	streamConversations
	streamTest
	streamGolden
)

// trainer is one training's ingredients.
type trainer struct {
	config Config
	habits *habits
	rates  []float64 // by topic: share of those who speak of it that order
	base   float64   // share of conversations that end in an order
}

// Train learns several times: first from a part of the templates, which is
// measured on the rest (the report), then from all, which is the bundle.
func Train(c Config) (*intent.Bundle, Report, error) {
	if err := c.Validate(); err != nil {
		return nil, Report{}, fmt.Errorf("train model: %w", err)
	}
	t, g, err := newTrainer(c)
	if err != nil {
		return nil, Report{}, err
	}
	report, err := t.measure(g)
	if err != nil {
		return nil, Report{}, err
	}
	b := t.learn(g)
	b.Manifest.Metrics = report.Metrics
	if err := b.Seal(t.goldenTexts(g)); err != nil {
		return nil, Report{}, fmt.Errorf("train model: %w", err)
	}
	return b, report, nil
}

func newTrainer(c Config) (*trainer, *grammar, error) {
	g, err := parseGrammar(grammarText())
	if err != nil {
		return nil, nil, err
	}
	h, err := newHabits(g.topics)
	if err != nil {
		return nil, nil, err
	}
	t := &trainer{config: c, habits: h, base: orderRate(kindShare)}
	t.rates = h.orderRates(t.rand(streamRates))
	return t, g, nil
}

func (t *trainer) rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(t.config.Seed, stream)) }

func (t *trainer) speaker(g *grammar, stream uint64) *speaker {
	return &speaker{grammar: g, rand: t.rand(stream)}
}

// learn makes a bundle, not yet sealed, of a grammar's sentences.
func (t *trainer) learn(g *grammar) *intent.Bundle {
	c := t.config
	bias := logit(t.base)
	params := intent.Params{
		Gamma: gamma, HalfLifeMs: float64(halfLife.Milliseconds()),
		SessionGapMs: intent.SessionGap.Milliseconds(), RefLogit: bias,
	}
	params = fitHead(params, t.crossStates(g, params))
	m, s := NewLinear(c.EvidenceBits, bias, evidenceRate), newSoftmax(len(g.topics), c.TopicBits)
	t.teach(t.speaker(g, streamLessons), c.Rounds, m, s)
	m.forget()
	return t.bundle(g, m, s, params)
}

// teach says sentences of every topic, equally many, for what a text means
// must not depend on how often its topic comes up. They are made anew in each
// round, so that hardly one is heard twice. The evidence's target is the share
// of orders that the simulator knows: the same in the mean as whether this
// shopper ordered, with less noise. A nil model learns nothing.
func (t *trainer) teach(s *speaker, rounds int, m *Linear, topics *softmax) {
	var features []uint32
	for range rounds {
		for _, topic := range s.rand.Perm(len(s.grammar.topics)) {
			features = intent.Features(features[:0], s.say(topic))
			m.Learn(features, t.rates[topic])
			if topics != nil {
				topics.step(features, topic)
			}
		}
	}
}

// crossStates folds evidence that was learned from other templates than the
// conversations speak in: a shop's customers have their own words, too.
func (t *trainer) crossStates(g *grammar, p intent.Params) []state {
	const parts = 4
	var all []state
	divided := g.divide(t.rand(streamCross), parts, false)
	for i, part := range divided {
		m := NewLinear(t.config.EvidenceBits, p.RefLogit, evidenceRate)
		t.teach(t.speaker(join(divided, i), streamLessons), t.config.Rounds/3, m, nil)
		m.forget()
		said := draw(t.speaker(part, streamConversations), t.habits, t.config.Conversations/parts)
		all = append(all, states(said, p, m.Evidence)...)
	}
	return all
}

// bundle packs what was learned into whole numbers.
func (t *trainer) bundle(g *grammar, m *Linear, s *softmax, params intent.Params) *intent.Bundle {
	b := &intent.Bundle{}
	b.Manifest = intent.NewManifest()
	b.Manifest.EvidenceBits, b.Manifest.TopicBits = t.config.EvidenceBits, t.config.TopicBits
	b.Manifest.MinConfidence = t.config.MinConfidence
	b.Manifest.Params = params
	b.Manifest.Training = intent.Training{
		Seed: t.config.Seed, Rounds: t.config.Rounds, Conversations: t.config.Conversations,
		Grammar: grammarID(), BaseRate: t.base,
	}
	for i, topic := range g.topics {
		b.Manifest.Topics = append(b.Manifest.Topics, intent.Topic{ID: topic, Bias: sharpen * float64(s.bias[i])})
	}
	b.Evidence, b.Manifest.EvidenceScale = quantise(m.w, 127)
	b.Topics, b.Manifest.TopicScale = quantise(s.w, levels)
	b.Manifest.TopicScale *= sharpen
	return b
}

// quantise turns weights into whole numbers up to levels; the scale turns
// them back. The largest tenth of a thousandth is cut to the rest's range, so
// that a few outliers do not coarsen all.
func quantise(w []float32, levels int) (q []int8, scale float64) {
	q = make([]int8, len(w))
	var sizes []float32
	for _, x := range w {
		if x != 0 {
			sizes = append(sizes, max(x, -x))
		}
	}
	if len(sizes) == 0 {
		return q, 1 / float64(levels+1)
	}
	slices.SortFunc(sizes, cmp.Compare[float32])
	top := sizes[len(sizes)-1-len(sizes)/10_000]
	scale = float64(top) / float64(levels)
	for i, x := range w {
		n := int(x/float32(scale)+1000.5) - 1000 // rounds, also below 0
		q[i] = int8(min(max(n, -levels), levels))
	}
	return q, scale
}

// goldenTexts are sentences of every topic, and some that try a reader's
// patience.
func (t *trainer) goldenTexts(g *grammar) []string {
	texts := []string{"", " ", "？？？", "Ｈｅｌｌｏ，ＷＯＲＬＤ", "哈哈哈哈哈哈哈", "这件T恤 size M 能发到泰国吗?", "订单123456789012"}
	s := t.speaker(g, streamGolden)
	for topic := range g.topics {
		for range t.config.GoldenPerTopic {
			texts = append(texts, s.say(topic))
		}
	}
	return texts
}
