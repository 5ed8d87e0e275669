package inference

import "math"

// Mixture is a confidence sequence: an interval that holds at every look at
// once, so that whoever looks each day and stops when it leaves 0 out is wrong
// no more often than Alpha. It is the normal mixture (Howard, Ramdas, McAuliffe
// and Sekhon 2021, equation 14), which equals the asymptotic confidence
// sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, equation 9.
type Mixture struct {
	Alpha float64
	NStar float64 // units of both arms at which it is tightest
}

// rho2 makes the width least at NStar units.
func (m Mixture) rho2() float64 {
	l := -2 * math.Log(m.Alpha)
	return (l + math.Log(l+1)) / m.NStar
}

// Multiplier is how many standard errors the interval reaches to either side
// with n units in both arms.
func (m Mixture) Multiplier(n float64) float64 {
	r := n * m.rho2()
	return math.Sqrt((r + 1) / r * (math.Log(r+1) - 2*math.Log(m.Alpha)))
}

// P is the always-valid p-value of a statistic: Alpha exactly where the
// interval's end meets 0.
func (m Mixture) P(z, n float64) float64 {
	r := n * m.rho2()
	return min(1, math.Exp(0.5*math.Log(r+1)-r*z*z/(2*(r+1))))
}
