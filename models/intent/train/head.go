package train

import (
	"math"
	"time"

	"askbuy/models/intent"
)

// The fold's constants that are given, not learned; the optimum is flat.
const (
	gamma    = .85
	halfLife = 30 * time.Minute
)

// between is the time from message to message in training.
const between = 25 * time.Second

// state is one prefix of a conversation: what the evidence adds up to, and
// the share of orders among shoppers of its kind.
type state struct {
	sum, target, weight float64
}

// states folds the evidence of the conversations, every prefix a state; a
// conversation weighs 1 whatever its length.
func states(all []conversation, p intent.Params, evidence func(features []uint32) float64) []state {
	var out []state
	decay := float64(p.Gamma * math.Pow(2, -float64(between.Milliseconds())/p.HalfLifeMs))
	for _, c := range all {
		var sum float64
		for _, f := range c.features {
			sum = float64(decay*sum) + evidence(f)
			out = append(out, state{sum, kindOrders[c.kind], 1 / float64(len(c.features))})
		}
	}
	return out
}

// fitHead learns z = HeadA*S + HeadB, then the calibrator of sigmoid(z), by
// Newton's method. The states must come from evidence that was learned from
// other conversations, or both are too sure of themselves.
func fitHead(p intent.Params, all []state) intent.Params {
	rows := make([]Row, len(all))
	for i, s := range all {
		rows[i] = Row{[]float64{s.sum, 1}, s.target, s.weight}
	}
	head := Regress([]float64{1, p.RefLogit}, []float64{0, 0}, rows)
	p.HeadA, p.HeadB = head[0], head[1]
	for i, s := range all {
		rows[i].X = []float64{p.Logit(s.sum)}
	}
	p.CalA, p.CalB, p.CalC = Calibrate(rows, 0)
	return p
}
