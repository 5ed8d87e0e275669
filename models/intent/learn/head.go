package learn

import (
	"cmp"
	"maps"
	"slices"

	"askbuy/models/intent"
	"askbuy/models/intent/train"
)

// How strongly what the head learns is drawn to what it starts from, in
// conversations.
const (
	pullEvidence = 10.
	pullSignal   = 2.
	pullShop     = 200. // of closed conversations: empirical Bayes
	leastSlope   = .01
	leastLosses  = 20 // orders lost and kept, for a model of the loss
)

// example is one message as the head sees it.
type example struct {
	c      *conversation
	at     int
	target float64
	weight float64 // 1/n of the conversation's
}

// examples are all messages that count.
func examples(all []*conversation, target func(c *conversation, i int) float64) (out []example) {
	for _, c := range all {
		for i := range c.points {
			out = append(out, example{c, i, target(c, i), c.weight / float64(len(c.points))})
		}
	}
	return out
}

// fitHead learns how evidence and signals make log-odds: from evidence that
// others' conversations gave, or it would be too sure of itself.
func fitHead(p intent.Params, all []example) intent.Params {
	names := intent.SignalNames()
	rows := make([]train.Row, len(all))
	for i, e := range all {
		in := e.c.inputs[e.at]
		rows[i] = train.Row{X: append([]float64{in.State, 1}, in.Signals...), Target: e.target, Weight: e.weight}
	}
	start, pull := make([]float64, 2+len(names)), make([]float64, 2+len(names))
	start[0], start[1] = p.HeadA, p.RefLogit
	for i := range pull {
		pull[i] = pullSignal
	}
	pull[0], pull[1] = pullEvidence, 0
	w := train.Regress(start, pull, rows)
	p.HeadA, p.HeadB, p.Signals = max(w[0], leastSlope), w[1], byName(w[2:])
	p.Shops = fitShops(p, all)
	return calibrate(p, all)
}

// byName keeps the signals that count.
func byName(w []float64) map[string]float64 {
	named := map[string]float64{}
	for i, name := range intent.SignalNames() {
		if x := round4(w[i]); x != 0 {
			named[name] = x
		}
	}
	return named
}

// logit is the log-odds of an example, without the shop's offset.
func (e example) logit(p intent.Params) float64 {
	in := e.c.inputs[e.at]
	z := p.Logit(in.State)
	for i, name := range intent.SignalNames() {
		z += float64(p.Signals[name] * in.Signals[i])
	}
	return z
}

// fitShops gives every shop the log-odds by which it differs from what the
// head expects of it, drawn to 0 where it has few conversations:
// N/(N+k) * (logit(observed) - logit(expected)).
func fitShops(p intent.Params, all []example) map[string]float64 {
	type sums struct{ n, observed, expected float64 }
	shops := map[string]sums{}
	for _, e := range all {
		s, weight := shops[e.c.Shop], e.weight/e.c.weight*e.c.stands
		s.n += weight
		s.observed += weight * e.target
		s.expected += weight * sigmoid(e.logit(p))
		shops[e.c.Shop] = s
	}
	offsets := map[string]float64{}
	for _, shop := range slices.Sorted(maps.Keys(shops)) {
		s := shops[shop]
		rate := func(sum float64) float64 { return (sum + .5) / (s.n + 1) }
		if x := round4(s.n / (s.n + pullShop) * (logit(rate(s.observed)) - logit(rate(s.expected)))); x != 0 {
			offsets[shop] = x
		}
	}
	return offsets
}

// calibrate fits the beta calibration of the log-odds.
func calibrate(p intent.Params, all []example) intent.Params {
	rows := make([]train.Row, len(all))
	for i, e := range all {
		rows[i] = train.Row{X: []float64{e.logit(p) + p.Shops[e.c.Shop]}, Target: e.target, Weight: e.weight}
	}
	p.CalA, p.CalB, p.CalC = train.Calibrate(rows, 1)
	return p
}

// fitLoss learns which orders that were kept were touched all the same: by a
// refund of a part. Where there were hardly any it knows nothing.
func fitLoss(p intent.Params, all []*conversation) intent.Params {
	p.LossB, p.Loss = 0, nil
	var rows []train.Row
	var lost, kept float64
	for _, c := range all {
		for i := range c.points {
			if c.kept[i] == 0 {
				continue
			}
			share, weight := 1-c.net[i]/c.kept[i], c.weight*c.kept[i]/float64(len(c.points))
			lost, kept = lost+float64(share*weight), kept+float64((1-share)*weight)
			rows = append(rows, train.Row{X: append([]float64{1}, c.inputs[i].Signals...), Target: share, Weight: weight})
		}
	}
	if lost < leastLosses || kept < leastLosses {
		return p
	}
	pull := make([]float64, 1+len(intent.SignalNames()))
	for i := range pull[1:] {
		pull[1+i] = 5 * pullSignal
	}
	start := make([]float64, len(pull))
	start[0] = logit(lost / (lost + kept))
	w := train.Regress(start, pull, rows)
	p.LossB, p.Loss = cmp.Or(round4(w[0]), 1e-4), byName(w[1:])
	return p
}
