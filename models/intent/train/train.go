// Package train makes intent models out of our own sentences: a grammar
// (grammar.txt) says how shoppers put things, a simulation says which shopper
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
	Conversations  int     // simulated ones to learn from
	Test           int     // simulated ones to measure with, from templates never learned from
	Passes         int     // over the conversations
	TopicRounds    int     // sentences a topic
	HoldOut        float64 // share of templates kept for the measurement, 0 to 1
	EvidenceBits   uint8   // weights are 2^bits
	TopicBits      uint8   // rows are 2^bits
	MinConfidence  float64 // an intent less likely is "other"
	GoldenPerTopic int     // sentences in the bundle that show a loader reads texts alike
}

// DefaultConfig is what the shipped model was trained with.
func DefaultConfig() Config {
	return Config{
		Seed: 7, Conversations: 24_000, Test: 8_000, Passes: 3, TopicRounds: 2_500, HoldOut: .3,
		EvidenceBits: 18, TopicBits: 14, MinConfidence: .22, GoldenPerTopic: 7,
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
	must(c.Passes >= 1, "passes: must be at least 1")
	must(c.TopicRounds >= 1, "topic_rounds: must be at least 1")
	must(c.HoldOut > 0 && c.HoldOut < 1, "hold_out: must be above 0 and below 1")
	must(c.GoldenPerTopic >= 1, "golden_per_topic: must be at least 1")
	must(c.EvidenceBits >= intent.MinBits && c.EvidenceBits <= intent.MaxEvidenceBits, fmt.Sprintf("evidence_bits: must be %d to %d", intent.MinBits, intent.MaxEvidenceBits))
	must(c.TopicBits >= intent.MinBits && c.TopicBits <= intent.MaxTopicBits, fmt.Sprintf("topic_bits: must be %d to %d", intent.MinBits, intent.MaxTopicBits))
	return errors.Join(problems...)
}

// The streams of random numbers, so that one step's use does not change what
// another one draws.
const (
	streamSplit = iota
	streamConversations
	streamFit
	streamTopics
	streamTest
	streamGolden
)

// trainer is one training's ingredients.
type trainer struct {
	config Config
	habits *habits
	base   float64 // share of conversations that end in an order
}

// Train learns twice: first from a part of the templates, which is measured
// on the rest (the report), then from all, which is the bundle.
func Train(c Config) (*intent.Bundle, Report, error) {
	if err := c.Validate(); err != nil {
		return nil, Report{}, fmt.Errorf("train model: %w", err)
	}
	g, err := parseGrammar(grammarText)
	if err != nil {
		return nil, Report{}, err
	}
	h, err := newHabits(g.topics)
	if err != nil {
		return nil, Report{}, err
	}
	t := &trainer{config: c, habits: h, base: orderRate(kindShare)}
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

func (t *trainer) rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(t.config.Seed, stream)) }

func (t *trainer) speaker(g *grammar, stream uint64) *speaker {
	return &speaker{grammar: g, rand: t.rand(stream)}
}

// learn makes a bundle, not yet sealed, of a grammar's sentences.
func (t *trainer) learn(g *grammar) *intent.Bundle {
	c := t.config
	all := draw(t.speaker(g, streamConversations), t.habits, c.Conversations)
	bias := logit(t.base)
	params := intent.Params{
		Gamma: gamma, HalfLifeMs: float64(halfLife.Milliseconds()),
		SessionGapMs: intent.SessionGap.Milliseconds(), RefLogit: bias,
	}
	params = fitHead(params, t.crossStates(all, params, bias))
	m := fitLinear(all, int(c.EvidenceBits), c.Passes, bias, t.rand(streamFit), func(int) bool { return false })
	s := fitTopics(t.speaker(g, streamTopics), int(c.TopicBits), c.TopicRounds)
	return t.bundle(g, m, s, params)
}

// crossStates folds evidence that was learned from the other half of the
// conversations.
func (t *trainer) crossStates(all []conversation, p intent.Params, bias float64) []state {
	const parts = 2
	var models [parts]*linear
	for part := range parts {
		models[part] = fitLinear(all, int(t.config.EvidenceBits), t.config.Passes, bias, t.rand(streamFit), func(i int) bool { return i%parts == part })
	}
	return states(all, p, func(i int, features []uint32) float64 { return models[i%parts].evidence(features) })
}

// bundle packs what was learned into whole numbers.
func (t *trainer) bundle(g *grammar, m *linear, s *softmax, params intent.Params) *intent.Bundle {
	b := &intent.Bundle{}
	b.Manifest = intent.NewManifest()
	b.Manifest.EvidenceBits, b.Manifest.TopicBits = t.config.EvidenceBits, t.config.TopicBits
	b.Manifest.MinConfidence = t.config.MinConfidence
	b.Manifest.Params = params
	b.Manifest.Training = intent.Training{
		Seed: t.config.Seed, Conversations: t.config.Conversations, Passes: t.config.Passes,
		TopicRounds: t.config.TopicRounds, Grammar: grammarID(), BaseRate: t.base,
	}
	for i, topic := range g.topics {
		b.Manifest.Topics = append(b.Manifest.Topics, intent.Topic{ID: topic, Bias: float64(s.bias[i])})
	}
	b.Evidence, b.Manifest.EvidenceScale = quantise(m.w, 127)
	b.Topics, b.Manifest.TopicScale = quantise(s.w, 31)
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
