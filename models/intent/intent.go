// Package intent says what a shopper's message tells: how far it moves the
// odds of an order (evidence), what it is about (intent, entities, sentiment,
// language), and what a conversation's messages add up to (Fold).
//
// The model is a table of hashed n-grams: one weight for the evidence and one
// row of weights for the intents. Scores are sums of whole numbers, so a text
// has one score on every machine. Nothing here reads a clock; models are made
// by the package train and shipped in default.
package intent

//go:generate go run askbuy/models/intent/internal/generate

import (
	"math"
	"sync"
)

// HighIntent is the least buyScore that counts as high intent.
const HighIntent = 0.7

// Other is the intent of a text that fits none.
const Other = "other"

// maxEvidence bounds the evidence of one message, so that no single one
// decides for hours.
const maxEvidence = 6.0

// Model scores messages and conversations. It is immutable and safe for
// concurrent use.
type Model struct {
	manifest Manifest
	evidence []int8     // 1 << EvidenceBits weights
	topics   topicTable // 1 << TopicBits rows
	biases   []float64  // by lane
	paths    [][]string // by lane: the acts' paths in the taxonomy
	other    []string
	lexicon  *lexicon
}

// Scored is what one text tells. Slices are shared: do not write to them.
type Scored struct {
	Evidence         float64  // log-odds that the text adds, rounded to 6 decimals; 0 = no information
	Act              string   // what the text does: the likeliest of Acts, however unlikely; Other for what no shop is asked and for a text without features
	ActConfidence    float64  // probability of Act, rounded to 4 decimals; 0 for a text without features
	Intent           string   // Act, or Other where that is too unlikely, or what a rule says
	IntentPath       []string // three ids, the last is Intent
	IntentConfidence float64  // of Intent: that of Act, or 1 where a rule says so
	Entities         []Entity // in the order of the text, at most 8
	Sentiment        string   // angry, hesitant, satisfied or neutral
	Language         string   // zh, en, mixed, other or "" (no letters)
}

// scratch is what one call of Score needs and the next may have.
type scratch struct {
	features []uint32
	entities []Entity
}

var scratches = sync.Pool{New: func() any {
	return &scratch{features: make([]uint32, 0, 3*maxRunes), entities: make([]Entity, 0, maxEntities)}
}}

// ID is the short content id of the model, "sha256:" and 16 hex digits.
func (m *Model) ID() string { return m.manifest.ID }

// Manifest describes the model. Its slices are shared: do not write to them.
func (m *Model) Manifest() Manifest { return m.manifest }

// Score reads one text; of a long one, the first 512 characters count. It
// never fails, whatever the bytes.
func (m *Model) Score(text string) Scored {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	var script script
	s.features, script = hashText(s.features[:0], text)
	out := Scored{Language: script.language()}
	m.name(&out, s.features)
	out.Evidence = m.weigh(s.features, out.Act)
	var mood mood
	s.entities, mood = m.lexicon.scan(s.entities[:0], text)
	if len(s.entities) > 0 {
		out.Entities = append([]Entity(nil), s.entities...)
	}
	clear(s.entities) // the pool must not keep texts alive
	out.Sentiment = mood.sentiment(sureOf(out))
	return out
}

// Evidence is Score's evidence, of features instead of a text, for training.
func (m *Model) Evidence(features []uint32) float64 {
	var named Scored
	m.name(&named, features)
	return m.weigh(features, named.Act)
}

// weigh sums the evidence of the features: w·x/√n, without the base rate.
func (m *Model) weigh(features []uint32, act string) float64 {
	if len(features) == 0 {
		return 0
	}
	var sum int
	mask := uint32(len(m.evidence) - 1)
	for _, f := range features {
		sum += int(m.evidence[f&mask])
	}
	top := maxEvidence
	if act == Claim {
		top = 0
	}
	e := float64(sum) * m.manifest.EvidenceScale / math.Sqrt(float64(len(features)))
	return round6(min(max(e, -maxEvidence), top))
}

// round6 rounds to 6 decimals, ties to even.
func round6(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }
