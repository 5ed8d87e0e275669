// Package learn makes a model out of what shops stored: which conversations
// ended in orders that were kept. It starts from a bundle that knows the
// language (the shipped one), learns what each message says of the end of its
// conversation, what the messages, the behaviours and the orders before add up
// to, and how probable an order therefore is; and it judges models on
// conversations that no training saw.
//
// What must stay true:
//   - the same facts make the same bundle, whatever their order, bit for bit
//     on one processor architecture; the clock is the latest event's;
//   - what a model reads at a message had happened by then;
//   - a conversation whose 72 h are not over is neither order nor none: it
//     counts by what is still to be expected of it;
//   - conversations that are held out decide whether a model is better, and
//     nothing else does.
package learn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"askbuy/models/intent"
	"askbuy/models/intent/train"
)

// Config says what to learn from.
type Config struct {
	Base *intent.Bundle // whose weights it starts from, and whose acts it keeps
	Seed uint64

	// Naive is a control, and no way to train: a window that is open counts as
	// one without an order. What judges models must refuse what it gives.
	Naive bool
}

// What there must be to learn from.
const (
	leastClosed = 200
	leastOrders = 30
)

// ErrTooFew says that there is not enough to learn from yet.
var ErrTooFew = errors.New("too few examples")

// Train learns a bundle from facts.
func Train(c Config, facts Facts) (*intent.Bundle, error) {
	base, err := intent.Load(c.Base)
	if err != nil {
		return nil, fmt.Errorf("learn: the base model: %w", err)
	}
	facts.sort()
	t := &trainer{Config: c, model: base, until: facts.until()}
	all := reading{base, t.until}.conversations(&facts)
	for _, conv := range all {
		switch {
		case conv.stands == 0: // what came of it came of what was done
		case HeldOut(conv.Shopper, conv.id):
			t.held = append(t.held, conv)
		case len(conv.points) > 0:
			t.all = append(t.all, conv)
		}
	}
	if err := t.enough(); err != nil {
		return nil, err
	}
	weigh(t.all)
	t.labels = newLabels(t.all, t.until, c.Naive)
	b, err := t.learn()
	if err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	b.Manifest.Training.Facts = t.from(facts)
	if err := t.measure(b, facts); err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	return b, seal(b)
}

// trainer is one training.
type trainer struct {
	Config
	model  *intent.Model
	until  int64
	all    []*conversation // to learn from
	held   []*conversation
	labels labels
	prior  []lesson
	bias   float64 // log-odds of the base rate
}

func (t *trainer) enough() error {
	var closed, kept int
	for _, c := range t.all {
		if !c.open(t.until) {
			closed++
		}
		for _, o := range c.orders {
			if o.Kept {
				kept++
				break
			}
		}
	}
	if closed < leastClosed || kept < leastOrders {
		return fmt.Errorf("learn: %w: %d conversations whose 72 h are over and %d with an order that was kept; %d and %d are needed, beside those held out: train when there are more", ErrTooFew, closed, kept, leastClosed, leastOrders)
	}
	return nil
}

// learn takes two turns: the first knows only what is over, the second counts
// what is open by what the first expects of it. Over is what time has closed:
// an order that came early would bring its conversation in, and none would not.
func (t *trainer) learn() (*intent.Bundle, error) {
	over := t.all
	if !t.Naive {
		over = nil
		for _, c := range t.all {
			if !c.open(t.until) {
				over = append(over, c)
			}
		}
	}
	params, err := t.turn(over, func(c *conversation, i int) float64 { return c.kept[i] })
	if err != nil {
		return nil, err
	}
	expected := map[*conversation][]float64{}
	if len(over) < len(t.all) {
		for _, c := range t.all {
			expected[c] = c.probabilities(params)
		}
		params, err = t.turn(t.all, func(c *conversation, i int) float64 { return t.labels.of(c, i, expected[c][i]) })
		if err != nil {
			return nil, err
		}
	}
	params = fitLoss(params, t.all)
	m := learnEvidence(t.Base, t.bias, t.lessons(t.all, func(c *conversation, i int) float64 {
		if e := expected[c]; e != nil {
			return t.labels.of(c, i, e[i])
		}
		return c.kept[i]
	}, -1), t.Seed)
	b := &intent.Bundle{Manifest: t.Base.Manifest, Topics: t.Base.Topics}
	b.Manifest.ID = ""
	b.Manifest.Params = params
	b.Manifest.Metrics = intent.Metrics{}
	b.Manifest.Training.BaseRate = sigmoid(t.bias)
	b.Evidence, b.Manifest.EvidenceScale = m.Quantised()
	return b, nil
}

// turn learns evidence in a cross-fit and a head on it. All conversations,
// also those that it does not learn from, are read by weights that did not
// see their shopper.
func (t *trainer) turn(from []*conversation, target func(c *conversation, i int) float64) (p intent.Params, err error) {
	var sum, weight float64
	all := examples(from, target)
	for _, e := range all {
		sum, weight = sum+float64(e.weight*e.target), weight+e.weight
	}
	t.bias = logit(min(max(sum/weight, 1e-4), 1-1e-4))
	if t.prior, err = prior(t.model, t.bias, t.Seed); err != nil {
		return p, err
	}
	for k := range crossParts {
		m := learnEvidence(t.Base, t.bias, t.lessons(from, target, k), t.Seed)
		for _, c := range t.all {
			if c.part() == k {
				c.read(m)
			}
		}
	}
	p = *t.model.Params()
	p.RefLogit, p.Signals, p.Shops, p.LossB, p.Loss = t.bias, nil, nil, 0, nil
	return fitHead(p, all), nil
}

// lessons are the prior and the messages of all shoppers but those of a part.
func (t *trainer) lessons(from []*conversation, target func(c *conversation, i int) float64, without int) []lesson {
	lessons := append([]lesson(nil), t.prior...)
	for _, c := range from {
		if c.part() == without {
			continue
		}
		for i := range c.points {
			lessons = append(lessons, lesson{c.features[i], target(c, i), c.weight / math.Sqrt(float64(len(c.points)))})
		}
	}
	return lessons
}

// part is the one of the cross-fit that the shopper is in.
func (c *conversation) part() int { return int(part("cross-fit", c.Shopper, "") % crossParts) }

// probabilities are those of an order, after each message, unrounded.
func (c *conversation) probabilities(p intent.Params) []float64 {
	out := make([]float64, len(c.points))
	for i := range c.points {
		c.points[i].Params = &p
	}
	for i, f := range intent.Fold(c.Shop, c.points, c.past) {
		out[i] = f.POrder
	}
	return out
}

// from says what was learned from.
func (t *trainer) from(facts Facts) *intent.LearnedFrom {
	f := &intent.LearnedFrom{Base: t.Base.Manifest.ID, Until: t.until, Digest: facts.digest(), Conversations: len(t.all), HeldOut: len(t.held)}
	if facts.sampled() {
		f.Share = facts.Share
	}
	shops := map[string]bool{}
	for _, c := range t.all {
		shops[c.Shop] = true
		f.Messages += len(c.points)
		if c.unknown(t.until) {
			f.Open++
		}
		if slices.ContainsFunc(c.orders, func(o Order) bool { return o.Kept }) {
			f.Orders++
		}
	}
	f.Shops = len(shops)
	return f
}

// seal gives the bundle its golden texts and its id.
func seal(b *intent.Bundle) error {
	texts, err := train.GoldenTexts()
	if err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	return b.Seal(texts)
}
