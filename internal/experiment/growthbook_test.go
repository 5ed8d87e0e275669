package experiment

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"testing"
)

// published are the rows of GrowthBook's specification that need no URL and no
// condition (testdata/LICENCES.md).
type published struct {
	Hash            [][]any             `json:"hash"`
	BucketRanges    [][]json.RawMessage `json:"getBucketRange"`
	ChooseVariation [][]json.RawMessage `json:"chooseVariation"`
	InNamespace     [][]json.RawMessage `json:"inNamespace"`
	EqualWeights    [][]json.RawMessage `json:"getEqualWeights"`
	Run             [][]json.RawMessage `json:"run"`
}

func rows(t *testing.T) published {
	t.Helper()
	b, err := os.ReadFile("testdata/growthbook-0.12.0.json")
	if err != nil {
		t.Fatal(err)
	}
	var p published
	decode(t, b, &p)
	return p
}

func decode(t *testing.T, b []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}

// UnmarshalJSON reads a range as the specification writes it, [from, to].
func (r *Range) UnmarshalJSON(b []byte) error {
	var ends [2]float64
	err := json.Unmarshal(b, &ends)
	r.From, r.To = ends[0], ends[1]
	return err
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-8 }

func enough(t *testing.T, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
}

func TestPublishedHash(t *testing.T) {
	cases := rows(t).Hash
	enough(t, len(cases), 27)
	for _, c := range cases {
		got, ok := Bucket(int(c[2].(float64)), c[0].(string), c[1].(string))
		if want, is := c[3].(float64); ok != is || got != want {
			t.Errorf("%v: %v, %v", c, got, ok)
		}
	}
}

func TestPublishedRanges(t *testing.T) {
	cases := rows(t).BucketRanges
	enough(t, len(cases), 13)
	for _, c := range cases {
		var args []json.RawMessage
		var n int
		var coverage float64
		var weights []float64
		var want []Range
		decode(t, c[1], &args)
		decode(t, args[0], &n)
		decode(t, args[1], &coverage)
		decode(t, args[2], &weights)
		decode(t, c[2], &want)
		got := Ranges(n, coverage, weights)
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", c[0], got, want)
			continue
		}
		for i := range got {
			if !near(got[i].From, want[i].From) || !near(got[i].To, want[i].To) {
				t.Errorf("%s: %v, want %v", c[0], got, want)
			}
		}
	}
}

func TestPublishedChoices(t *testing.T) {
	cases := rows(t).ChooseVariation
	enough(t, len(cases), 13)
	for _, c := range cases {
		var bucket float64
		var ranges []Range
		var want int
		decode(t, c[1], &bucket)
		decode(t, c[2], &ranges)
		decode(t, c[3], &want)
		if got := Choose(bucket, ranges); got != want {
			t.Errorf("%s: %d, want %d", c[0], got, want)
		}
	}
}

func namespace(t *testing.T, raw json.RawMessage) *Namespace {
	t.Helper()
	var parts []json.RawMessage
	var n Namespace
	decode(t, raw, &parts)
	decode(t, parts[0], &n.Name)
	decode(t, parts[1], &n.From)
	decode(t, parts[2], &n.To)
	return &n
}

func TestPublishedNamespaces(t *testing.T) {
	cases := rows(t).InNamespace
	enough(t, len(cases), 16)
	for _, c := range cases {
		var id string
		var want bool
		decode(t, c[1], &id)
		decode(t, c[3], &want)
		if got := namespace(t, c[2]).Holds(id); got != want {
			t.Errorf("%s: %v", c[0], got)
		}
	}
}

func TestPublishedEqualWeights(t *testing.T) {
	cases := rows(t).EqualWeights
	enough(t, len(cases), 6)
	for _, c := range cases {
		var n int
		var want []float64
		decode(t, c[0], &n)
		decode(t, c[1], &want)
		got := EqualWeights(n)
		for i := range got {
			if len(got) != len(want) || !near(got[i], want[i]) {
				t.Errorf("%d: %v, want %v", n, got, want)
			}
		}
	}
}

func TestPublishedRuns(t *testing.T) {
	cases := rows(t).Run
	enough(t, len(cases), 81)
	for _, c := range cases {
		rule, variations := rule(t, c[2])
		got := rule.Decide(context(t, c[1]))
		var want any
		var in, hashed bool
		decode(t, c[3], &want)
		decode(t, c[4], &in)
		decode(t, c[5], &hashed)
		if got.In != in || got.Hashed != hashed || !reflect.DeepEqual(variations[got.Variation], want) {
			t.Errorf("%s: %+v, want %v, %v, %v", c[0], got, want, in, hashed)
		}
	}
}

func context(t *testing.T, raw json.RawMessage) Context {
	t.Helper()
	c := struct {
		Attributes map[string]any
		Enabled    *bool
		QAMode     bool           `json:"qaMode"`
		Forced     map[string]int `json:"forcedVariations"`
	}{}
	decode(t, raw, &c)
	return Context{Attributes: c.Attributes, Disabled: c.Enabled != nil && !*c.Enabled, QA: c.QAMode, Forced: c.Forced}
}

func rule(t *testing.T, raw json.RawMessage) (Rule, []any) {
	t.Helper()
	r := struct {
		Key, Seed     string
		HashVersion   int
		HashAttribute string
		Variations    []any
		Weights       []float64
		Coverage      *float64
		Ranges        []Range
		Namespace     json.RawMessage
		Filters       []Filter
		Force         *int
		Active        *bool
	}{}
	decode(t, raw, &r)
	rule := Rule{
		Key: r.Key, Seed: r.Seed, Version: r.HashVersion, Attribute: r.HashAttribute,
		Variations: len(r.Variations), Weights: r.Weights, Coverage: r.Coverage, Ranges: r.Ranges,
		Filters: r.Filters, Force: r.Force, Inactive: r.Active != nil && !*r.Active,
	}
	if r.Namespace != nil {
		rule.Namespace = namespace(t, r.Namespace)
	}
	return rule, r.Variations
}
