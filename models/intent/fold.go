package intent

import (
	"math"
	"time"
)

// SessionGap is how long a conversation may be silent: after more than that
// the fold starts anew. A gap of exactly SessionGap continues.
const SessionGap = 24 * time.Hour

// Params are the numbers of the fold. With them anybody can compute it, for
// the points (ts_i, e_i) of one conversation in message order, in float64:
//
//	S_1 = e_1
//	S_i = e_i                                                    if ts_i - ts_(i-1) > SessionGapMs
//	S_i = Gamma * pow(2, -dt / HalfLifeMs) * S_(i-1) + e_i,      dt = greatest(0, ts_i - ts_(i-1)), otherwise
//	z   = HeadA * S_i + HeadB                                    natural log-odds of an order
//	buyScore = round(1 / (1 + exp(-(z - RefLogit))), 3)
//	p_order  = round(1 / (1 + exp(-(CalC - CalA * log1p(exp(-z)) + CalB * log1p(exp(z))))), 6)
//
// Products are taken from left to right; rounding is to the nearest, ties to
// even (as ClickHouse's round of a Float64 is). buyScore is free of the base
// rate: 0.7 is a likelihood ratio of 7/3, whatever RefLogit. p_order is beta
// calibration of s = sigmoid(z): CalA*ln(s) - CalB*ln(1-s) + CalC.
type Params struct {
	Gamma        float64 `json:"gamma"`          // what remains of the past at the next message, 0 to 1
	HalfLifeMs   float64 `json:"half_life_ms"`   // of the past while nobody writes
	SessionGapMs int64   `json:"session_gap_ms"` // always SessionGap
	HeadA        float64 `json:"head_a"`         // above 0
	HeadB        float64 `json:"head_b"`
	RefLogit     float64 `json:"ref_logit"` // log-odds of the base rate that HeadB includes
	CalA         float64 `json:"cal_a"`     // not below 0
	CalB         float64 `json:"cal_b"`     // not below 0
	CalC         float64 `json:"cal_c"`
}

// Point is a user's message as the fold sees it.
type Point struct {
	TS       int64 // event time, ms since the epoch
	Evidence float64
}

// Folded is what a conversation says after one of its messages.
type Folded struct {
	BuyScore float64 // 0 to 1, rounded to 3 decimals: this value decides
	POrder   float64 // calibrated probability of an order, rounded to 6 decimals
}

// Params are those of this model.
func (m *Model) Params() Params { return m.manifest.Params }

// Fold says what one conversation's messages add up to, after each of them.
// Points are in message order (ts, event_id); a ts below the one before it
// counts as equal to it.
func (m *Model) Fold(points []Point) []Folded {
	out := make([]Folded, len(points))
	var s float64
	for i, p := range points {
		if i == 0 {
			s = p.Evidence
		} else {
			s = m.manifest.Params.step(s, points[i-1].TS, p)
		}
		out[i] = m.manifest.Params.read(s)
	}
	return out
}

// step carries the state s, reached at prev, to the point p. The conversions
// keep compilers from fusing a product and a sum into one rounding.
func (p Params) step(s float64, prev int64, next Point) float64 {
	var dt uint64 // a difference of two int64 may need 64 bits
	if next.TS > prev {
		dt = uint64(next.TS) - uint64(prev)
	}
	if dt > uint64(p.SessionGapMs) {
		return next.Evidence
	}
	kept := float64(p.Gamma * math.Pow(2, -float64(dt)/p.HalfLifeMs))
	return float64(kept*s) + next.Evidence
}

// read turns a state into the two scores.
func (p Params) read(s float64) Folded {
	z := p.Logit(s)
	return Folded{BuyScore: Round3(sigmoid(z - p.RefLogit)), POrder: round6(sigmoid(p.calibrate(z)))}
}

// Logit is the log-odds of an order in the state s, before calibration.
func (p Params) Logit(s float64) float64 { return float64(p.HeadA*s) + p.HeadB }

// calibrate is the calibrated log-odds of z.
func (p Params) calibrate(z float64) float64 {
	return float64(p.CalC-float64(p.CalA*math.Log1p(math.Exp(-z)))) + float64(p.CalB*math.Log1p(math.Exp(z)))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Round3 rounds to 3 decimals, ties to even.
func Round3(x float64) float64 { return math.RoundToEven(x*1000) / 1000 }
