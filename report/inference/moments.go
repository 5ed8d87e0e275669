package inference

import "math"

// Moments are the first and second moments of one arm's units: of a numerator,
// a denominator (1 for what is counted per user) and a covariate from before
// the exposure. They are centred: sums of squares around the mean, because
// plain sums of squares lose every digit of a variance at values around 1e9.
type Moments struct {
	N       int64   `json:"n"`
	MeanNum float64 `json:"mean_num"`
	MeanDen float64 `json:"mean_den"`
	MeanPre float64 `json:"mean_pre"`
	M2Num   float64 `json:"m2_num"` // sum of squared deviations
	M2Den   float64 `json:"m2_den"`
	M2Pre   float64 `json:"m2_pre"`
	CNumDen float64 `json:"c_num_den"` // sum of products of deviations
	CNumPre float64 `json:"c_num_pre"`
}

// Add counts one more unit (Welford 1962, with the co-moments of Chan, Golub
// and LeVeque 1983).
func (m *Moments) Add(num, den, pre float64) {
	m.N++
	n := float64(m.N)
	dNum, dDen, dPre := num-m.MeanNum, den-m.MeanDen, pre-m.MeanPre
	m.MeanNum += dNum / n
	m.MeanDen += dDen / n
	m.MeanPre += dPre / n
	m.M2Num += dNum * (num - m.MeanNum)
	m.M2Den += dDen * (den - m.MeanDen)
	m.M2Pre += dPre * (pre - m.MeanPre)
	m.CNumDen += dNum * (den - m.MeanDen)
	m.CNumPre += dNum * (pre - m.MeanPre)
}

// Merge is both samples as one (Chan, Golub and LeVeque 1983).
func (m Moments) Merge(o Moments) Moments {
	if m.N == 0 {
		return o
	}
	if o.N == 0 {
		return m
	}
	n := float64(m.N + o.N)
	share, weight := float64(o.N)/n, float64(m.N)*float64(o.N)/n
	dNum, dDen, dPre := o.MeanNum-m.MeanNum, o.MeanDen-m.MeanDen, o.MeanPre-m.MeanPre
	return Moments{
		N:       m.N + o.N,
		MeanNum: m.MeanNum + dNum*share,
		MeanDen: m.MeanDen + dDen*share,
		MeanPre: m.MeanPre + dPre*share,
		M2Num:   m.M2Num + o.M2Num + dNum*dNum*weight,
		M2Den:   m.M2Den + o.M2Den + dDen*dDen*weight,
		M2Pre:   m.M2Pre + o.M2Pre + dPre*dPre*weight,
		CNumDen: m.CNumDen + o.CNumDen + dNum*dDen*weight,
		CNumPre: m.CNumPre + o.CNumPre + dNum*dPre*weight,
	}
}

// Sample is the same as the warehouse says it: means, sample variances and
// covariances (divided by n - 1). Where n is below 2 these may be NaN.
type Sample struct {
	N                         int64
	MeanNum, MeanDen, MeanPre float64
	VarNum, VarDen, VarPre    float64
	CovNumDen, CovNumPre      float64
}

// Moments turns variances into sums.
func (s Sample) Moments() Moments {
	m := Moments{N: s.N, MeanNum: s.MeanNum, MeanDen: s.MeanDen, MeanPre: s.MeanPre}
	if s.N > 1 {
		n := float64(s.N - 1)
		m.M2Num, m.M2Den, m.M2Pre = s.VarNum*n, s.VarDen*n, s.VarPre*n
		m.CNumDen, m.CNumPre = s.CovNumDen*n, s.CovNumPre*n
	}
	return m
}

// Sample is the way back. With fewer than two units there is no variance: 0.
func (m Moments) Sample() Sample {
	s := Sample{N: m.N, MeanNum: m.MeanNum, MeanDen: m.MeanDen, MeanPre: m.MeanPre}
	if m.N > 1 {
		n := float64(m.N - 1)
		s.VarNum, s.VarDen, s.VarPre = m.M2Num/n, m.M2Den/n, m.M2Pre/n
		s.CovNumDen, s.CovNumPre = m.CNumDen/n, m.CNumPre/n
	}
	return s
}

// denominators are the moments of the denominator as a metric of its own.
func (m Moments) denominators() Moments {
	return Moments{N: m.N, MeanNum: m.MeanDen, M2Num: m.M2Den, MeanDen: 1}
}

// covariates are the moments of the covariate as a metric of its own.
func (m Moments) covariates() Moments {
	return Moments{N: m.N, MeanNum: m.MeanPre, M2Num: m.M2Pre, MeanDen: 1}
}

// Finite says whether no moment is NaN or infinite, which JSON cannot hold.
func (m Moments) Finite() bool {
	// One NaN or infinity makes the sum one, or two infinities a NaN.
	sum := m.MeanNum + m.MeanDen + m.MeanPre + m.M2Num + m.M2Den + m.M2Pre + m.CNumDen + m.CNumPre
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}
