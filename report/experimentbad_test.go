package report

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// What is not finite has no JSON: it must not come so far, wherever it stands.
func TestNothingNotFiniteIsKept(t *testing.T) {
	money := experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 0.99, CUPED: true}
	nan, inf := math.NaN(), math.Inf(1)
	for name, spoil := range map[string]func(*moment){
		"mean":              func(m *moment) { m.MeanNum = nan },
		"variance":          func(m *moment) { m.M2Num = inf },
		"covariate":         func(m *moment) { m.MeanPre = nan },
		"without the cap":   func(m *moment) { m.raw.M2Num = inf },
		"cap":               func(m *moment) { m.cap = nan },
		"share of immature": func(m *moment) { m.young = nan },
	} {
		sound := units(100, 3, 1, 2, 0, 0)
		rows := []moment{{Moments: sound, raw: sound, cap: 9, converted: 50}, {Moments: sound, raw: sound, cap: 9, converted: 50}}
		if got := measured(money, rows); got.Refused != inference.NotRefused || got.Raw == nil {
			t.Fatalf("sound moments are refused for %q", got.Refused)
		}
		spoil(&rows[1])
		if got := measured(money, rows); got.Refused != inference.NotFinite || got.Arms != nil {
			t.Errorf("%s: refused for %q", name, got.Refused)
		}
	}
}

