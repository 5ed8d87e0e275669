//go:build plant_conversation_variance

package inference

// unitVariance is a planted bug, for builds that show what it does: it takes
// every conversation for a draw of its own, as the binomial test of a rate
// does, though a shopper's conversations are alike.
func unitVariance(m Moments) (float64, Refusal) {
	rate := m.MeanNum / m.MeanDen
	if rate <= 0 || rate >= 1 {
		return ratioVariance(m)
	}
	return rate * (1 - rate) / m.MeanDen, NotRefused
}
