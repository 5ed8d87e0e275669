package train

import "math"

// Row is one observation of a logistic regression.
type Row struct {
	X      []float64
	Target float64 // 0 to 1
	Weight float64
}

// Regress fits weights by Newton's method. Each is drawn to where it starts, as
// strongly as pull says (the inverse variance of a normal prior); one whose
// input is always 0 stays there.
func Regress(start, pull []float64, rows []Row) []float64 {
	const steps = 12
	w, n := append([]float64(nil), start...), len(start)
	h := make([][]float64, n) // the Hessian and, in the last column, the gradient
	for range steps {
		for i := range h {
			h[i] = make([]float64, n+1)
			h[i][i] = pull[i] + 1e-9
			h[i][n] = pull[i] * (w[i] - start[i])
		}
		for _, r := range rows {
			p := sigmoid(dot(w, r.X))
			curve, slope := r.Weight*p*(1-p), r.Weight*(p-r.Target)
			for i, x := range r.X {
				if x == 0 {
					continue
				}
				for j, y := range r.X[:i+1] {
					h[i][j] += float64(curve * x * y)
				}
				h[i][n] += float64(slope * x)
			}
		}
		for i, step := range solve(h) {
			w[i] -= step
		}
	}
	return w
}

// solve solves linear equations of a positive definite matrix, whose lower
// half is given, by elimination.
func solve(h [][]float64) []float64 {
	n := len(h)
	for i := range h {
		for j := range i {
			h[j][i] = h[i][j]
		}
	}
	for i := range h {
		for j := i + 1; j < n; j++ {
			f := h[j][i] / h[i][i]
			for k := i; k <= n; k++ {
				h[j][k] -= float64(f * h[i][k])
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = h[i][n]
		for j := i + 1; j < n; j++ {
			x[i] -= float64(h[i][j] * x[j])
		}
		x[i] /= h[i][i]
	}
	return x
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// leastSlope is the least of a calibration: a greater score must not mean a
// lesser probability.
const leastSlope = .01

// Calibrate fits the beta calibration of log-odds, the one input of the rows
// (Kull et al. 2017): logit p = a ln s - b ln(1-s) + c, s the probability that
// the log-odds say. Both slopes must be above 0; where they are not, one serves
// for both. pull draws the slopes to 1.
func Calibrate(rows []Row, pull float64) (a, b, c float64) {
	both, one := make([]Row, len(rows)), make([]Row, len(rows))
	for i, r := range rows {
		s, not := -math.Log1p(math.Exp(-r.X[0])), math.Log1p(math.Exp(r.X[0]))
		both[i] = Row{[]float64{s, not, 1}, r.Target, r.Weight}
		one[i] = Row{[]float64{r.X[0], 1}, r.Target, r.Weight}
	}
	w := Regress([]float64{1, 1, 0}, []float64{pull, pull, 0}, both)
	if w[0] >= leastSlope && w[1] >= leastSlope {
		return w[0], w[1], w[2]
	}
	w = Regress([]float64{1, 0}, []float64{pull, 0}, one)
	slope := max(w[0], leastSlope)
	return slope, slope, w[1]
}
