package inference

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"askbuy/internal/experiment"
)

// plain is four weeks of two equal variants with one success metric.
func plain(metrics ...experiment.Metric) experiment.Experiment {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return experiment.Experiment{
		Key: "greeting", Seed: "greeting", Assignment: experiment.ByAskbuy, Coverage: 1,
		Start: start, PlannedEnd: start.Add(28 * day),
		Variants: []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "treatment", Weight: 0.5}},
		Mode:     experiment.Hybrid, Alpha: 0.05, Power: 0.8, NStar: 20_000,
		Metrics: append([]experiment.Metric{{Name: experiment.ConversationToOrder, Role: experiment.Success, MDE: 0.1}}, metrics...),
	}
}

// rate are n units with one conversation each, of which this share is ordered.
func rate(n int64, share float64) Moments {
	return Moments{N: n, MeanNum: share, MeanDen: 1, M2Num: float64(n) * share * (1 - share)}
}

// look is an input in which every metric has the same rates, by variant.
func look(e experiment.Experiment, days float64, n int64, rates ...float64) Input {
	in := Input{Experiment: e, CutOff: e.Start.Add(time.Duration(days * float64(day)))}
	var m Measured
	for _, r := range rates {
		in.Arms = append(in.Arms, Arm{Units: n, Replayed: n})
		m.Arms = append(m.Arms, rate(n, r))
		m.Converted = append(m.Converted, int64(math.Round(float64(n)*r)))
	}
	for range e.Metrics {
		in.Metrics = append(in.Metrics, m)
	}
	return in
}

