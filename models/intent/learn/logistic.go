package learn

import "math"

// row is one observation of a logistic regression.
type row struct {
	x              []float64
	target, weight float64 // target is 0 to 1
}

// regress fits w by Newton's method. Each weight is drawn to where it starts,
// as strongly as pull says (the inverse variance of a normal prior).
func regress(start, pull []float64, rows []row) []float64 {
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
			p := sigmoid(dot(w, r.x))
			curve, slope := r.weight*p*(1-p), r.weight*(p-r.target)
			for i, x := range r.x {
				if x == 0 {
					continue
				}
				for j, y := range r.x[:i+1] {
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

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func round4(x float64) float64 { return math.RoundToEven(x*1e4) / 1e4 }
