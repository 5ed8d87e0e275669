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
//	z   = HeadA * S_i + HeadB + sum of Signals[k] * x_k          natural log-odds of an order, k in the order of SignalNames
//	buyScore = round(1 / (1 + exp(-(z - RefLogit))), 3)
//	y   = z + Shops[shop_id]
//	p   = 1 / (1 + exp(-(CalC - CalA * log1p(exp(-y)) + CalB * log1p(exp(y)))))
//	p_order = round(p, 6)
//	p_net   = round(p / (1 + exp(LossB + sum of Loss[k] * x_k)), 6)
//
// Products are taken from left to right; rounding is to the nearest, ties to
// even (as ClickHouse's round of a Float64 is). The signals x_k are those of
// Past at ts_i. buyScore is free of the base rate: 0.7 is a likelihood ratio of
// 7/3, whatever RefLogit and Shops. p_order is beta calibration of
// s = sigmoid(y): CalA*ln(s) - CalB*ln(1-s) + CalC (Kull et al. 2017). p_net is
// the probability of an order that is neither cancelled nor refunded.
//
// Where models follow one another within a conversation, each point is read by
// the Params of its own model.
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

	Signals map[string]float64 `json:"signals,omitzero"` // log-odds of a signal of 1; one that is not here counts 0
	Shops   map[string]float64 `json:"shops,omitzero"`   // log-odds by which a shop differs from all
	LossB   float64            `json:"loss_b,omitzero"`  // log-odds that a paid order is cancelled or refunded; 0: not known, p_net is p_order
	Loss    map[string]float64 `json:"loss,omitzero"`    // and what the signals add to it
}

// Point is a user's message as the fold sees it.
type Point struct {
	TS       int64 // event time, ms since the epoch
	Evidence float64
	Bargain  bool    // its act is Bargain
	Params   *Params // of the model that its evidence is from
}

// Folded is what a conversation says after one of its messages.
type Folded struct {
	BuyScore float64 // 0 to 1, rounded to 3 decimals: this value decides
	POrder   float64 // calibrated probability of an order, rounded to 6 decimals
	PNet     float64 // of an order that is kept, rounded to 6 decimals
	Terms    Terms
}

// Terms are what z is the sum of, HeadB apart, in log-odds: the message, the
// messages before it, and the signals.
type Terms [2 + len(signalNames)]float64

// ByName lists the terms that are not 0 when rounded to 6 decimals, under
// message, earlier and the signals' names.
func (t *Terms) ByName() map[string]float64 {
	named := map[string]float64{}
	for i, term := range t {
		if term = round6(term); term != 0 {
			named[termNames[i]] = term
		}
	}
	return named
}

var termNames = append([]string{"message", "earlier"}, signalNames[:]...)

// Params are those of this model. They are shared: do not write to them.
func (m *Model) Params() *Params { return &m.manifest.Params }

// Fold says what one conversation's messages add up to, after each of them.
// Points are in message order (ts, event_id); a ts below the one before it
// counts as equal to it.
func Fold(shop string, points []Point, past *Past) []Folded {
	out := make([]Folded, len(points))
	walk(points, func(i int, s float64, talk session) {
		out[i] = points[i].Params.read(shop, s, points[i], talk, past)
	})
	return out
}

// walk tells after each point what the evidence adds up to, and the session.
func walk(points []Point, tell func(i int, s float64, talk session)) {
	var s float64
	var talk session
	for i, p := range points {
		if i == 0 || p.Params.fresh(points[i-1].TS, p.TS) {
			s, talk = p.Evidence, session{}
		} else {
			s = p.Params.step(s, points[i-1].TS, p)
		}
		talk.add(p)
		tell(i, s, talk)
	}
}

func since(prev, next int64) uint64 { // a difference of two int64 may need 64 bits
	if next <= prev {
		return 0
	}
	return uint64(next) - uint64(prev)
}

func (p *Params) fresh(prev, next int64) bool { return since(prev, next) > uint64(p.SessionGapMs) }

// step carries the state s, reached at prev, to the point. The conversions
// keep compilers from fusing a product and a sum into one rounding.
func (p *Params) step(s float64, prev int64, next Point) float64 {
	kept := float64(p.Gamma * math.Pow(2, -float64(since(prev, next.TS))/p.HalfLifeMs))
	return float64(kept*s) + next.Evidence
}

// read turns a state into the scores and says what they are made of.
func (p *Params) read(shop string, s float64, at Point, talk session, past *Past) Folded {
	z, loss := p.Logit(s), p.LossB
	terms := Terms{p.HeadA * at.Evidence, p.HeadA * (s - at.Evidence)}
	if len(p.Signals)+len(p.Loss) > 0 {
		x := past.signals(at.TS, talk)
		for k, name := range signalNames {
			terms[2+k] = float64(p.Signals[name] * x[k])
			z += terms[2+k]
			loss += float64(p.Loss[name] * x[k])
		}
	}
	order := sigmoid(p.calibrate(z + p.Shops[shop]))
	net := order
	if p.LossB != 0 {
		net = order / (1 + math.Exp(loss))
	}
	return Folded{BuyScore: Round3(sigmoid(z - p.RefLogit)), POrder: round6(order), PNet: round6(net), Terms: terms}
}

// Logit is the log-odds of an order in the state s, before signals and
// calibration.
func (p *Params) Logit(s float64) float64 { return float64(p.HeadA*s) + p.HeadB }

// calibrate is the calibrated log-odds of z.
func (p *Params) calibrate(z float64) float64 {
	return float64(p.CalC-float64(p.CalA*math.Log1p(math.Exp(-z)))) + float64(p.CalB*math.Log1p(math.Exp(z)))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Round3 rounds to 3 decimals, ties to even.
func Round3(x float64) float64 { return math.RoundToEven(x*1000) / 1000 }
