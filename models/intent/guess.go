package intent

import (
	"cmp"
	"slices"
)

// Guess is one thing that a text may do.
type Guess struct {
	Act         string
	Probability float64 // rounded to 4 decimals
}

// Guesses are the k likeliest acts of a text, the likeliest first; equally
// likely ones are in the order of the model. A text without features has none.
func (m *Model) Guesses(text string, k int) []Guess {
	features := Features(nil, text)
	if len(features) == 0 || k <= 0 {
		return nil
	}
	var z [Lanes]float64
	best := m.logits(&z, features)
	guesses := make([]Guess, len(m.biases))
	var sum float64
	for i := range guesses {
		p := decay(z[best] - z[i])
		guesses[i] = Guess{m.manifest.Topics[i].ID, p}
		sum += p
	}
	for i := range guesses {
		guesses[i].Probability = round4(guesses[i].Probability / sum)
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Probability, a.Probability) })
	return guesses[:min(k, len(guesses))]
}
