package simulator

import (
	"math"
	"time"

	"askbuy/internal/simulator/truth"
)

// The oracle knows every number that the simulator draws by, and what could be
// seen up to a message, but not the class of the conversation: its forecasts
// are the best there can be. It looks through three pairs of eyes:
//
//	text  what the shopper did by writing, and which shop it is
//	seen  the behaviours too, and the shopper's earlier conversations with
//	      their orders, as they stood when this one began
//	full  text, behaviours, and the shopper's traits themselves
//
// Of each message they say P(k | ...) by a forward filter over the classes,
// and the forecast is the sum over k of P(k | ...) times the probability that
// the order comes, is attributed to the conversation, and is kept. Traps are
// unknown to it: it is exact for conversations that are not trapped.

// biasSteps is how many points stand for a shopper's unknown bias, from -3 to
// 3 standard deviations.
const biasSteps = 13

// mind is a shopper as far as one could know: every pair of a bias and the
// trait of boasting with its weight, and the mean proneness to returns.
type mind struct {
	weight  [2][biasSteps]float64
	returns float64
}

// chances are the probabilities of an order by trait, bias and class.
type chances [2][biasSteps][]float64

// oracle holds what does not hang on a conversation.
type oracle struct {
	bias    [biasSteps]float64
	prior   mind
	returns [returnSteps]float64 // weights of the proneness to returns
	tables  map[float64]*chances // by what shop, day and variant add
}

func newOracle(o *Options) *oracle {
	or := &oracle{tables: map[float64]*chances{}}
	for i := range or.bias {
		z := 6*float64(i)/(biasSteps-1) - 3
		or.bias[i] = z * o.spread()
		or.prior.weight[0][i] = (1 - boasters) * math.Exp(-z*z/2)
		or.prior.weight[1][i] = boasters * math.Exp(-z*z/2)
	}
	for i := range or.returns {
		r := returnStep(i)
		or.returns[i] = (1-returners)*beta(r, 2, 38) + returners*beta(r, 8, 8)
	}
	or.prior.returns = or.expectedReturns(nil, 0)
	return or
}

func (or *oracle) chances(base float64) *chances {
	if t := or.tables[base]; t != nil {
		return t
	}
	t := &chances{}
	for boasts := range t {
		for i := range t[boasts] {
			for k := range classes {
				t[boasts][i] = append(t[boasts][i], sigmoid(odds(k, base, or.bias[i], boasts == 1)))
			}
		}
	}
	or.tables[base] = t
	return t
}

// belief holds the weights of the classes, for shoppers who boast and others.
type belief [2][]float64

func newBelief() belief { return belief{normalised(sharesOf(false)), normalised(sharesOf(true))} }

func normalised(w []float64) []float64 {
	total := 0.0
	for _, x := range w {
		total += x
	}
	for i := range w {
		w[i] /= total
	}
	return w
}

// read takes one message in: the message itself, that there was another one,
// and, for those who look at them, the behaviours before it.
func (b *belief) read(turn int, s, before *step, behaviors bool) {
	total := 0.0
	for k := range classes {
		p := likelihood(&classes[k], turn, s, before)
		if behaviors {
			p *= classes[k].likelihoodOf(turn, s.did)
		}
		b[0][k] *= p
		b[1][k] *= p
		total += b[0][k] + b[1][k]
	}
	for k := range classes { // only the weights' proportions count
		b[0][k] /= total
		b[1][k] /= total
	}
}

func likelihood(k *class, turn int, s, before *step) float64 {
	w := k.weights(turn)
	sum := 0.0
	for _, x := range w {
		sum += x
	}
	p := w[s.act] / sum
	if before == nil {
		return p
	}
	p *= 1 - repeating
	if s.act == before.act {
		p += repeating
	}
	return p * k.stay
}

// likelihoodOf is that of the behaviours before a message.
func (k *class) likelihoodOf(turn int, did []doing) float64 {
	mean := k.does
	if turn == 0 {
		mean = k.looks
	}
	sum := 0.0
	for _, x := range k.behaviors {
		sum += x
	}
	p := math.Exp(-mean)
	for _, d := range did {
		p *= mean * k.behaviors[d] / sum // the factorial is the same for all
	}
	return p
}

// forecast is the probability that an order of the conversation is kept.
func (or *oracle) forecast(t *trace, b *belief, m *mind) float64 {
	sum, total, table := 0.0, 0.0, or.chances(t.base)
	for boasts := range m.weight {
		for i, w := range m.weight[boasts] {
			for k, p := range b[boasts] {
				sum += w * p * table[boasts][i][k]
				total += w * p
			}
		}
	}
	return sum / total * kept(m.returns+t.giving)
}

// known is the forecast of one who knows the shopper's traits.
func known(t *trace, b *belief) float64 {
	boasts := 0
	if t.shopper.boasts {
		boasts = 1
	}
	sum, total := 0.0, 0.0
	for k, p := range b[boasts] {
		sum += p * sigmoid(odds(k, t.base, t.shopper.bias, boasts == 1))
		total += p
	}
	return sum / total * kept(t.shopper.returns+t.giving)
}

// kept is the probability that an order is paid, attributed to its
// conversation and worth something in the end. An order that is not named
// counts within 72 hours. Of partial refunds, one to three of up to a half
// each, one in 18 is the whole amount.
func kept(returns float64) float64 {
	attributed := named + (1-named)*delayWithin(window)
	return (1 - unpaid) * attributed * (1 - min(1, returns)) * (1 - partly/18)
}

// delayWithin is the distribution of an order's delay.
func delayWithin(d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return soon*(1-math.Exp(-float64(d)/float64(soonMean))) +
		sameDay*logNormalWithin(d, sameDayMedian, sameDaySpread) +
		nextDay*logNormalWithin(d, nextDayMedian, nextDaySpread)
}

func logNormalWithin(d, median time.Duration, spread float64) float64 {
	if d <= 0 {
		return 0
	}
	return math.Erfc(-math.Log(float64(d)/float64(median))/spread/math.Sqrt2) / 2
}

// oracle gives the forecasts of every message.
func (w *world) oracle(o Options) []truth.Forecast {
	or := newOracle(&o)
	var out []truth.Forecast
	past := histories(w.traces)
	for _, of := range past {
		for i, t := range of {
			out = append(out, or.conversation(t, of[:i])...)
		}
	}
	return out
}

func (or *oracle) conversation(t *trace, earlier []*trace) []truth.Forecast {
	out := make([]truth.Forecast, 0, len(t.steps))
	text, seen := newBelief(), newBelief()
	m := or.mind(earlier, t.start)
	var before *step
	for i := range t.steps {
		s := &t.steps[i]
		text.read(i, s, before, false)
		seen.read(i, s, before, true)
		before = s
		out = append(out, truth.Forecast{
			ShopID: t.shop.id, UserID: t.user, ConvID: t.conv, EventID: s.id, TS: truth.Millis(s.ts),
			Prefix: int64(i + 1), Act: actNames[s.act], IsTrapped: truth.FlagOf(t.trapped),
			PText: or.forecast(t, &text, &or.prior), PSeen: or.forecast(t, &seen, &m), PFull: known(t, &seen)})
	}
	return out
}
