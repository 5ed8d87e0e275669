package simulator

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

func trialOptions(n int, trial Trial) Options {
	o := options(NoiseNone, n)
	o.EventsOnly, o.Plain, o.PersonalData = true, true, false
	trial.Key, trial.Share = "greeting-v2", .5
	o.Trial = &trial
	return o
}

// played derives a simulation's trial.
func played(t *testing.T, o Options) *truth.Trial {
	t.Helper()
	tr := simulate(t, o).Truth()
	tr.Trial.Play(truth.Derive(tr.Events, nil, nil))
	return tr.Trial
}

func effectOf(t *testing.T, trial *truth.Trial, metric, variant string) truth.Effect {
	t.Helper()
	for _, e := range trial.Effects {
		if e.Metric == metric && e.Variant == variant {
			return e
		}
	}
	t.Fatalf("no effect on %s of %s", metric, variant)
	return truth.Effect{}
}

func TestAnAAHasNoEffect(t *testing.T) {
	trial := played(t, trialOptions(1500, Trial{}))
	for _, e := range trial.Effects {
		if e.Effect == nil || *e.Effect != 0 {
			t.Errorf("%s of %s: the exact effect is not 0", e.Metric, e.Variant)
		}
	}
	for _, u := range trial.Units {
		if u.Did != u.With[control] || u.Did != u.With[treatment] {
			t.Errorf("a unit does other things in another world: %+v", u)
		}
	}
	if len(trial.Units) < 200 {
		t.Errorf("only %d units", len(trial.Units))
	}
}

func TestBothWorldsAreKnown(t *testing.T) {
	trial := played(t, trialOptions(3000, Trial{Effect: .8, Returns: .2}))
	better := 0
	for _, u := range trial.Units {
		if u.Did != u.With[u.Variant] {
			t.Fatalf("a unit did not do what it does with its variant: %+v", u)
		}
		if u.With[treatment].Orders < u.With[control].Orders {
			t.Fatalf("the treatment takes an order away: %+v", u)
		}
		if u.With[treatment].Orders > u.With[control].Orders {
			better++
		}
	}
	for _, metric := range []string{"conversation_to_order", "refund_rate"} {
		if e := effectOf(t, trial, metric, treatment); *e.Effect < .02 {
			t.Errorf("%s: the exact effect is %.4f, want more", metric, *e.Effect)
		}
	}
	if e := effectOf(t, trial, "conversations_per_user", treatment); *e.Effect != 0 {
		t.Errorf("the denominator moved by %g", *e.Effect)
	}
	if better == 0 || len(trial.Potentials) < 3000 {
		t.Errorf("%d units buy more, %d conversations are known", better, len(trial.Potentials))
	}
}

// TestTheDifferenceOfMeansIsNotTheEffect shows why coverage has to be tested
// against the exact effect: the arms' own difference scatters around it.
func TestTheDifferenceOfMeansIsNotTheEffect(t *testing.T) {
	o := trialOptions(3000, Trial{Effect: .5})
	o.Heavy = true
	trial := played(t, o)
	c, v := effectOf(t, trial, "conversation_to_order", control), effectOf(t, trial, "conversation_to_order", treatment)
	difference := *v.Observed - *c.Observed
	if off := math.Abs(difference - *v.Effect); off == 0 || off > .15 {
		t.Errorf("the difference of means is %.4f, the effect %.4f", difference, *v.Effect)
	}
	most := int64(0)
	for _, u := range trial.Units {
		most = max(most, u.Did.Conversations)
	}
	if most < 20 {
		t.Errorf("the heaviest shopper has %d conversations, want many", most)
	}
}

