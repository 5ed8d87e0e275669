package simulator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// Trial is an experiment that the simulated shops run. The zero value of all
// but Key and Share is an A/A: two variants that do the same.
type Trial struct {
	Key          string
	Share        float64 // of shoppers who get the treatment, above 0 and below 1
	Effect       float64 // log odds of an order that the treatment adds
	Returns      float64 // what it adds to the probability that an order comes to nothing
	Dropped      float64 // share of treated shoppers whose exposures are all lost: the sample ratio is off
	Contaminated float64 // share of shoppers who are exposed to both variants
}

// Names of the variants.
const (
	control   = "control"
	treatment = "treatment"
)

// A trial takes two weeks. What comes of them has come when the period ends:
// orders within 72 hours, refunds within 15 days more.
const (
	trialRuns    = 14 * day
	trialMatures = window + 15*day
)

func (t *Trial) validate(o *Options) error {
	var errs []error
	share := func(name string, x float64) {
		if !(x >= 0 && x < 1) {
			errs = append(errs, fmt.Errorf("%s: want a share from 0 to below 1, have %g", name, x))
		}
	}
	if t.Key == "" || strings.ContainsAny(t.Key, "'/\\\n") {
		errs = append(errs, fmt.Errorf("experiment: want a key without quotes and slashes, have %q", t.Key))
	}
	if t.Share <= 0 {
		errs = append(errs, fmt.Errorf("experiment's share: want more than 0, have %g", t.Share))
	}
	share("experiment's share", t.Share)
	share("experiment's returns", t.Returns)
	share("experiment's dropped", t.Dropped)
	share("experiment's contaminated", t.Contaminated)
	if o.End.Sub(o.Start) < trialRuns+trialMatures {
		errs = append(errs, fmt.Errorf("period: an experiment needs %s, have %s", trialRuns+trialMatures, o.End.Sub(o.Start)))
	}
	return errors.Join(errs...)
}

// file is the experiment as askbuy's own file.
func (t *Trial) file(o *Options, shops []shop) []byte {
	end := o.End.Add(-trialMatures).UTC().Truncate(time.Millisecond)
	ids := make([]string, len(shops))
	for i := range shops {
		ids[i] = "'" + shops[i].id + "'"
	}
	return fmt.Appendf(nil, `experiment: '%s'
hypothesis: the simulated treatment adds %g to the log odds of an order
owner: simulator
start: %s
planned_end: %s
shops: [%s]
assignment: askbuy
variants: [{name: %s, weight: %.6g, control: true}, {name: %s, weight: %.6g}]
metrics:
  - {metric: conversation_to_order, role: success}
  - {metric: revenue_per_user, role: success}
  - {metric: refund_rate, %s}
  - {metric: conversations_per_user, role: diagnostic}
`, t.Key, t.Effect, end.Add(-trialRuns).Format(time.RFC3339Nano), end.Format(time.RFC3339Nano),
		strings.Join(ids, ", "), control, 1-t.Share, treatment, t.Share, t.refunds())
}

// refunds are watched where the treatment adds some. Two weeks are too short
// to show that there are no more of them, which would leave every gain open.
func (t *Trial) refunds() string {
	if t.Returns > 0 {
		return "role: guardrail, nim: 0.05"
	}
	return "role: diagnostic"
}

// running is a trial whose file was read: assignment is the product's own.
type running struct {
	Trial
	text   []byte
	of     []experiment.Experiment
	forced string // every shopper gets this variant, "" their own: a world that might have been
	seed   uint64
}

func (o *Options) runTrial(shops []shop, forced string) (*running, error) {
	if o.Trial == nil {
		return o.given, nil
	}
	r := &running{Trial: *o.Trial, text: o.Trial.file(o, shops), forced: forced, seed: o.Seed}
	e, err := experiment.Parse(r.text)
	if err != nil {
		return nil, fmt.Errorf("make experiment: %w", err)
	}
	r.of = []experiment.Experiment{e}
	return r, nil
}

func (r *running) truth() *truth.Trial {
	e := r.of[0]
	return &truth.Trial{Experiment: e.Key, Control: control, Variants: []string{control, treatment},
		Start: truth.Millis(e.Start.UnixMilli()), PlannedEnd: truth.Millis(e.PlannedEnd.UnixMilli()),
		File: r.text, Worlds: map[string][]event.Event{}}
}

// beforeMessage is how long before the first message a variant is shown, ms.
const beforeMessage = 3000

// enter puts a conversation into the trial when it begins while that runs. A
// shopper who is exposed to both variants sees the own one first, and it is
// the one that works.
func (c *conversation) enter() {
	r := c.trial
	at := c.now - beforeMessage
	if e := r.of[0]; at < e.Start.UnixMilli() || c.now >= e.PlannedEnd.UnixMilli() {
		return
	}
	bucket := experiment.Assign(c.shop.id, c.user, r.of)
	if len(bucket) == 0 || bucket[0].Variant == nil {
		return
	}
	variant := *bucket[0].Variant
	if r.forced != "" {
		variant = r.forced
	}
	if variant == treatment {
		c.trace.base += r.Effect
		c.trace.giving = r.Returns
	}
	fate := newStream(r.seed, "trial", c.shop.id+"\x00"+c.user)
	lost, both := fate.chance(r.Dropped), fate.chance(r.Contaminated)
	if r.forced == "" && lost && variant == treatment {
		return
	}
	c.exposeTo(variant, at)
	if r.forced == "" && both {
		c.exposeTo(other(variant), at+1)
	}
}

func other(variant string) string {
	if variant == control {
		return treatment
	}
	return control
}

// exposeTo tells an exposure, and tells it at once: before the first reply.
func (c *conversation) exposeTo(variant string, at int64) {
	before := len(c.out)
	c.tell(event.Event{Type: event.TypeExposure, ID: c.nextID("x"), UserID: c.user, ConvID: c.id,
		Experiment: c.trial.Key, Variant: variant, TS: at})
	for i := before; i < len(c.out); i++ {
		c.out[i].prompt = true
	}
}
