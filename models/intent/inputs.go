package intent

// Input is what the head of a model reads at a message: what the evidence of
// the conversation adds up to, and the signals in the order of SignalNames.
type Input struct {
	State   float64
	Signals []float64
}

// Inputs are those of Fold after each of the points, for training.
func Inputs(points []Point, past *Past) []Input {
	out := make([]Input, len(points))
	walk(points, func(i int, s float64, talk session) {
		x := past.signals(points[i].TS, talk)
		out[i] = Input{s, x[:]}
	})
	return out
}
