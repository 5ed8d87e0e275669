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
		rows[i] = Row{[3]float64{s.sum, 1, 0}, s.target, s.weight}
	}
	head := newton([3]float64{1, p.RefLogit, 0}, rows)
	p.HeadA, p.HeadB = head[0], head[1]
	for i, s := range all {
		z := p.Logit(s.sum)
		rows[i].X = [3]float64{-math.Log1p(math.Exp(-z)), math.Log1p(math.Exp(z)), 1}
	}
	p.CalA, p.CalB, p.CalC = calibrator(rows)
	return p
}

// calibrator fits CalA, CalB and CalC. Both slopes must be above 0, or a
// greater score could mean a lesser probability; where they are not, one slope
// serves for both.
func calibrator(rows []Row) (a, b, c float64) {
	const least = .01
	cal := newton([3]float64{1, 1, 0}, rows)
	if cal[0] >= least && cal[1] >= least {
		return cal[0], cal[1], cal[2]
	}
	for i := range rows {
		rows[i].X = [3]float64{rows[i].X[0] + rows[i].X[1], 1, 0}
	}
	cal = newton([3]float64{1, 0, 0}, rows)
	return cal[0], cal[0], cal[1]
}

// Row is one observation of a logistic regression of three inputs.
type Row struct {
	X      [3]float64
	Target float64 // 0 to 1
	Weight float64
}

// Regress fits the regression by Newton's method.
func Regress(rows []Row) [3]float64 { return newton([3]float64{}, rows) }

// newton fits the regression from w. A small ridge keeps an input that is
// always 0 at its start.
func newton(w [3]float64, rows []Row) [3]float64 {
	const ridge, steps = 1e-6, 12
	for range steps {
		var h [3][4]float64 // the Hessian and, in the last column, the gradient
		for i := range h {
			h[i][i] = ridge
		}
		for _, r := range rows {
			p := sigmoid(float64(w[0]*r.X[0]) + float64(w[1]*r.X[1]) + float64(w[2]*r.X[2]))
			curve := r.Weight * p * (1 - p)
			for i := range h {
				for j := range w {
					h[i][j] += float64(curve * r.X[i] * r.X[j])
				}
				h[i][3] += float64(r.Weight * (p - r.Target) * r.X[i])
			}
		}
		step := solve(h)
		for i := range w {
			w[i] -= step[i]
		}
	}
	return w
}

// solve solves three linear equations by elimination; the matrix is positive
// definite, so that no pivot is 0.
func solve(h [3][4]float64) (x [3]float64) {
	for i := range h {
		for j := i + 1; j < len(h); j++ {
			f := h[j][i] / h[i][i]
			for k := range h[j] {
				h[j][k] -= float64(f * h[i][k])
			}
		}
	}
	for i := len(h) - 1; i >= 0; i-- {
		x[i] = h[i][3]
		for j := i + 1; j < len(h); j++ {
			x[i] -= float64(h[i][j] * x[j])
		}
		x[i] /= h[i][i]
	}
	return x
}
