package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// srmConcentration is how surely the alternative is thought to be near the
// planned split: 1,000 finds a split of 52 to 48 in half the units that the
// 10,000 of optimizely/ssrm takes.
const srmConcentration = 1000

// The levels of the sample ratio tests.
const (
	srmSequentialLevel = 0.01  // at every look
	srmFinalLevel      = 0.001 // chi-square, at the final look only
)

// chiSquare tests whether the arms have the units that their weights promise
// (Pearson 1900).
func chiSquare(counts []int64, weights []float64) (statistic, p float64) {
	n, total := 0.0, 0.0
	for i := range counts {
		n += float64(counts[i])
		total += weights[i]
	}
	if n == 0 {
		return 0, 1
	}
	for i := range counts {
		expected := n * weights[i] / total
		statistic += (float64(counts[i]) - expected) * (float64(counts[i]) - expected) / expected
	}
	return statistic, distuv.ChiSquared{K: float64(len(counts) - 1)}.Survival(statistic)
}

// srmLogBayes is the logarithm of the Bayes factor of "another split" against
// the planned one, with a Dirichlet prior over the other splits (Lindon and
// Malek 2022). It needs the cumulative counts alone, and 1 / factor is a
// p-value at every look.
func srmLogBayes(counts []int64, p, prior []float64) float64 {
	n, sum, log := 0.0, 0.0, 0.0
	for i := range counts {
		c := float64(counts[i])
		n += c
		sum += prior[i]
		log += lnGamma(prior[i]+c) - lnGamma(prior[i]) - c*math.Log(p[i])
	}
	return log + lnGamma(sum) - lnGamma(sum+n)
}

// sequentialSRM is the p-value of the sequential test at this look.
func sequentialSRM(counts []int64, weights []float64) float64 {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	p, prior := make([]float64, len(weights)), make([]float64, len(weights))
	for i, w := range weights {
		p[i] = w / total
		prior[i] = srmConcentration * p[i]
	}
	return min(1, math.Exp(-srmLogBayes(counts, p, prior)))
}

func lnGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