func analyse(t testing.TB, in Input) Analysis {
	t.Helper()
	a, err := Analyse(in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var refunds = experiment.Metric{Name: experiment.RefundRate, Role: experiment.Guardrail, MDE: 0.1, NIM: 0.05}

// with sets the rates of the second metric.
func with(in Input, rates ...float64) Input {
	second := look(in.Experiment, 1, in.Arms[0].Units, rates...).Metrics[0]
	in.Metrics = append(in.Metrics[:1:1], second)
	return in
}

// A sequential experiment is decided by its confidence sequence to the end, so
// that this says what it will find, and when; the others by one test at the end.
func TestForeseenByTheBoundsOfTheEnd(t *testing.T) {
	const days, units, planned = 10.0, 10_000.0, 28.0
	for mode, bound := range map[experiment.Mode]func(level, n float64) float64{
		experiment.Sequential: func(level, n float64) float64 { return Mixture{Alpha: level, NStar: 20_000}.Multiplier(n) },
		experiment.Hybrid:     func(level, n float64) float64 { return critical(level, math.Inf(1)) },
		experiment.Fixed:      func(level, n float64) float64 { return critical(level, math.Inf(1)) },
	} {
		e := plain()
		e.Mode = mode
		r := analyse(t, look(e, days, units/2, .1, .1)).Results[0]
		effect, level := 0.1**r.ValueC, FinalLevel(e)
		if want := Power(effect, *r.SE*math.Sqrt(days/planned), bound(level, units*planned/days)); math.Abs(*r.Power-want) > 1e-12 {
			t.Errorf("%s: power %v at the end, want %v", mode, *r.Power, want)
		}
		found := func(more int) bool {
			growth := 1 + float64(more)/days
			return MDE(*r.SE/math.Sqrt(growth), bound(level, units*growth), e.Power) <= effect
		}
		if !found(*r.DaysLeft) || found(*r.DaysLeft-1) {
			t.Errorf("%s: not found for the first time after %d days", mode, *r.DaysLeft)
		}
		if r = analyse(t, look(e, days, 50*units, .1, .1)).Results[0]; *r.DaysLeft != 0 {
			t.Errorf("%s: %d days are left of what is found now", mode, *r.DaysLeft)
		}
	}
}

func TestVerdicts(t *testing.T) {
	three := plain()
	three.Variants = []experiment.Variant{{Name: "control", Weight: 0.4, Control: true}, {Name: "a", Weight: 0.3}, {Name: "b", Weight: 0.3}}
	fixed, sequential := plain(), plain()
	fixed.Mode, sequential.Mode = experiment.Fixed, experiment.Sequential
	const end = 31 // 28 days and 72 hours
	change := func(in Input, f func(*Input)) Input { f(&in); return in }
	for _, c := range []struct {
		name   string
		in     Input
		want   Decision
		reason Reason
	}{
		{"sample ratio", change(look(plain(), 10, 5000, .1, .1), func(in *Input) { in.Arms[1].Units = 6000 }), Invalid, SampleRatio},
		{"sample ratio at an earlier look", change(look(plain(), 10, 5000, .1, .1), func(in *Input) { in.SRMBefore = new(float64) }), Invalid, SampleRatio},
		{"sample ratio before much else", change(look(plain(), 1, 50, .1, .1), func(in *Input) { in.Arms[1].Units = 6000 }), Invalid, SampleRatio},
		{"replay", change(look(plain(), 10, 5000, .1, .1), func(in *Input) { in.Arms[1].Mismatched = 11 }), Invalid, ReplayMismatch},
		{"replay of another's assignment", change(look(plain(), 10, 5000, .1, .1), func(in *Input) {
			in.Experiment.Assignment, in.Arms[1].Mismatched = experiment.ByExternal, 11
		}), KeepRunning, NoBoundaryYet},
		{"a few mismatches", change(look(plain(), 10, 5000, .1, .1), func(in *Input) { in.Arms[1].Mismatched = 10 }), KeepRunning, NoBoundaryYet},
		{"contaminated", change(look(plain(), 10, 5000, .1, .1), func(in *Input) { in.Arms[0].Contaminated = 500 }), Invalid, Contamination},
		{"filtered", change(look(plain(), 10, 5000, .1, .15), func(in *Input) { in.Filter = &Known{Name: "high intent"} }), Invalid, FilteredAfter},
		{"filtered by what was before", change(look(plain(), 10, 5000, .1, .15), func(in *Input) { in.Filter = &Known{"channel", true} }), Review, PartOfUnits},
		{"nobody", change(look(plain(), 10, 0, 0, 0), func(in *Input) { in.Metrics[0].Arms = make([]Moments, 2) }), NotEnoughData, TooFewUnits},
		{"few units", look(plain(), 10, 99, .5, .5), NotEnoughData, TooFewUnits},
		{"few conversions", look(plain(), 10, 1000, .1, .02), NotEnoughData, TooFewConverted},
		{"no conversions", look(plain(), 10, 1000, 0, 0), NotEnoughData, TooFewConverted},
		{"few days", look(plain(), 6, 5000, .1, .2), NotEnoughData, TooFewDays},
		{"one NaN", change(look(plain(), 10, 1000, .1, .1), func(in *Input) { in.Metrics[0].Arms[1].MeanNum = math.NaN() }), NotEnoughData, PrimaryRefused},
		{"currencies", change(look(plain(), 10, 1000, .1, .1), func(in *Input) { in.Metrics[0] = Measured{Refused: SeveralCurrencies} }), NotEnoughData, PrimaryRefused},
		{"harm", look(plain(), 10, 5000, .15, .1), RollBack, Harm},
		{"harm in fixed mode", look(fixed, 10, 5000, .15, .1), RollBack, Harm},
		{"harm of a guardrail", with(look(plain(refunds), 10, 5000, .1, .15), .1, .15), RollBack, Harm},
		{"harm that only the final look sees", look(plain(), end, 10_000, .1, .091), RollBack, Harm},
		{"the same while running", look(plain(), 27, 10_000, .1, .091), KeepRunning, NoBoundaryYet},
		{"gain", look(plain(), 10, 5000, .1, .15), Ship, Gain},
		{"gain in fixed mode waits", look(fixed, 10, 5000, .1, .15), KeepRunning, NoBoundaryYet},
		{"gain in fixed mode at the end", look(fixed, end, 5000, .1, .15), Ship, Gain},
		{"gain in sequential mode", look(sequential, 10, 5000, .1, .13), Ship, Gain},
		{"gain at the final look", look(plain(), end, 10_000, .1, .109), Ship, Gain},
		{"not yet the final look", look(plain(), end-0.01, 10_000, .1, .109), KeepRunning, NoBoundaryYet},
		{"gain with a guardrail undecided", with(look(plain(refunds), 10, 5000, .1, .15), .1, .1), Review, GuardrailOpen},
		{"gain with a guardrail held", with(look(plain(refunds), 10, 5000, .1, .15), .15, .1), Ship, Gain},
		{"gain with a guardrail not measured", change(look(plain(refunds), 10, 5000, .1, .15), func(in *Input) { in.Metrics[1] = Measured{Refused: NotMeasured} }), Review, GuardrailOpen},
		{"nothing", look(plain(), end, 50_000, .2, .2), NoMeaningfulEffect, WithinMDE},
		{"nothing seen", look(plain(), end, 1000, .1, .1), Inconclusive, NothingSeen},
		{"one of two treatments", look(three, 10, 5000, .1, .1, .15), KeepRunning, NoBoundaryYet},
	} {
		if len(c.in.Arms) == 3 {
			c.in.Arms[0].Units = 6667
		}
		a := analyse(t, c.in)
		if v := a.Verdicts[0]; v.Decision != c.want || v.Reason != c.reason {
			t.Errorf("%s: %s (%s, %v), want %s (%s)", c.name, v.Decision, v.Reason, v.Number, c.want, c.reason)
		}
		checkText(t, c.name, a.Verdicts[0].Sentence())
		if len(c.in.Arms) == 3 && a.Verdicts[1].Decision != Ship {
			t.Errorf("%s: the other one is %+v", c.name, a.Verdicts[1])
		}
	}
}

// A third arm neither joins another nor changes what is said about it, but for
// Holm's adjustment of the primary.
func TestThirdArm(t *testing.T) {
	two, three := plain(), plain()
	three.Variants = []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "treatment", Weight: 0.25}, {Name: "third", Weight: 0.25}}
	two.NStar, three.NStar = 15_000, 20_000
	a, b := analyse(t, look(two, 10, 5000, .1, .12)).Results[0], analyse(t, look(three, 10, 5000, .1, .12, .101)).Results[0]
	if *b.PAdjusted != 2**a.PAdjusted {
		t.Errorf("adjusted %v and %v", *a.PAdjusted, *b.PAdjusted)
	}
	b.PAdjusted, b.state = a.PAdjusted, a.state
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// What may not be seen before the final look is not there.
func TestFixedIsHidden(t *testing.T) {
	for _, c := range []struct {
		mode          experiment.Mode
		days          float64
		fixed, decide bool
		level         float64
	}{
		{experiment.Hybrid, 10, false, true, 0.01},
		{experiment.Hybrid, 31, true, true, 0.04},
		{experiment.Sequential, 10, false, true, 0.05},
		{experiment.Sequential, 31, true, true, 0.05},
		{experiment.Fixed, 10, true, false, 0},
		{experiment.Fixed, 31, true, true, 0.05},
	} {
		e := plain()
		e.Mode = c.mode
		a := analyse(t, look(e, c.days, 5000, .1, .11))
		r := a.Results[0]
		for _, v := range []*float64{r.PFixed, r.CILo, r.CIHi, r.DOF} {
			if (v != nil) != c.fixed {
				t.Errorf("%s on day %v: fixed %v", c.mode, c.days, v)
			}
		}
		if (r.DecisionLo != nil) != c.decide || (a.Level != nil) != c.decide || c.decide && *a.Level != c.level {
			t.Errorf("%s on day %v: decision %v at %v", c.mode, c.days, r.DecisionLo, a.Level)
		}
		if r.PAlwaysValid == nil || r.SeqLo == nil {
			t.Errorf("%s on day %v: no always-valid bounds", c.mode, c.days)
		}
	}
}

// The running p never rises, whatever comes, and is the least of all looks.
func TestRunningPNeverRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := plain()
		c, treated := rate(200, 0.3), rate(200, 0.3)
		var before []float64
		least := 1.0
		for d := range rapid.IntRange(1, 20).Draw(t, "looks") {
			grow := rapid.Int64Range(1, 300).Draw(t, "units")
			c = c.Merge(rate(grow, rapid.Float64Range(0, 1).Draw(t, "control")))
			treated = treated.Merge(rate(grow, rapid.Float64Range(0, 1).Draw(t, "treatment")))
			in := look(e, float64(d), c.N, 0, 0)
			in.Metrics[0].Arms, in.Metrics[0].PBefore = []Moments{c, treated}, before
			a, err := Analyse(in)
			if err != nil {
				t.Fatal(err)
			}
			r := a.Results[0]
			least = min(least, *r.PAlwaysValid)
			if *r.PAlwaysValidRunning != least {
				t.Fatalf("look %d: %v, the least so far is %v", d, *r.PAlwaysValidRunning, least)
			}
			before = []float64{1, *r.PAlwaysValidRunning}
		}
	})
}

