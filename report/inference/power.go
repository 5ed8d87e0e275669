package inference

import "math"

// Power is the probability that a two-sided test with this critical value
// finds an effect whose estimate has this standard error (normal theory).
func Power(effect, se, crit float64) float64 {
	return survival(crit-effect/se) + survival(crit+effect/se)
}

// MDE is the least effect that is found with this power: what the critical
// value and the power are apart, in standard errors.
func MDE(se, crit, power float64) float64 { return (crit + quantile(power)) * se }

// UnitsFactor is by how much n units must grow until an effect whose estimate
// has this standard error now is found with this power, by bounds that reach
// crit standard errors to either side at so many units: 1 when they are
// enough, infinite when a trillion times as many are not.
func UnitsFactor(effect, se, n, power float64, crit func(n float64) float64) float64 {
	// It falls as the factor grows: bounds widen more slowly than its root.
	least := func(factor float64) float64 { return MDE(se/math.Sqrt(factor), crit(n*factor), power) }
	lo, hi := 0.0, 1.0
	for ; least(hi) > effect; lo, hi = hi, 2*hi {
		if hi > 1e12 {
			return math.Inf(1)
		}
	}
	if lo == 0 {
		return 1
	}
	for range 100 { // halves it to the last bit
		if middle := lo + (hi-lo)/2; least(middle) > effect {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}

// UnitsForMean is how many units each arm needs to find an absolute effect in
// a mean or ratio with these variances of one unit (Kohavi, Tang and Xu 2020,
// chapter 17, for arms of equal size).
func UnitsForMean(varC, varT, effect, level, power float64) float64 {
	z := quantile(1-level/2) + quantile(power)
	return z * z * (varC + varT) / (effect * effect)
}

// UnitsForRate is the same for a rate that is to move from one value to
// another, with the pooled variance under the null (Fleiss, Levin and Paik
// 2003, equation 4.14, without correction for continuity).
func UnitsForRate(from, to, level, power float64) float64 {
	middle := (from + to) / 2
	null := quantile(1-level/2) * math.Sqrt(2*middle*(1-middle))
	alternative := quantile(power) * math.Sqrt(from*(1-from)+to*(1-to))
	return math.Pow((null+alternative)/(to-from), 2)
}

// Days is how long arms of that many units take at so many units a day.
func Days(unitsPerArm float64, arms int, unitsPerDay float64) int {
	return int(math.Ceil(float64(arms) * unitsPerArm / unitsPerDay))
}

// WholeWeeks rounds days up: shoppers of a weekend differ from those of a week.
func WholeWeeks(days int) int { return (days + 6) / 7 * 7 }
