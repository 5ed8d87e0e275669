package pipeline

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator"
	"askbuy/report"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

const trialFile = `
experiment: answers
hypothesis: answers from the FAQ sell more
owner: test
start: %s
planned_end: %s
variants: [{name: holdout, weight: 0.5, control: true}, {name: faq, weight: 0.5}]
metrics: [{metric: conversation_to_order, role: success}]
`

// trial runs an experiment on the answers of a running instance: shoppers ask,
// and order by what they are told. It returns what became of each, and the
// report of the final look, by a clock that has moved there.
func trial(t *testing.T, a simulator.Asking) ([]simulator.Asker, *report.ExperimentReport, []experiment.Experiment) {
	t.Helper()
	c := testConfig(t.TempDir())
	c.Reply.Experiment = "answers"
	begin := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	end := begin.Add(14 * 24 * time.Hour)
	for file, content := range map[string]string{
		"faq.json": returnsFAQ, "experiments/answers.yaml": fmt.Sprintf(trialFile, begin.Format(time.RFC3339), end.Format(time.RFC3339)),
	} {
		path := filepath.Join(c.DataDir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i := start(t, c)
	a.Shop, a.Now, a.Question = c.DefaultShop, time.Now, "怎么退货"
	askers, err := a.Play(t.Context(), http.DefaultClient, i.at.HTTP, i.secret(t, "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	i.drained(t)
	experiments, err := report.NewExperiments(i.db, schema.Cluster{}, func() time.Time { return end.Add(5 * 24 * time.Hour) }, func() uint64 { return 1 })
	if err != nil {
		t.Fatal(err)
	}
	r, err := experiments.Report(t.Context(), "answers", nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := LoadExperiments(c)
	if err != nil {
		t.Fatal(err)
	}
	return askers, r, files
}

// helped are shoppers who want to know how long they may return things.
func helped(alone, helped float64) simulator.Asking {
	return simulator.Asking{Seed: 7, Shoppers: 600, Alone: alone, Helped: helped, Helps: func(reply string) bool { return strings.Contains(reply, "七天") }}
}

// Better answers raise orders, and the report of the experiment finds exactly
// that: every shopper in their arm, every order, the effect that is known from
// what each of them would have done in the other arm, and the verdict.
func TestBetterAnswersSellMoreAndTheReportFindsIt(t *testing.T) {
	askers, r, files := trial(t, helped(.1, .35))
	var units, orders [2]int64
	effect := 0.0
	for _, s := range askers {
		arm := 0
		if given := experiment.Assign("default", s.User, files); *given[0].Variant == "faq" {
			arm = 1
		}
		units[arm]++
		if s.Ordered {
			orders[arm]++
		}
		if s.Helped != (arm == 1) {
			t.Fatalf("a shopper in arm %d is answered as in the other: %+v", arm, s)
		}
		if s.WouldHelped && !s.WouldAlone {
			effect += 1 / float64(len(askers))
		}
	}
	m := r.Results[0]
	if m.NC != units[0] || m.NT != units[1] || share(orders[0], units[0]) != *m.ValueC || share(orders[1], units[1]) != *m.ValueT {
		t.Errorf("the report has %d and %d shoppers who order at %v and %v, the shop %v and %v", m.NC, m.NT, *m.ValueC, *m.ValueT, units, orders)
	}
	if *m.CILo <= 0 || effect < *m.CILo || effect > *m.CIHi || math.Abs(effect-.25) > .05 {
		t.Errorf("helping adds %.3f, the report finds %.3f to %.3f", effect, *m.CILo, *m.CIHi)
	}
	if len(r.Verdicts) != 1 || r.Verdicts[0].Decision != inference.Ship || r.Invalid() {
		t.Errorf("verdicts %+v", r.Verdicts)
	}
}

// Answers that change nothing are not found to change anything.
func TestAnswersThatDoNotSellAreNotFoundTo(t *testing.T) {
	_, r, _ := trial(t, helped(.2, .2))
	m := r.Results[0]
	if *m.CILo > 0 || *m.CIHi < 0 || r.Verdicts[0].Decision == inference.Ship || r.Invalid() {
		t.Errorf("%.3f to %.3f, %+v", *m.CILo, *m.CIHi, r.Verdicts)
	}
}

func share(n, of int64) float64 { return float64(n) / float64(of) }
