package intent

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
)

// maxDrift is how far a golden text's logits may be from what they were.
const maxDrift = 1e-3

//go:embed default
var shipped embed.FS

// Shipped reads the bundle that this program ships.
func Shipped() (*Bundle, error) {
	dir, err := fs.Sub(shipped, "default")
	if err != nil {
		return nil, err
	}
	return ReadBundle(dir)
}

// Default is the shipped model, loaded and checked once. The files are in the
// program: that they are sound is a matter of the tests, so it panics when
// they are not.
var Default = sync.OnceValue(func() *Model {
	var m *Model
	b, err := Shipped()
	if err == nil {
		m, err = Load(b)
	}
	if err != nil {
		panic(fmt.Errorf("shipped intent model: %w", err))
	}
	return m
})

// Open reads a bundle and loads it.
func Open(dir fs.FS) (*Model, error) {
	b, err := ReadBundle(dir)
	if err != nil {
		return nil, err
	}
	return Load(b)
}

// Load makes a model of a bundle. It refuses one whose golden texts it scores
// otherwise than the trainer did, by more than 1e-3: this program would read
// every text otherwise.
func Load(b *Bundle) (*Model, error) {
	m, err := newModel(b)
	if err != nil {
		return nil, err
	}
	if b.Manifest.ID == "" || len(b.Golden) == 0 {
		return nil, errors.New("load model: the bundle is not sealed: it has no id or no golden texts")
	}
	for _, want := range b.Golden {
		got := m.golden(want.Text)
		if got.Topic != want.Topic || drifted(got.Evidence, want.Evidence) || drifted(got.Logit, want.Logit) {
			return nil, fmt.Errorf("load model %s: golden text %q scores %+v, the bundle says %+v: the bundle was made by another version; train it anew", b.Manifest.ID, want.Text, got, want)
		}
	}
	return m, nil
}

// drifted is also true when a number is none.
func drifted(got, want float64) bool { return !(math.Abs(got-want) <= maxDrift) }

func newModel(b *Bundle) (*Model, error) {
	if err := b.Manifest.Validate(); err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	if len(b.Evidence) != 1<<b.Manifest.EvidenceBits || len(b.Topics) != Lanes<<b.Manifest.TopicBits {
		return nil, fmt.Errorf("load model: %d and %d weights are not what the manifest says", len(b.Evidence), len(b.Topics))
	}
	t := taxonomy()
	m := &Model{manifest: b.Manifest, evidence: b.Evidence, topics: packTopics(b.Topics), other: t.byID[Other].Path, lexicon: lexiconOnce()}
	for _, topic := range b.Manifest.Topics {
		m.biases = append(m.biases, topic.Bias)
		m.paths = append(m.paths, t.byID[topic.ID].Path)
	}
	return m, nil
}

// golden scores a text in the raw.
func (m *Model) golden(text string) Golden {
	features := Features(nil, text)
	if len(features) == 0 {
		return Golden{Text: text, Topic: m.manifest.Topics[0].ID}
	}
	var z [Lanes]float64
	best := m.logits(&z, features)
	return Golden{Text: text, Evidence: m.Evidence(features), Topic: m.manifest.Topics[best].ID, Logit: round6(z[best])}
}
