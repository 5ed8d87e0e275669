package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// normalFrom is the degrees of freedom above which Student's t is taken for
// the normal distribution: its quantile loses digits there, and the two differ
// by less than 1e-6.
const normalFrom = 1e6

// survival is the normal's upper tail. distuv's underflows to 0 at 10.
func survival(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

// quantile is the normal's.
func quantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }

// critical is the value that |t| exceeds with probability level.
func critical(level, dof float64) float64 {
	if !(dof <= normalFrom) {
		return quantile(1 - level/2)
	}
	return distuv.StudentsT{Sigma: 1, Nu: dof}.Quantile(1 - level/2)
}

// upper is the probability that t lies above z.
func upper(z, dof float64) float64 {
	if !(dof <= normalFrom) {
		return survival(z)
	}
	if z < 0 {
		return 1 - upper(-z, dof)
	}
	return distuv.StudentsT{Sigma: 1, Nu: dof}.Survival(z)
}

// twoSided is the probability that |t| lies above |z|.
func twoSided(z, dof float64) float64 { return min(1, 2*upper(math.Abs(z), dof)) }

// welch is the degrees of freedom of a difference of two means whose variances
// are not equal (Welch 1947); variances are those of single units.
func welch(varC, nC, varT, nT float64) float64 {
	c, t := varC/nC, varT/nT
	return (c + t) * (c + t) / (c*c/(nC-1) + t*t/(nT-1))
}
