package inference

import "math"

// Lift is the relative difference, Diff / |C|; without a control value there
// is none.
func (d Difference) Lift() (float64, bool) {
	return d.Diff / math.Abs(d.C), d.C != 0
}

// LiftInterval is the lift's (Fieller 1954), the set of relative effects that
// a test with this critical value does not reject: it leaves 0 out exactly
// when the absolute test with the same value rejects. Where the control's own
// value may be 0 (g >= 1) the set is no interval, and there is none.
//
// With d the difference, b the control's value and V their covariance matrix,
// it solves (d - x b)^2 <= crit^2 (V_d - 2 x V_db + x^2 V_b) for x. The
// discriminant is written so that no two great numbers cancel.
func (d Difference) LiftInterval(crit float64) (lo, hi float64, ok bool) {
	c2, b := crit*crit, d.C
	a := b*b - c2*d.BaseVar
	if b == 0 || !(a > 0) {
		return 0, 0, false
	}
	vd := d.SE * d.SE
	middle := d.Diff*b - c2*d.BaseCov
	spread := b*b*vd - 2*d.Diff*b*d.BaseCov + d.Diff*d.Diff*d.BaseVar - c2*(d.BaseVar*vd-d.BaseCov*d.BaseCov)
	half := crit * math.Sqrt(max(0, spread))
	lo, hi = (middle-half)/a, (middle+half)/a
	if b < 0 {
		lo, hi = -hi, -lo
	}
	return lo, hi, true
}
