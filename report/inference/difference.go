package inference

import "math"

// Refusal is why there is no number. The set is closed.
type Refusal string

// The refusals.
const (
	NotRefused        Refusal = ""
	EmptyArm          Refusal = "empty_arm"          // no unit in an arm
	OneUnit           Refusal = "one_unit"           // one unit has no variance
	NotFinite         Refusal = "not_finite"         // a value is NaN or infinite
	Impossible        Refusal = "impossible_moments" // a negative variance or denominator
	NoDenominator     Refusal = "no_denominator"     // nothing to divide by in an arm
	NoVariance        Refusal = "no_variance"        // all units are alike in both arms
	LostPrecision     Refusal = "lost_precision"     // the values are too great for their spread
	SeveralCurrencies Refusal = "several_currencies" // the shops report in different currencies
	NotMeasured       Refusal = "not_measured"       // nothing sends what the metric needs
	PostTreatment     Refusal = "post_treatment"     // what was filtered by, or adjusted for, was known after the exposure only
)

// Difference is how far a treatment is from the control.
type Difference struct {
	C, T     float64 // the arms' values, not adjusted
	Diff, SE float64 // treatment minus control (adjusted under CUPED), and its standard error
	DOF      float64 // Welch's, of the absolute test
	BaseVar  float64 // variance of C
	BaseCov  float64 // covariance of Diff and C
	Theta    float64 // of CUPED; 0: not adjusted
	Saved    float64 // share of the variance that CUPED took away
}

// minPrecision is how small a variance may be beside the terms that it is the
// difference of: below it, too few of its digits are right.
const minPrecision = 1e-9

// Compare measures the ratio sum(num)/sum(den) of two arms, by the delta
// method over units (Deng, Knoblich and Lu 2018); where every denominator is 1
// that is the difference of means.
func Compare(c, t Moments) (Difference, Refusal) {
	if why := refuse(c, t); why != NotRefused {
		return Difference{}, why
	}
	varC, whyC := unitVariance(c)
	varT, whyT := unitVariance(t)
	if whyC != NotRefused {
		return Difference{}, whyC
	}
	if whyT != NotRefused {
		return Difference{}, whyT
	}
	nC, nT := float64(c.N), float64(t.N)
	d := Difference{C: c.MeanNum / c.MeanDen, T: t.MeanNum / t.MeanDen, BaseVar: varC / nC, BaseCov: -varC / nC}
	d.Diff, d.SE, d.DOF = d.T-d.C, math.Sqrt(varC/nC+varT/nT), welch(varC, nC, varT, nT)
	return d.checked()
}

func (d Difference) checked() (Difference, Refusal) {
	switch {
	case math.IsNaN(d.Diff) || math.IsInf(d.Diff, 0) || math.IsNaN(d.SE) || math.IsInf(d.SE, 0):
		return Difference{}, NotFinite
	case d.SE == 0:
		return Difference{}, NoVariance
	}
	return d, NotRefused
}

func refuse(arms ...Moments) Refusal {
	for _, m := range arms {
		switch {
		case m.N < 1:
			return EmptyArm
		case !m.Finite():
			return NotFinite
		case m.N < 2:
			return OneUnit
		case m.M2Num < 0 || m.M2Den < 0 || m.M2Pre < 0 || m.MeanDen < 0:
			return Impossible
		case m.MeanDen == 0:
			return NoDenominator
		}
	}
	return NotRefused
}

// ratioVariance is the variance that one unit contributes to num/den, as the
// delta method has it: (v_num + R^2 v_den - 2 R cov) / mean_den^2, with
// R = mean_num/mean_den (Deng, Knoblich and Lu 2018, equation 3). It is the
// sample variance of (num - R den) / mean_den.
func ratioVariance(m Moments) (float64, Refusal) {
	s := m.Sample()
	r := s.MeanNum / s.MeanDen
	plus, minus := s.VarNum+r*r*s.VarDen, 2*r*s.CovNumDen
	v := plus - minus
	if v != 0 && v < minPrecision*(plus+math.Abs(minus)) {
		return 0, LostPrecision
	}
	return v / (s.MeanDen * s.MeanDen), NotRefused
}

// statistic is that of the absolute test.
func (d Difference) statistic() float64 { return d.Diff / d.SE }

// P is the two-sided p-value of the absolute t test.
func (d Difference) P() float64 { return twoSided(d.statistic(), d.DOF) }

// Interval is the difference's, of so many standard errors to either side.
func (d Difference) Interval(crit float64) (lo, hi float64) {
	return d.Diff - crit*d.SE, d.Diff + crit*d.SE
}

// beyond is the statistic of treatment - k control: of how surely the
// treatment is above k times the control.
func (d Difference) beyond(k float64) float64 {
	rest := 1 - k // treatment - k control = difference + (1 - k) control
	v := d.SE*d.SE + 2*rest*d.BaseCov + rest*rest*d.BaseVar
	return (d.Diff + rest*d.C) / math.Sqrt(v)
}