func TestVariantsAreTheHashs(t *testing.T) {
	o := trialOptions(800, Trial{})
	dir := t.TempDir()
	if err := simulate(t, o).WriteTruth(dir); err != nil {
		t.Fatal(err)
	}
	experiments, err := experiment.Load(filepath.Join(dir, "experiments"))
	if err != nil || len(experiments) != 1 || experiments[0].Key != "greeting-v2" {
		t.Fatalf("askbuy reads %d experiments: %v", len(experiments), err)
	}
	for _, name := range []string{"experiments.ndjson", "experiment_units.ndjson", "potential_outcomes.ndjson"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	for _, u := range played(t, o).Units {
		if a := experiment.Assign(u.ShopID, u.UserID, experiments); *a[0].Variant != u.Variant {
			t.Fatalf("%s has %s, the hash says %s", u.UserID, u.Variant, *a[0].Variant)
		}
	}
	if e := experiments[0]; !e.FinalAt().Equal(endOfTest) {
		t.Errorf("the final look is at %s, the period ends at %s", e.FinalAt(), endOfTest)
	}
}

func TestExposuresCanBeSpoilt(t *testing.T) {
	count := func(trial *truth.Trial, variant string) (units, contaminated int64) {
		e := effectOf(t, trial, "conversation_to_order", variant)
		return e.Units, e.Contaminated
	}
	sound := played(t, trialOptions(3000, Trial{}))
	spoilt := played(t, trialOptions(3000, Trial{Dropped: .3, Contaminated: .1}))
	all, none := count(sound, treatment)
	left, both := count(spoilt, treatment)
	if none != 0 || both == 0 {
		t.Errorf("%d contaminated units in a sound trial, %d in a spoilt one", none, both)
	}
	if share := float64(left) / float64(all); share < .6 || share > .8 {
		t.Errorf("%.2f of the treated units are left, want about .7", share)
	}
	if was, _ := count(sound, control); was == 0 {
		t.Error("the control is empty")
	} else if is, _ := count(spoilt, control); is != was {
		t.Errorf("the control lost units: %d of %d", was-is, was)
	}
}

// TestExposuresArriveBeforeTheReply follows the order of delivery.
func TestExposuresArriveBeforeTheReply(t *testing.T) {
	s := simulate(t, trialOptions(500, Trial{Effect: .3}))
	shown, replied := map[string]bool{}, 0
	exposed := map[string]bool{}
	for _, e := range s.world.events {
		if e.Type == event.TypeExposure {
			exposed[e.ConvID] = true
		}
	}
	for _, p := range s.plan.parcels {
		for _, v := range p.load {
			switch e := v.event; {
			case e.Type == event.TypeExposure:
				shown[e.ConvID] = true
			case e.Type == event.TypeMessage && e.From != event.RoleUser && exposed[e.ConvID]:
				replied++
				if !shown[e.ConvID] {
					t.Fatalf("a reply in %s was told before the exposure", e.ConvID)
				}
			}
		}
	}
	if replied == 0 {
		t.Error("nobody replied")
	}
}

func TestTrialsNameTheirProblems(t *testing.T) {
	o := trialOptions(10, Trial{Dropped: 1, Contaminated: -1, Returns: math.NaN()})
	o.Trial.Key, o.Trial.Share, o.Start = "it's", 0, o.End.Add(-20*24*time.Hour)
	err := o.Validate()
	for _, field := range []string{"key", "share", "returns", "dropped", "contaminated", "period"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("want %s named, have %v", field, err)
		}
	}
}

func TestDrift(t *testing.T) {
	o := options(NoiseNone, 3000)
	o.Plain, o.EventsOnly, o.PersonalData = true, true, false
	calm := judged(simulate(t, o).Truth())
	o.Drift = Drift{SlangDay: 15, ShiftDay: 15, Shift: 1}
	tr := simulate(t, o).Truth()
	from := truth.Millis(o.Start.Add(14 * 24 * time.Hour).UnixMilli())
	mean := func(of []truth.Forecast, later bool) (y, p float64) {
		n := 0.0
		for _, f := range at(1, of) {
			if (f.TS >= from) == later {
				y, p, n = y+float64(f.Kept), p+f.PSeen, n+1
			}
		}
		return y / n, p / n
	}
	of := judged(tr)
	before, _ := mean(of, false)
	after, expected := mean(of, true)
	if same, _ := mean(calm, true); after < same+.05 || after < before+.05 || math.Abs(after-expected) > .04 {
		t.Errorf("kept: %.3f before and %.3f after, %.3f without the shift, %.3f foretold", before, after, same, expected)
	}
	words := map[bool]int{}
	for _, e := range tr.Events {
		for _, s := range slang[actCommit][chinese] {
			if e.From == event.RoleUser && strings.Contains(e.Text, s) {
				words[truth.Millis(e.TS) >= from]++
			}
		}
	}
	if words[false] != 0 || words[true] == 0 {
		t.Errorf("slang was said %d times before and %d times after", words[false], words[true])
	}
}

// TestWorldsDifferInOrdersAlone holds with traps as well: what follows an
// order that comes in one world only must not shift what is drawn later.
func TestWorldsDifferInOrdersAlone(t *testing.T) {
	o := trialOptions(600, Trial{Effect: 1})
	o.Plain = false
	worlds := simulate(t, o).Truth().Trial.Worlds
	rest := func(events []event.Event) (out []event.Event, orders int) {
		for _, e := range events {
			if e.Type == event.TypeOrder {
				orders++
				continue
			}
			e.Variant = ""
			out = append(out, e)
		}
		return out, orders
	}
	without, few := rest(worlds[control])
	with, many := rest(worlds[treatment])
	if !reflect.DeepEqual(without, with) {
		t.Error("the worlds differ in more than orders and variants")
	}
	if many <= few {
		t.Errorf("%d order events with the treatment, %d without", many, few)
	}
}
