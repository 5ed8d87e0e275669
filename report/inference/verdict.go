package inference

import "askbuy/internal/experiment"

// Decision is what to do. The set is closed and its order is the order in
// which they are asked: the first that holds is given, and one always does.
type Decision string

// The decisions.
const (
	Invalid            Decision = "INVALID"
	NotEnoughData      Decision = "NOT ENOUGH DATA"
	RollBack           Decision = "ROLL BACK"
	Ship               Decision = "SHIP"
	Review             Decision = "REVIEW"
	NoMeaningfulEffect Decision = "NO MEANINGFUL EFFECT"
	Inconclusive       Decision = "INCONCLUSIVE"
	KeepRunning        Decision = "KEEP RUNNING"
)

// Reason is why. The set is closed.
type Reason string

// The reasons.
const (
	SampleRatio     Reason = "sample_ratio"
	ReplayMismatch  Reason = "replay_mismatch"
	Contamination   Reason = "contaminated"
	FilteredAfter   Reason = "post_treatment_filter"
	TooFewUnits     Reason = "too_few_units"
	TooFewConverted Reason = "too_few_conversions"
	TooFewDays      Reason = "too_few_days"
	PrimaryRefused  Reason = "primary_refused"
	Harm            Reason = "harm"
	Gain            Reason = "gain"
	GuardrailOpen   Reason = "guardrail_undecided"
	PartOfUnits     Reason = "part_of_units"
	WithinMDE       Reason = "within_mde"
	NothingSeen     Reason = "nothing_seen"
	NoBoundaryYet   Reason = "no_boundary_crossed"
)

// What an experiment needs to be judged, and what makes it unbelievable.
const (
	minUnits         = 100
	minConverted     = 25
	minDays          = 7
	maxMismatched    = 0.001
	maxContaminated  = 0.05
	noteContaminated = 0.01
)

// Verdict is what to do about one treatment, and why.
type Verdict struct {
	Variant  string   `json:"variant"`
	Decision Decision `json:"verdict"`
	Reason   Reason   `json:"reason"`
	Metric   string   `json:"metric,omitempty"` // that decided
	Number   float64  `json:"number"`           // behind the reason
}

// broken are the reasons not to believe anything.
func (p plan) broken(in Input, h Health) []Reason {
	var reasons []Reason
	if h.SRMRunning < srmSequentialLevel || p.final && h.SRMP < srmFinalLevel {
		reasons = append(reasons, SampleRatio)
	}
	if h.mismatch > maxMismatched && p.Assignment == experiment.ByAskbuy {
		reasons = append(reasons, ReplayMismatch)
	}
	if h.contamination >= maxContaminated {
		reasons = append(reasons, Contamination)
	}
	if in.Filter != nil && !in.Filter.BeforeExposure {
		reasons = append(reasons, FilteredAfter)
	}
	return reasons
}

// number is the figure behind a reason not to believe.
func (h Health) number(why Reason, final bool) float64 {
	switch why {
	case SampleRatio:
		if final {
			return min(h.SRMRunning, h.SRMP)
		}
		return h.SRMRunning
	case ReplayMismatch:
		return h.mismatch
	case Contamination:
		return h.contamination
	}
	return 0
}

// verdict decides of all units alone. A look at a part of them is no look that
// was planned or is counted: who tries parts until one shines must not be told
// to ship it.
func (p plan) verdict(in Input, h Health, results []Result, arm int) Verdict {
	v := p.ofAll(in, h, results, arm)
	if in.Filter != nil && (v.Decision == Ship || v.Decision == RollBack) {
		return v.say(Review, PartOfUnits, v.Metric, v.Number)
	}
	return v
}

// ofAll asks in the order of the decisions.
func (p plan) ofAll(in Input, h Health, results []Result, arm int) Verdict {
	v := Verdict{Variant: p.Variants[arm].Name}
	if len(h.broken) > 0 {
		return v.say(Invalid, h.broken[0], "", h.number(h.broken[0], p.final))
	}
	primary := results[p.Primary()]
	if why, metric, number := p.lacking(in, primary, arm); why != "" {
		return v.say(NotEnoughData, why, metric, number)
	}
	for _, r := range results {
		if p.harmful(r, r.Metric == primary.Metric) {
			return v.say(RollBack, Harm, r.Metric, orZero(r.Lift))
		}
	}
	if primary.state == better {
		for _, r := range results {
			if r.Role == experiment.Guardrail && r.Guardrail != NonInferior {
				return v.say(Review, GuardrailOpen, r.Metric, orZero(r.Lift))
			}
		}
		return v.say(Ship, Gain, primary.Metric, orZero(primary.Lift))
	}
	if !p.final {
		return v.say(KeepRunning, NoBoundaryYet, primary.Metric, float64(p.daysUntilFinal(in.CutOff)))
	}
	mde := p.Metrics[p.Primary()].MDE
	if primary.LiftLo != nil && *primary.LiftLo > -mde && *primary.LiftHi < mde {
		return v.say(NoMeaningfulEffect, WithinMDE, primary.Metric, mde)
	}
	return v.say(Inconclusive, NothingSeen, primary.Metric, orZero(primary.MDE))
}

func (v Verdict) say(d Decision, why Reason, metric string, number float64) Verdict {
	v.Decision, v.Reason, v.Metric, v.Number = d, why, metric, number
	return v
}

// lacking is what there is too little of, and how much there is.
func (p plan) lacking(in Input, primary Result, arm int) (why Reason, metric string, number float64) {
	control := p.Control()
	if units := min(in.Arms[control].Units, in.Arms[arm].Units); units < minUnits {
		return TooFewUnits, "", float64(units)
	}
	m := in.Metrics[p.Primary()]
	if m.Refused == NotRefused {
		if converted := min(m.Converted[control], m.Converted[arm]); converted < minConverted {
			return TooFewConverted, primary.Metric, float64(converted)
		}
	}
	if primary.Refused != NotRefused {
		return PrimaryRefused, primary.Metric, 0
	}
	if p.elapsed < minDays {
		return TooFewDays, "", p.elapsed
	}
	return "", "", 0
}

// harmful says whether a metric alone is reason to stop: by the bounds that
// hold at every look, and for the primary by the final look's own test too.
func (p plan) harmful(r Result, primary bool) bool {
	return r.Role.Watched() && (r.harmed || primary && r.state == worse)
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}
