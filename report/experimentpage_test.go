package report

import (
	"bytes"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// units are an arm's moments: n shoppers with this many of the numerator and
// the denominator on average, and these variances and covariance.
func units(n int64, num, den, varNum, varDen, cov float64) inference.Moments {
	return inference.Sample{N: n, MeanNum: num, MeanDen: den, VarNum: varNum, VarDen: varDen, CovNumDen: cov}.Moments()
}

// sampleLook is a look at an experiment of two treatments, of which the second
// has hardly anybody: gains, a guardrail, money with a cap and an adjustment, a
// metric that nothing measures, and something to warn of.
func sampleLook(t *testing.T, final bool) *ExperimentReport {
	t.Helper()
	e := labExperiment(
		experiment.Metric{Name: experiment.ConversationToOrder, Role: experiment.Success, MDE: 0.1},
		experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 0.99, CUPED: true},
		experiment.Metric{Name: experiment.RefundRate, Role: experiment.Guardrail, MDE: 0.1, NIM: 0.05},
		experiment.Metric{Name: experiment.HandoffRate, Role: experiment.Deterioration, MDE: 0.1},
		experiment.Metric{Name: experiment.ConversationsPerUser, Role: experiment.Diagnostic, MDE: 0.1},
	)
	e.Variants = []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "问候", Weight: 0.4}, {Name: "third|arm", Weight: 0.1}}
	money := inference.Sample{N: 4000, MeanNum: 21.68, MeanDen: 1, MeanPre: 9, VarNum: 2500, VarPre: 400, CovNumPre: 500}
	more, few := money, money
	more.N, more.MeanNum, few.N = 3200, 23.1, 800
	same := []inference.Moments{money.Moments(), more.Moments(), few.Moments()}
	in := inference.Input{
		Experiment: e, CutOff: e.Start.Add(9*24*time.Hour + 8*time.Hour), Looks: 4,
		Arms: []inference.Arm{{Units: 4010, Contaminated: 10, Replayed: 9000}, {Units: 3203, Contaminated: 3, Replayed: 7000, Mismatched: 1}, {Units: 800, Replayed: 1800}},
		Metrics: []inference.Measured{
			{Arms: []inference.Moments{units(4000, 0.19, 2, 0.3, 3, 0.4), units(3200, 0.23, 2, 0.33, 3, 0.44), units(800, 0.19, 2, 0.3, 3, 0.4)}, Converted: []int64{600, 580, 120}},
			{Arms: same, Raw: same, Cap: 899.5, Converted: []int64{600, 580, 120}, Covariate: &inference.Known{Name: "14 days before the exposure", BeforeExposure: true}},
			{Arms: []inference.Moments{units(4000, 0.01, 0.2, 0.01, 0.3, 0.01), units(3200, 0.009, 0.2, 0.01, 0.3, 0.01), units(800, 0.01, 0.2, 0.01, 0.3, 0.01)}, Converted: []int64{30, 26, 6}, Immature: []float64{0.4, 0.41, 0.4}},
			{Refused: inference.NotMeasured},
			{Arms: []inference.Moments{units(4000, 2, 1, 3, 0, 0), units(3200, 2.02, 1, 3, 0, 0), units(800, 2, 1, 3, 0, 0)}, Converted: []int64{4000, 3200, 800}},
		},
		Unknown: []inference.Unknown{{Variant: "green", Exposures: 7}},
	}
	if final {
		in.CutOff, in.Metrics[2].Immature = e.FinalAt(), nil
	}
	a, err := inference.Analyse(in)
	if err != nil {
		t.Fatal(err)
	}
	r := newExperimentReport(e, in.CutOff, a)
	r.SQLHash = "hash of the statements"
	if r.Look = "report 2026-06-10T20:00:00.000Z"; final {
		r.Look = finalLook
	}
	return r
}

func samplePlan() *PlanReport {
	baseline, units, days, atEnd := 0.0945, 43_210.5, 35, 0.158
	from := time.UnixMilli(t0).UTC()
	return &PlanReport{Key: "greeting", From: from, To: from.AddDate(0, 0, 14), Shoppers: 17_000, UnitsPerDay: 1214.3, PlannedDays: 14, Power: 0.8, Level: 0.04, Metrics: []PlanRow{
		{Metric: experiment.ConversationToOrder, Baseline: &baseline, MDE: 0.1, Units: &units, Days: &days, MDEAtEnd: &atEnd},
		{Metric: experiment.HandoffRate, MDE: 0.1, Refused: string(inference.NotMeasured)},
	}}
}

func TestGoldenExperiments(t *testing.T) {
	at, control := time.UnixMilli(t0).UTC(), "control"
	running, final := sampleLook(t, false), sampleLook(t, true)
	health := &HealthReport{Key: "greeting", Health: running.Health, Warnings: running.Warnings[:1]}
	for name, r := range map[string]renderable{
		"experiment": running, "experiment-final": final, "experiment-health": health, "experiment-plan": samplePlan(),
		"experiment-apply": &ApplyReport{Files: 3, Registered: []string{"greeting", "问候"}}, "experiment-apply-same": &ApplyReport{Files: 3, Registered: []string{}},
		"experiment-assign": &AssignReport{ShopID: "1024", UserID: "u_987", Assignments: []experiment.Assignment{{Experiment: "greeting", Variant: &control, Bucket: 0.3071, HashVersion: 2}, {Experiment: "问候", Bucket: 0.9, HashVersion: 2}}},
		"experiment-audit":  &AuditReport{Key: "greeting", Exposures: 8100, Mismatched: 1, First: []Mismatch{{"1024", "u_987", "x1", 0.3071, "treatment", ""}}},
		"experiment-replay": &ReplayReport{Key: "greeting", Differ: 1, Snapshots: []Replayed{{"day 2026-06-01", at, 1, true}, {"final", at, 1, false}}},
		"experiment-aa": &AAReport{Key: "greeting", From: at, To: at.AddDate(0, 0, 14), Shoppers: 17_000, Runs: 1000, Rejected: newRate(38, 1000),
			Verdicts: map[string]int{"ROLL BACK": 20, "SHIP": 18, "INCONCLUSIVE": 962}},
	} {
		for _, as := range []struct {
			format Format
			lang   Lang
			ending string
		}{{Text, English, ".en.txt"}, {Text, Chinese, ".zh.txt"}, {MD, English, ".en.md"}, {MD, Chinese, ".zh.md"}, {JSON, English, ".json"}, {CSV, English, ".csv"}} {
			var got bytes.Buffer
			if err := Write(&got, r, as.format, as.lang); err != nil {
				t.Fatal(err)
			}
			golden(t, name+as.ending, got.Bytes())
		}
	}
}
