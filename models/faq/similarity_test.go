package faq

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSimilarity(t *testing.T) {
	f := func(a, b string, low, high float64) {
		t.Helper()
		if got := NewText(a).Similarity(NewText(b)); got < low || got > high {
			t.Errorf("%q and %q: %v, want %v to %v", a, b, got, low, high)
		}
	}
	f("能开发票吗", "能开发票吗？", 1, 1)
	f("能开发票吗", "可以开发票吗", .5, .9)
	f("能开发票吗", "怎么退货", 0, .2)
	f("when will it ship", "When will it ship?", 1, 1)
	f("", "怎么退货", 0, 0)
	f("？", "？", 0, 0)
}

// Similarity is symmetric, within its bounds, and 1 for a text and itself.
func TestSimilarityIsACosine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := NewText(rapid.String().Draw(t, "a")), NewText(rapid.String().Draw(t, "b"))
		ab, ba := a.Similarity(b), b.Similarity(a)
		if ab != ba || ab < 0 || ab > 1 {
			t.Fatalf("%v one way, %v the other", ab, ba)
		}
		if a.length > 0 && a.Similarity(a) != 1 {
			t.Fatalf("with itself: %v", a.Similarity(a))
		}
	})
}
