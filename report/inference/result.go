package inference

import (
	"math"

	"askbuy/internal/experiment"
)

// Result is one metric of one treatment against the control. What is nil does
// not exist, or may not be seen yet.
type Result struct {
	Metric  string          `json:"metric"`
	Role    experiment.Role `json:"role"`
	Variant string          `json:"variant"`
	Control string          `json:"control"`
	Refused Refusal         `json:"refused,omitempty"`

	NC     int64    `json:"n_c"`
	NT     int64    `json:"n_t"`
	ValueC *float64 `json:"value_c"`
	ValueT *float64 `json:"value_t"`
	Diff   *float64 `json:"diff"` // absolute, adjusted under CUPED
	SE     *float64 `json:"se"`

	DOF    *float64 `json:"dof"` // these four: of the t test of one look
	PFixed *float64 `json:"p_fixed"`
	CILo   *float64 `json:"ci_lo"` // always 95 %
	CIHi   *float64 `json:"ci_hi"`

	PAlwaysValid        *float64 `json:"p_always_valid"`
	PAlwaysValidRunning *float64 `json:"p_always_valid_running"` // least of all looks
	SeqLo               *float64 `json:"seq_lo"`                 // at the running level
	SeqHi               *float64 `json:"seq_hi"`

	DecisionLo *float64 `json:"decision_lo"` // at the level in force
	DecisionHi *float64 `json:"decision_hi"`
	PAdjusted  *float64 `json:"p_adjusted"` // the primary's: Holm's over the treatments
	Lift       *float64 `json:"lift"`       // relative
	LiftLo     *float64 `json:"lift_lo"`    // Fieller, with the bounds in force
	LiftHi     *float64 `json:"lift_hi"`

	Theta    *float64 `json:"cuped_theta"`
	Saved    *float64 `json:"variance_reduction"`
	Cap      *float64 `json:"cap"`
	DiffRaw  *float64 `json:"diff_raw"`     // without the cap, adjusted as Diff is
	MDE      *float64 `json:"mde_now"`      // relative: the smallest effect that this look could see
	Power    *float64 `json:"power_at_mde"` // at the final look, to find the planned effect
	DaysLeft *int     `json:"days_left"`    // until that power is reached, at the present rate

	Guardrail Guard `json:"guardrail,omitempty"`

	state  state // of the decision interval
	harmed bool  // the always-valid interval is wholly on the harmful side
	tested bool  // a level is in force
	raw    state
	// rawAgrees is false when the sign differs and one of the two is more than
	// noise.
	rawAgrees bool
}

// Guard is what became of a guardrail.
type Guard string

// The states of a guardrail.
const (
	NonInferior Guard = "non_inferior"
	Undecided   Guard = "undecided"
)

// state is on which side of 0 an interval lies, by what is good.
type state int

const (
	undecided state = iota
	better
	worse
)

func stateOf(lo, hi float64, lowerIsBetter bool) state {
	if lowerIsBetter {
		lo, hi = -hi, -lo
	}
	switch {
	case lo > 0:
		return better
	case hi < 0:
		return worse
	}
	return undecided
}

// compare measures one metric of one arm.
func (p plan) compare(index, arm int, m Measured) Result {
	metric := p.Metrics[index]
	r := Result{Metric: metric.Name, Role: metric.Role, Variant: p.Variants[arm].Name, Control: p.Variants[p.Control()].Name, rawAgrees: true}
	if metric.Role == experiment.Guardrail {
		r.Guardrail = Undecided
	}
	if m.Refused != NotRefused {
		r.Refused = m.Refused
		return r
	}
	c, t := m.Arms[p.Control()], m.Arms[arm]
	r.NC, r.NT = c.N, t.N
	d, why := measure(metric, m, c, t)
	if why != NotRefused {
		r.Refused = why
		return r
	}
	definition, _ := experiment.Define(metric.Name)
	r.ValueC, r.ValueT, r.Diff, r.SE = &d.C, &d.T, &d.Diff, &d.SE
	if d.Theta != 0 {
		r.Theta, r.Saved = &d.Theta, &d.Saved
	}
	p.fixed(&r, d)
	p.running(&r, d, arm, m, definition.LowerIsBetter)
	p.decide(&r, d, arm, definition.LowerIsBetter)
	p.foresee(&r, d, metric, arm)
	if metric.Role == experiment.Guardrail {
		r.Guardrail = p.guard(d, metric, definition, arm, float64(r.NC+r.NT))
	}
	p.uncapped(&r, metric, m, arm, definition.LowerIsBetter)
	return r
}

