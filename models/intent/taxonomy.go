package intent

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
)

//go:embed taxonomy.json
var taxonomyJSON []byte

// Label is a name for people.
type Label struct {
	Chinese string `json:"zh"`
	English string `json:"en"`
}

// Intent is one leaf of the taxonomy.
type Intent struct {
	ID    string   `json:"id"`
	Path  []string `json:"path"` // kind, field, id: enquiry, after_sale, complaint or other; product, logistics, payment or service
	Label Label    `json:"label"`
	// Tag is where the intent stands in the scheme of two levels that labelled
	// data of shops use: product, after_sale or other; then size, quality ...
	Tag [2]string `json:"tag"`
}

// Taxonomy is the closed set of intents and the names of their paths' steps.
type Taxonomy struct {
	Nodes   map[string]Label `json:"nodes"`
	Intents []Intent         `json:"intents"`

	byID map[string]Intent
}

// taxonomy is the one of this program, parsed once; the tests see that it is
// sound.
var taxonomy = sync.OnceValue(func() *Taxonomy {
	t, err := parseTaxonomy(taxonomyJSON)
	if err != nil {
		panic(err)
	}
	return t
})

// Intents are all intents there can be, in the order of the file. The slice
// is shared: do not write to it.
func Intents() []Intent { return taxonomy().Intents }

// LabelOf names an intent or a step of a path in both languages; an unknown
// one is named by its id.
func LabelOf(id string) Label {
	t := taxonomy()
	if in, ok := t.byID[id]; ok {
		return in.Label
	}
	if label, ok := t.Nodes[id]; ok {
		return label
	}
	return Label{Chinese: id, English: id}
}

func parseTaxonomy(raw []byte) (*Taxonomy, error) {
	var t Taxonomy
	if err := json.Unmarshal(raw, &t, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read taxonomy: %w", err)
	}
	t.byID = make(map[string]Intent, len(t.Intents))
	for i := range t.Intents {
		in := &t.Intents[i]
		in.Path = append(in.Path, in.ID)
		if err := t.check(in); err != nil {
			return nil, fmt.Errorf("read taxonomy: %s: %w", in.ID, err)
		}
		t.byID[in.ID] = *in
	}
	if _, ok := t.byID[Other]; !ok {
		return nil, fmt.Errorf("read taxonomy: no intent %q", Other)
	}
	return &t, nil
}

func (t *Taxonomy) check(in *Intent) error {
	if _, twice := t.byID[in.ID]; twice || in.ID == "" {
		return fmt.Errorf("comes twice or is empty")
	}
	if len(in.Path) != 3 || in.Label.Chinese == "" || in.Label.English == "" {
		return fmt.Errorf("needs a path of two steps and both labels")
	}
	for _, step := range append(in.Path[:2:2], in.Tag[:]...) {
		if label, ok := t.Nodes[step]; !ok || label.Chinese == "" || label.English == "" {
			return fmt.Errorf("%q is no node with both labels", step)
		}
	}
	return nil
}
