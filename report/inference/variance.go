//go:build !plant_conversation_variance

package inference

// unitVariance is the variance of what was randomised: of shoppers, however
// many conversations each of them has.
func unitVariance(m Moments) (float64, Refusal) { return ratioVariance(m) }
