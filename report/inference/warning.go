package inference

import (
	"math"

	"askbuy/internal/experiment"
)

// Code names a warning. The set is closed.
type Code string

// The warnings.
const (
	WarnSRM            Code = "SRM"
	WarnContaminated   Code = "CONTAMINATED"
	WarnReplayMismatch Code = "REPLAY_MISMATCH"
	WarnPeeking        Code = "PEEKING"
	WarnLowPower       Code = "LOW_POWER"
	WarnLiftUnbounded  Code = "LIFT_UNBOUNDED"
	WarnDenominator    Code = "DENOMINATOR_MOVED"
	WarnImmature       Code = "IMMATURE"
	WarnPipeline       Code = "PIPELINE_PARITY"
	WarnFilter         Code = "POST_TREATMENT_FILTER"
	WarnCovariate      Code = "POST_TREATMENT_COVARIATE"
	WarnPreBias        Code = "PRE_BIAS"
	WarnOutliers       Code = "OUTLIER_DRIVEN"
	WarnTwyman         Code = "TWYMAN"
	WarnPartialWeek    Code = "PARTIAL_WEEK"
	WarnInterference   Code = "INTERFERENCE"
	WarnUnregistered   Code = "UNREGISTERED"
	WarnRefused        Code = "REFUSED"
)

// The levels and bounds of warnings.
const (
	denominatorLevel = 0.01
	pipelineLevel    = 0.001
	preBiasLevel     = 0.001
	immatureShare    = 0.1
	twymanLift       = 0.5
)

// Warning is something to know before the result is believed.
type Warning struct {
	Code    Code    `json:"code"`
	Variant string  `json:"variant,omitempty"`
	Metric  string  `json:"metric,omitempty"`
	Number  float64 `json:"number"`
	Detail  string  `json:"detail,omitempty"`
}

// Unregistered is the warning about exposures of an experiment, or a variant,
// that no file describes. They are stored and not analysed.
func Unregistered(name string, exposures int64) Warning {
	return Warning{Code: WarnUnregistered, Detail: name, Number: float64(exposures)}
}

// warnings are in the order of the experiment first, then of its metrics.
func (p plan) warnings(in Input, a Analysis) []Warning {
	w := p.aboutUnits(in, a.Health)
	w = append(w, p.aboutTime(in, a)...)
	w = append(w, p.aboutPipeline(in)...)
	for i, m := range in.Metrics {
		if m.Refused == NotRefused {
			w = append(w, p.aboutMeasured(p.Metrics[i], m)...)
		}
	}
	for _, r := range a.Results {
		w = append(w, p.aboutResult(in, r)...)
	}
	return w
}

func (p plan) aboutUnits(in Input, h Health) []Warning {
	w := []Warning{}
	for _, why := range h.broken {
		if why == SampleRatio {
			w = append(w, Warning{Code: WarnSRM, Variant: h.SRMArm, Number: h.number(why, p.final)})
		}
	}
	if h.contamination >= noteContaminated {
		w = append(w, Warning{Code: WarnContaminated, Number: h.contamination})
	}
	if h.Mismatched > 0 && p.Assignment == experiment.ByAskbuy {
		w = append(w, Warning{Code: WarnReplayMismatch, Number: float64(h.Mismatched)})
	}
	if f := in.Filter; f != nil && !f.BeforeExposure {
		w = append(w, Warning{Code: WarnFilter, Detail: f.Name})
	}
	for _, u := range in.Unknown {
		w = append(w, Unregistered(p.Key+"/"+u.Variant, u.Exposures))
	}
	return w
}

func (p plan) aboutTime(in Input, a Analysis) []Warning {
	var w []Warning
	if in.Looks > 0 && !p.final && p.Mode != experiment.Sequential {
		w = append(w, Warning{Code: WarnPeeking, Number: float64(in.Looks), Detail: p.FinalAt().UTC().Format("2006-01-02 15:04 UTC")})
	}
	days := p.planned
	for _, v := range a.Verdicts {
		if v.Decision == Ship && !p.final {
			days = math.Floor(p.elapsed)
		}
	}
	if math.Mod(days, 7) != 0 {
		w = append(w, Warning{Code: WarnPartialWeek, Number: days})
	}
	return w
}

// differing are the treatments whose moments differ from the control's.
func (p plan) differing(arms []Moments, level float64, of func(Moments) Moments) []Warning {
	var w []Warning
	for _, arm := range p.treatments() {
		c, t := of(arms[p.Control()]), of(arms[arm])
		d, why := Compare(c, t)
		if why != NotRefused {
			continue
		}
		if value := p.pNow(d, level, float64(c.N+t.N)); value < level {
			w = append(w, Warning{Variant: p.Variants[arm].Name, Number: value})
		}
	}
	return w
}

func (p plan) aboutPipeline(in Input) []Warning {
	var w []Warning
	for _, parity := range in.Pipeline {
		for _, found := range p.differing(parity.Arms, pipelineLevel, func(m Moments) Moments { return m }) {
			found.Code, found.Detail = WarnPipeline, parity.Name
			w = append(w, found)
		}
	}
	return w
}

func (p plan) aboutMeasured(metric experiment.Metric, m Measured) []Warning {
	var w []Warning
	add := func(code Code, detail string, found ...Warning) {
		for _, f := range found {
			f.Code, f.Metric, f.Detail = code, metric.Name, detail
			w = append(w, f)
		}
	}
	definition, _ := experiment.Define(metric.Name)
	if definition.Per == experiment.PerConversation {
		add(WarnDenominator, "", p.differing(m.Arms, denominatorLevel, Moments.denominators)...)
	}
	if metric.CUPED && m.Covariate != nil {
		if m.Covariate.BeforeExposure {
			add(WarnPreBias, m.Covariate.Name, p.differing(m.Arms, preBiasLevel, Moments.covariates)...)
		} else {
			add(WarnCovariate, m.Covariate.Name, Warning{})
		}
	}
	for i, young := range m.Immature {
		if young > immatureShare {
			add(WarnImmature, "", Warning{Variant: p.Variants[i].Name, Number: young})
		}
	}
	if c := m.Arms[p.Control()]; metric.Name == experiment.HandoffRate && c.N > 0 && c.Finite() && c.MeanDen > 0 {
		add(WarnInterference, "", Warning{Number: c.MeanNum / c.MeanDen})
	}
	return w
}

func (p plan) aboutResult(in Input, r Result) []Warning {
	var w []Warning
	add := func(code Code, number float64, detail string) {
		w = append(w, Warning{Code: code, Variant: r.Variant, Metric: r.Metric, Number: number, Detail: detail})
	}
	if r.Refused != NotRefused {
		if r.Refused != PostTreatment {
			add(WarnRefused, 0, string(r.Refused))
		}
		return w
	}
	if r.LiftLo == nil && r.Lift != nil && r.tested {
		add(WarnLiftUnbounded, *r.ValueC, "")
	}
	enough := min(r.NC, r.NT) >= minUnits && p.elapsed >= minDays
	if r.Metric == p.Metrics[p.Primary()].Name && enough && !p.final && r.Power != nil && *r.Power < p.Experiment.Power {
		add(WarnLowPower, *r.Power, "")
	}
	if !r.rawAgrees {
		add(WarnOutliers, *r.DiffRaw, "")
	}
	if enough && r.Lift != nil && math.Abs(*r.Lift) > twymanLift && !r.metric().Undirected {
		add(WarnTwyman, *r.Lift, "")
	}
	return w
}
