package intent

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The files of a bundle.
const (
	manifestFile = "manifest.json"
	weightsFile  = "weights.gz" // gzip of the evidence weights, then the rows of topic weights, a signed byte each
	goldenFile   = "golden.json"
)

// Limits of what a loader takes in: tables of at most 1 MB and 8 MB.
const (
	MinBits         = 8
	MaxEvidenceBits = 20
	MaxTopicBits    = 18
	maxFile         = 1 << 20 // bytes, manifest and golden texts
)

// Bundle is a model at rest. Its content decides its ID.
type Bundle struct {
	Manifest Manifest
	Evidence []int8 // 1 << EvidenceBits weights
	Topics   []int8 // 1 << TopicBits rows of 32 weights, by topic
	Golden   []Golden
}

// Golden is a text whose scores are known: it shows that a loader reads texts
// as the trainer did.
type Golden struct {
	Text     string  `json:"text"`
	Evidence float64 `json:"evidence"`
	Topic    string  `json:"topic"` // the likeliest, however unlikely
	Logit    float64 `json:"logit"` // of Topic, before softmax
}

// Seal gives the bundle golden texts, computed by the bundle itself, and its
// ID. It is the last step of training.
func (b *Bundle) Seal(texts []string) error {
	m, err := newModel(b)
	if err != nil {
		return err
	}
	b.Golden = make([]Golden, len(texts))
	for i, text := range texts {
		b.Golden[i] = m.golden(text)
	}
	b.Manifest.ID, err = b.contentID()
	return err
}

// Files is the bundle as it lies in a directory, by name.
func (b *Bundle) Files() (map[string][]byte, error) {
	manifest, err := marshal(&b.Manifest)
	if err != nil {
		return nil, err
	}
	golden, err := marshal(b.Golden)
	if err != nil {
		return nil, err
	}
	var weights bytes.Buffer
	w, err := gzip.NewWriterLevel(&weights, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress weights: %w", err)
	}
	if _, err := w.Write(b.weights()); err != nil {
		return nil, fmt.Errorf("compress weights: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress weights: %w", err)
	}
	return map[string][]byte{manifestFile: manifest, goldenFile: golden, weightsFile: weights.Bytes()}, nil
}

// ReadBundle reads the files of a bundle and holds them against the ID. Load
// makes a model of it.
func ReadBundle(dir fs.FS) (*Bundle, error) {
	var b Bundle
	manifest, err := readFile(dir, manifestFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(manifest, &b.Manifest, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	if err := b.Manifest.Validate(); err != nil {
		return nil, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	golden, err := readFile(dir, goldenFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(golden, &b.Golden, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read %s: %w", goldenFile, err)
	}
	if err := b.readWeights(dir); err != nil {
		return nil, fmt.Errorf("read %s: %w", weightsFile, err)
	}
	id, err := b.contentID()
	if err != nil {
		return nil, err
	}
	if id != b.Manifest.ID {
		return nil, fmt.Errorf("read bundle: its content is %s, its manifest says %q: a file was changed or is of another bundle; copy the bundle anew", id, b.Manifest.ID)
	}
	return &b, nil
}

// readWeights reads exactly as many bytes as the manifest's sizes ask for.
func (b *Bundle) readWeights(dir fs.FS) error {
	f, err := dir.Open(weightsFile)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	evidence, topics := 1<<b.Manifest.EvidenceBits, Lanes<<b.Manifest.TopicBits
	raw := make([]byte, evidence+topics)
	if _, err := io.ReadFull(z, raw); err != nil {
		return err
	}
	if n, err := z.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("more than the %d weights of the manifest, or a bad checksum: %v", len(raw), err)
	}
	b.Evidence, b.Topics = signed(raw[:evidence]), signed(raw[evidence:])
	return nil
}

// contentID hashes all that decides what the model says.
func (b *Bundle) contentID() (string, error) {
	unnamed := b.Manifest
	unnamed.ID = ""
	manifest, err := marshal(&unnamed)
	if err != nil {
		return "", err
	}
	golden, err := marshal(b.Golden)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, part := range [][]byte{manifest, golden, b.weights()} {
		fmt.Fprintf(h, "%d:", len(part)) // parts cannot run into each other
		h.Write(part)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// weights is what weightsFile holds, unpacked.
func (b *Bundle) weights() []byte {
	raw := make([]byte, 0, len(b.Evidence)+len(b.Topics))
	for _, table := range [][]int8{b.Evidence, b.Topics} {
		for _, w := range table {
			raw = append(raw, byte(w))
		}
	}
	return raw
}

func signed(raw []byte) []int8 {
	w := make([]int8, len(raw))
	for i, b := range raw {
		w[i] = int8(b)
	}
	return w
}

func marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.Multiline(true))
	if err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	return append(b, '\n'), nil
}

func readFile(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("read %s: more than %d bytes", name, maxFile)
	}
	return b, nil
}
