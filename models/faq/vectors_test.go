package faq

import (
	"slices"
	"testing"

	"askbuy/models/intent"
)

// distinct are the features of a text, each once.
func distinct(text string) []uint32 {
	features := intent.Features(nil, text)
	slices.Sort(features)
	return slices.Compact(features)
}

func common(a, b string) (both []uint32) {
	for _, f := range distinct(a) {
		if slices.Contains(distinct(b), f) {
			both = append(both, f)
		}
	}
	return both
}

func TestCount(t *testing.T) {
	got := count(nil, []uint32{3, 1, 3, 2, 3})
	if want := []counted{{1, 1}, {2, 1}, {3, 3}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
