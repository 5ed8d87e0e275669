package report

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

// guest is a shopper of a crowd: what was shown, said and bought.
type guest struct {
	variants []string // shown one after the other; the first decides
	late     bool     // shown after everything else
	amount   int64    // yuan of the one order; 0: none
}

// crowd has n guests, by turns in control and treatment, of whom every fourth
// orders, and a few more of the treated.
func crowd(n int) []guest {
	guests := make([]guest, n)
	for i := range guests {
		guests[i].variants = []string{[]string{"control", "treatment"}[i%2]}
		if i%4 == 0 || i%6 == 1 {
			guests[i].amount = int64(10 + i%7)
		}
	}
	return guests
}

// crowded is a shop in which those guests were, as facts, eight days into an
// experiment whose sender assigns.
func crowded(t *testing.T, guests []guest) *lab {
	l := newLab(t)
	l.at = time.UnixMilli(t0 + 8*dayMs)
	l.put(schema.Shops, map[string]any{"shop_id": "s", "reporting_currency": "CNY"})
	var exposures, messages, orders, touches []map[string]any
	for i, g := range guests {
		user := fmt.Sprint("u", i)
		row := func(more map[string]any) map[string]any {
			more["shop_id"], more["user_id"] = "s", user
			return more
		}
		for n, variant := range g.variants {
			at := t0 + hour + int64(n)
			if g.late {
				at += dayMs
			}
			exposures = append(exposures, row(map[string]any{"event_id": fmt.Sprint("x", n), "experiment": "greeting", "variant": variant, "ts": at}))
		}
		messages = append(messages, row(map[string]any{"conv_id": "c", "event_id": "m", "from_role": "user", "ts": t0 + 2*hour}))
		if g.amount > 0 {
			orders = append(orders, row(map[string]any{"order_id": "o" + user, "event_id": "p", "status": "paid", "currency": "CNY", "amount": fmt.Sprint(g.amount, ".00"), "ts": t0 + 3*hour}))
			touches = append(touches, row(map[string]any{"order_id": "o" + user, "order_at": t0 + 3*hour, "named_conv_id": "", "touches": [][]any{touch("c", t0+2*hour, 0, 1, 1, 0.5)}}))
		}
	}
	l.put(schema.Exposures, exposures...)
	l.put(schema.Messages, messages...)
	if len(orders) > 0 {
		l.put(schema.OrderEvents, orders...)
		l.put(schema.Touches, touches...)
	}
	return l
}

func crowdExperiment() experiment.Experiment {
	e := labExperiment(experiment.Metric{Name: experiment.ConversationToOrder, Role: experiment.Success, MDE: 0.1},
		experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 1})
	e.Assignment = experiment.ByExternal
	return e
}

// reported is what askbuy experiment report says, in every form that it has.
func (l *lab) reported(e experiment.Experiment) *ExperimentReport {
	l.Helper()
	l.register(e)
	r, err := l.Report(l.Context(), e.Key, nil)
	l.must(err)
	for _, format := range Formats() {
		for _, lang := range []Lang{English, Chinese} {
			var b bytes.Buffer
			l.must(Write(&b, r, format, lang))
			if bytes.Contains(b.Bytes(), []byte("NaN")) || bytes.Contains(b.Bytes(), []byte("Inf")) {
				l.Errorf("%s: %s", format, b.String())
			}
		}
	}
	if replay, err := l.Replay(l.Context(), e.Key, ""); err != nil || replay.Differ != 0 || len(replay.Snapshots) != 1 {
		l.Errorf("replay %+v, %v", replay, err)
	}
	return r
}

// says holds a report against what the guests did, computed from them alone.
func (l *lab) says(r *ExperimentReport, variant string, guests []guest) {
	l.Helper()
	for metric, numerator := range map[string]func(guest) float64{
		experiment.ConversationToOrder: func(g guest) float64 { return float64(min(1, g.amount)) },
		experiment.RevenuePerUser:      func(g guest) float64 { return float64(g.amount) },
	} {
		var c, treated inference.Moments
		for _, g := range guests {
			den := 1.0
			if g.late && metric == experiment.ConversationToOrder { // said nothing since
				den = 0
			}
			switch {
			case len(g.variants) > 1: // in no metric
			case g.variants[0] == "control":
				c.Add(numerator(g), den, 0)
			case g.variants[0] == variant:
				treated.Add(numerator(g), den, 0)
			}
		}
		want, why := inference.Compare(c, treated)
		i := slices.IndexFunc(r.Results, func(x inference.Result) bool { return x.Metric == metric && x.Variant == variant })
		got := r.Results[i]
		switch {
		case why != got.Refused || got.NC != c.N || got.NT != treated.N:
			l.Errorf("%s: refused for %q, %d and %d units, want %q, %d and %d", metric, got.Refused, got.NC, got.NT, why, c.N, treated.N)
		// Of values around 1e9 a mean has 1e-7 at best.
		case why == inference.NotRefused && !(math.Abs(*got.Diff-want.Diff) <= 1e-9+1e-15*math.Abs(want.C) && math.Abs(*got.SE-want.SE) <= 1e-9*want.SE):
			l.Errorf("%s: %v (%v), want %v (%v)", metric, *got.Diff, *got.SE, want.Diff, want.SE)
		}
	}
}