// Bad input gives the right number or none with a reason, and never spoils
// what stands beside it.
func TestBadInput(t *testing.T) {
	const halves = "if(number % 2 = 0, 'control', 'treatment')"
	l := newLab(t)
	e := labExperiment()
	l.register(e)
	anew := func(variant string, statements ...string) {
		t.Helper()
		l.run("TRUNCATE TABLE askbuy.experiment_units")
		l.fill(3000, variant)
		for _, set := range statements {
			l.run("ALTER TABLE askbuy.experiment_units UPDATE " + set + " SETTINGS mutations_sync = 2")
		}
	}
	judged := func(e experiment.Experiment) (map[string]inference.Result, *ExperimentReport) {
		t.Helper()
		_, r, err := l.judge(t.Context(), e, l.filled(), nil)
		l.must(err)
		l.must(Write(&bytes.Buffer{}, r, JSON, English)) // which has no NaN
		results := map[string]inference.Result{}
		for _, x := range r.Results {
			if x.Variant == "treatment" {
				results[x.Metric] = x
			}
		}
		return results, r
	}
	refused := func(r inference.Result, why inference.Refusal) {
		t.Helper()
		if r.Refused != why || r.SE != nil || r.PAlwaysValid != nil {
			t.Errorf("%s is refused for %q, want %q: %+v", r.Metric, r.Refused, why, r)
		}
	}
	anew(halves)
	sound, _ := judged(e)

	t.Run("one NaN", func(t *testing.T) {
		anew(halves, "revenue = nan WHERE user_id = '7'")
		bad, _ := judged(e)
		refused(bad[experiment.RevenuePerUser], inference.NotFinite)
		in, r, err := l.judge(t.Context(), e, l.filled(), nil)
		l.must(err)
		r.Look = byReport
		l.must(l.keep(t.Context(), in, r, byReport))
		if replay, err := l.Replay(t.Context(), e.Key, byReport); err != nil || replay.Differ != 0 || len(replay.Snapshots) != 1 {
			t.Errorf("replay %+v, %v", replay, err)
		}
		l.run("TRUNCATE TABLE askbuy.experiment_snapshots")
		l.run("TRUNCATE TABLE askbuy.experiment_results")
		if a, b := sound[experiment.ConversationToOrder], bad[experiment.ConversationToOrder]; *a.SE != *b.SE || *a.Diff != *b.Diff {
			t.Error("another metric is not what it was")
		}
		_, _, rows, err := l.Query(t.Context(), "SELECT metric, value_t, se, p_always_valid FROM bi.experiment_live WHERE metric IN ('revenue_per_user', 'conversation_to_order') ORDER BY metric", nil)
		l.must(err)
		if len(rows) != 2 || rows[0][2] == nil || fmt.Sprint(rows[1][1:]) != "[<nil> <nil> <nil>]" {
			t.Errorf("the live view says %v", rows)
		}
	})
	t.Run("an empty arm", func(t *testing.T) {
		anew("'control'")
		bad, r := judged(e)
		for _, x := range bad {
			if x.Metric != experiment.HandoffRate {
				refused(x, inference.EmptyArm)
			}
		}
		if d := r.Verdicts[0].Decision; d != inference.Invalid && d != inference.NotEnoughData {
			t.Errorf("verdict %s", d)
		}
	})
	t.Run("a third arm", func(t *testing.T) {
		three := e
		three.Variants = []experiment.Variant{{Name: "control", Weight: 0.4, Control: true}, {Name: "treatment", Weight: 0.4}, {Name: "third", Weight: 0.2}}
		anew(halves)
		l.run("INSERT INTO askbuy.experiment_units SELECT * REPLACE ('third' AS variant, concat('3-', user_id) AS user_id, revenue * 0.9 AS revenue, ordered + 1 AS ordered) FROM askbuy.experiment_units WHERE variant = 'control'")
		bad, _ := judged(three)
		for _, name := range []string{experiment.ConversationToOrder, experiment.ConversationsPerUser} {
			if a, b := sound[name], bad[name]; *a.SE != *b.SE || *a.Diff != *b.Diff || a.NC != b.NC {
				t.Errorf("a third arm joined another: %+v, %+v", a, b)
			}
		}
	})
	t.Run("zero conversions", func(t *testing.T) {
		anew(halves, "ordered = 0 WHERE 1")
		bad, r := judged(e)
		refused(bad[experiment.ConversationToOrder], inference.NoVariance)
		if v := r.Verdicts[0]; v.Decision != inference.NotEnoughData || v.Reason != inference.TooFewConverted {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("values around 1e9", func(t *testing.T) {
		plain := e
		for i := range plain.Metrics {
			plain.Metrics[i].Cap = map[bool]float64{true: 1}[plain.Metrics[i].Cap > 0]
			plain.Metrics[i].CUPED = false
		}
		set := "revenue = %s + cityHash64(user_id) % 100 WHERE 1"
		anew(halves, set[:10]+"0"+set[12:])
		small, _ := judged(plain)
		anew(halves, set[:10]+"1e9"+set[12:])
		great, _ := judged(plain)
		a, b := small[experiment.RevenuePerUser], great[experiment.RevenuePerUser]
		if b.Refused != inference.NotRefused || math.Abs(*a.SE-*b.SE) > 1e-6**a.SE || math.Abs(*a.Diff-*b.Diff) > 1e-6 {
			t.Errorf("%v (%v), want %v (%v); %s", *b.Diff, *b.SE, *a.Diff, *a.SE, b.Refused)
		}
	})
	t.Run("units in two arms", func(t *testing.T) {
		anew(halves, "ordered = 1000000, is_contaminated = 1 WHERE toUInt32(user_id) % 100 = 3")
		bad, r := judged(e)
		if x := bad[experiment.ConversationToOrder]; x.NT != 1470 || *x.ValueT > 1 || r.Health.Units != 3000 || r.Health.Contaminated != 30 {
			t.Errorf("%+v, %+v", x, r.Health)
		}
	})
	t.Run("exposures after the outcome", func(t *testing.T) {
		l := newLab(t)
		l.register(e)
		l.message("late", "c", "m", t0+hour, nil)
		l.paid("late", "o", t0+2*hour, "9.00", nil)
		l.touches("late", "o", t0+2*hour, "", touch("c", t0+hour, 0, 1, 1, 0.5))
		l.expose("late", "treatment", t0+2*hour+1, nil)
		_, err := l.Refresh(t.Context(), e)
		l.must(err)
		l.want("conversations, ordered, orders, revenue", map[string]string{"late": "0 0 0 0"})
	})
}