// A stored input gives the stored result again, bit by bit.
func TestReplay(t *testing.T) {
	in := with(look(plain(refunds), 12.5, 4321, 0.1/3, 0.1/2.7), 0.05, 0.06)
	in.Looks, in.Unknown = 3, []Unknown{{"old", 2}}
	stored, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(analyse(t, in))
	if err != nil {
		t.Fatal(err)
	}
	var again Input
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(analyse(t, again))
	if err != nil || string(first) != string(second) {
		t.Errorf("%s\n%s\n%v", first, second, err)
	}
}

func TestAnalyseRefusesWhatIsNoInput(t *testing.T) {
	for name, f := range map[string]func(*Input){
		"experiment": func(in *Input) { in.Experiment.Alpha = 2 },
		"cut_off":    func(in *Input) { in.CutOff = time.Time{} },
		"arms:":      func(in *Input) { in.Arms = in.Arms[:1] },
		"arms[0]":    func(in *Input) { in.Arms[0].Contaminated = in.Arms[0].Units + 1 },
		"arms[1]":    func(in *Input) { in.Arms[1].Mismatched = -1 },
		"metrics:":   func(in *Input) { in.Metrics = nil },
		"metrics[0]": func(in *Input) { in.Metrics[0].PBefore = []float64{1} },
		"pipeline":   func(in *Input) { in.Pipeline = []Parity{{Name: "late"}} },
	} {
		in := look(plain(), 10, 1000, .1, .1)
		f(&in)
		if _, err := Analyse(in); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// CUPED is for what was known before the exposure, and for nothing else.
func TestCUPEDIsRefusedAfterTreatment(t *testing.T) {
	e := plain(experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 1, CUPED: true})
	in := look(e, 10, 1000, .1, .1)
	arms := make([]Moments, 2)
	for i := range 1000 {
		pre := float64(i % 10)
		arms[0].Add(pre+float64(i%3), 1, pre)
		arms[1].Add(pre+float64(i%4), 1, pre)
	}
	in.Metrics[1].Arms = arms
	in.Metrics[1].Covariate = &Known{"revenue before", true}
	adjusted := analyse(t, in)
	in.Metrics[1].Covariate = &Known{"score", false}
	refused := analyse(t, in)
	in.Metrics[1].Covariate = nil
	without := analyse(t, in)
	if r := adjusted.Results[1]; r.Theta == nil || *r.Saved < 0.5 || *r.SE >= *without.Results[1].SE {
		t.Errorf("not adjusted: %+v", r)
	}
	if !reflect.DeepEqual(refused.Results, without.Results) {
		t.Errorf("%+v\n%+v", refused.Results, without.Results)
	}
	if !slices.ContainsFunc(refused.Warnings, func(w Warning) bool { return w.Code == WarnCovariate && w.Detail == "score" }) {
		t.Errorf("no warning: %+v", refused.Warnings)
	}
}