func (l *lab) decides(r *ExperimentReport, d inference.Decision, why inference.Reason) {
	l.Helper()
	if v := r.Verdicts[0]; v.Decision != d || v.Reason != why {
		l.Errorf("verdict %+v, want %s because of %s", v, d, why)
	}
}

// Whatever was sent, a report from the facts on is right or says what it
// refuses and why.
func TestReportOfBadInput(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		guests := crowd(240)
		l := crowded(t, guests)
		r := l.reported(crowdExperiment())
		l.says(r, "treatment", guests)
		l.decides(r, inference.KeepRunning, inference.NoBoundaryYet)
	})
	t.Run("one NaN", func(t *testing.T) { // the only numbers that may be one are scores
		guests := crowd(240)
		l := crowded(t, guests)
		for _, score := range []any{math.NaN(), math.Inf(1)} {
			l.put(schema.MessageScores, map[string]any{"shop_id": "s", "user_id": "u7", "conv_id": "c", "event_id": fmt.Sprint(score), "ts": t0 + 2*hour, "evidence": score, "buy_score": score, "p_order": score, "p_net": score})
		}
		l.says(l.reported(crowdExperiment()), "treatment", guests)
	})
	t.Run("an empty arm", func(t *testing.T) {
		guests := crowd(240)
		for i := range guests {
			guests[i].variants = []string{"control"}
		}
		l := crowded(t, guests)
		r := l.reported(crowdExperiment())
		l.says(r, "treatment", guests)
		l.decides(r, inference.Invalid, inference.SampleRatio)
		if r.Results[0].Refused != inference.EmptyArm || r.Results[0].SE != nil {
			t.Errorf("%+v", r.Results[0])
		}
	})
	t.Run("a third arm that no file has", func(t *testing.T) {
		guests := crowd(240)
		for i := range 30 {
			guests[8*i].variants = []string{"third"}
		}
		l := crowded(t, guests)
		r := l.reported(crowdExperiment())
		l.says(r, "treatment", guests)
		if !slices.Contains(r.Warnings, inference.Unregistered("greeting/third", 30)) || r.Health.Units != 210 {
			t.Errorf("%+v, %+v", r.Health, r.Warnings)
		}
	})
	t.Run("a third arm", func(t *testing.T) {
		guests, e := crowd(360), crowdExperiment()
		for i := range guests {
			guests[i].variants = []string{[]string{"control", "treatment", "third"}[i%3]}
		}
		e.Variants = []experiment.Variant{{Name: "control", Weight: 0.4, Control: true}, {Name: "treatment", Weight: 0.3}, {Name: "third", Weight: 0.3}}
		l := crowded(t, guests)
		r := l.reported(e)
		l.says(r, "treatment", guests)
		l.says(r, "third", guests)
	})
	t.Run("zero conversions", func(t *testing.T) {
		guests := crowd(240)
		for i := range guests {
			guests[i].amount = 0
		}
		l := crowded(t, guests)
		r := l.reported(crowdExperiment())
		l.says(r, "treatment", guests)
		l.decides(r, inference.NotEnoughData, inference.TooFewConverted)
	})
	t.Run("values around 1e9", func(t *testing.T) {
		guests := crowd(240)
		for i := range guests {
			guests[i].amount = 1_000_000_000 + int64(i*i%101)
		}
		l := crowded(t, guests)
		l.says(l.reported(crowdExperiment()), "treatment", guests)
	})
	t.Run("units in two arms", func(t *testing.T) {
		guests := crowd(240)
		for i := range 8 {
			guests[30*i].variants = append(guests[30*i].variants, "treatment")
			guests[30*i].amount = 1_000_000
		}
		l := crowded(t, guests)
		r := l.reported(crowdExperiment())
		l.says(r, "treatment", guests)
		if r.Health.Units != 240 || r.Health.Contaminated != 8 {
			t.Errorf("%+v", r.Health)
		}
	})
	t.Run("exposures after the outcome", func(t *testing.T) {
		guests := crowd(240)
		for i := range guests {
			if guests[i].late = i%5 == 0; guests[i].late {
				guests[i].amount = 1_000_000 // nothing of it is the variant's doing
			}
		}
		l := crowded(t, guests)
		for i := range guests {
			if guests[i].late {
				guests[i].amount = 0
			}
		}
		l.says(l.reported(crowdExperiment()), "treatment", guests)
	})
}