// measure adjusts where the plan says so and the covariate is older than the
// exposure.
func measure(metric experiment.Metric, m Measured, c, t Moments) (Difference, Refusal) {
	if metric.CUPED && m.Covariate != nil && m.Covariate.BeforeExposure {
		return CompareAdjusted(c, t)
	}
	c.MeanPre, c.M2Pre, c.CNumPre = 0, 0, 0
	t.MeanPre, t.M2Pre, t.CNumPre = 0, 0, 0
	return Compare(c, t)
}

func (p plan) fixed(r *Result, d Difference) {
	if !p.showsFixed() {
		return
	}
	pFixed := d.P()
	lo, hi := d.Interval(critical(0.05, d.DOF))
	r.DOF, r.PFixed, r.CILo, r.CIHi = &d.DOF, &pFixed, &lo, &hi
}

func (p plan) running(r *Result, d Difference, arm int, m Measured, lowerIsBetter bool) {
	n := float64(r.NC + r.NT)
	sequence := p.mixture(p.runningLevel(), arm)
	now := sequence.P(d.statistic(), n)
	least := now
	if m.PBefore != nil {
		least = min(least, m.PBefore[arm])
	}
	lo, hi := d.Interval(sequence.Multiplier(n))
	r.PAlwaysValid, r.PAlwaysValidRunning, r.SeqLo, r.SeqHi = &now, &least, &lo, &hi
	r.harmed = stateOf(lo, hi, lowerIsBetter) == worse
}

func (p plan) decide(r *Result, d Difference, arm int, lowerIsBetter bool) {
	crit := p.criticalNow(arm, float64(r.NC+r.NT), d.DOF)
	if _, r.tested = p.level(); r.tested {
		lo, hi := d.Interval(crit)
		r.DecisionLo, r.DecisionHi = &lo, &hi
		r.state = stateOf(lo, hi, lowerIsBetter)
	}
	if lift, ok := d.Lift(); ok {
		r.Lift = &lift
	}
	if lo, hi, ok := d.LiftInterval(crit); ok && (r.tested || p.showsFixed()) {
		r.LiftLo, r.LiftHi = &lo, &hi
	}
}

// foresee says what the experiment can find, now and at its end: standard
// errors shrink with the root of the units, and these come as they came.
func (p plan) foresee(r *Result, d Difference, metric experiment.Metric, arm int) {
	base := math.Abs(d.C)
	if base == 0 || p.elapsed == 0 {
		return
	}
	n := float64(r.NC + r.NT)
	mde := MDE(d.SE, p.criticalNow(arm, n, d.DOF), p.Experiment.Power) / base
	effect := metric.MDE * base
	atEnd := Power(effect, d.SE*math.Sqrt(p.elapsed/p.planned), p.criticalAtEnd(arm, n*p.planned/p.elapsed))
	more := UnitsFactor(effect, d.SE, n, p.Experiment.Power, func(n float64) float64 { return p.criticalAtEnd(arm, n) }) - 1
	days := int(min(math.Ceil(p.elapsed*more), math.MaxInt32))
	r.MDE, r.Power, r.DaysLeft = &mde, &atEnd, &days
}

// guard tests whether a guardrail is not worse than its margin allows,
// one-sided at the level in force (non-inferiority; Schultzberg, Ankargren and
// Frånberg 2024): treatment against (1 - nim) or (1 + nim) times the control.
func (p plan) guard(d Difference, metric experiment.Metric, definition experiment.Definition, arm int, n float64) Guard {
	level, ok := p.level()
	if !ok || d.C <= 0 {
		return Undecided
	}
	z := d.beyond(1 - metric.NIM)
	if definition.LowerIsBetter {
		z = -d.beyond(1 + metric.NIM)
	}
	bound := p.mixture(level, arm).Multiplier(n)
	if p.decidesByT() {
		bound = critical(2*level, d.DOF)
	}
	if z > bound {
		return NonInferior
	}
	return Undecided
}

// uncapped compares with what would be said without the cap, and in all else
// the same: what an adjustment changes is not the outliers' doing.
func (p plan) uncapped(r *Result, metric experiment.Metric, m Measured, arm int, lowerIsBetter bool) {
	if m.Raw == nil {
		return
	}
	r.Cap = &m.Cap
	d, why := measure(metric, m, m.Raw[p.Control()], m.Raw[arm])
	if why != NotRefused {
		return
	}
	r.DiffRaw = &d.Diff
	if r.tested {
		lo, hi := d.Interval(p.criticalNow(arm, float64(r.NC+r.NT), d.DOF))
		r.raw = stateOf(lo, hi, lowerIsBetter)
	}
	noise := math.Abs(d.statistic()) < 1 && math.Abs(*r.Diff / *r.SE) < 1
	r.rawAgrees = r.raw == r.state && (noise || math.Signbit(d.Diff) == math.Signbit(*r.Diff))
}
