package intent

import (
	"cmp"
	"slices"
	"testing"
)

// The first guess is what Score says, and guesses are in their order.
func TestGuesses(t *testing.T) {
	m := Default()
	for _, text := range []string{"能开发票吗", "我的订单还没发货", "怎么退换货", "where is my order", "这个", "运费多少，能退吗"} {
		s, guesses := m.Score(text), m.Guesses(text, 3)
		if len(guesses) != 3 || guesses[0].Act != s.Act || guesses[0].Probability != s.ActConfidence {
			t.Errorf("%q: guesses %v, the score says %s %v", text, guesses, s.Act, s.ActConfidence)
		}
		if !slices.IsSortedFunc(guesses, func(a, b Guess) int {
			return cmp.Compare(b.Probability, a.Probability)
		}) {
			t.Errorf("%q: not in order: %v", text, guesses)
		}
	}
	if got := m.Guesses("？！", 3); got != nil {
		t.Errorf("a text without letters: %v", got)
	}
	if got := m.Guesses("发票", 0); got != nil {
		t.Errorf("none asked for: %v", got)
	}
	if got := m.Guesses("发票", 1000); len(got) != len(m.Manifest().Topics) {
		t.Errorf("%d guesses, want one for each of %d topics", len(got), len(m.Manifest().Topics))
	}
}
