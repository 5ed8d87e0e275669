package inference

import "math"

// CompareAdjusted measures the difference of means of what is counted per
// user, with the part taken out that the same users' values before the
// exposure explain: CUPED (Deng, Xu, Kohavi and Walker 2013). Theta is pooled
// over both arms. The lift still divides by the control's own mean; with
// Diff = (Y_T - theta X_T) - (Y_C - theta X_C) the covariance of Diff and Y_C
// is -(s2_Y - theta cov)_C / n_C.
//
// A covariate that the treatment could have moved must not come here: it gives
// false positives in more than half of all A/A tests.
func CompareAdjusted(c, t Moments) (Difference, Refusal) {
	raw, why := Compare(c, t)
	if why != NotRefused {
		return raw, why
	}
	if c.M2Den != 0 || t.M2Den != 0 || c.MeanDen != 1 || t.MeanDen != 1 {
		return Difference{}, Impossible
	}
	both := c.Merge(t)
	if both.M2Pre == 0 { // nobody was there before
		return raw, NotRefused
	}
	theta := both.CNumPre / both.M2Pre
	sc, st := c.Sample(), t.Sample()
	varC, varT := adjusted(sc, theta), adjusted(st, theta)
	nC, nT := float64(c.N), float64(t.N)
	d := raw
	d.Diff = (st.MeanNum - sc.MeanNum) - theta*(st.MeanPre-sc.MeanPre)
	d.SE, d.DOF = math.Sqrt(varC/nC+varT/nT), welch(varC, nC, varT, nT)
	d.BaseVar, d.BaseCov = sc.VarNum/nC, -(sc.VarNum-theta*sc.CovNumPre)/nC
	d.Theta, d.Saved = theta, 1-d.SE*d.SE/(raw.SE*raw.SE)
	return d.checked()
}

// adjusted is the variance of num - theta pre.
func adjusted(s Sample, theta float64) float64 {
	return max(0, s.VarNum+theta*theta*s.VarPre-2*theta*s.CovNumPre)
}
