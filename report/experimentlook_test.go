package report

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// One snapshot a day, whoever asks how often; the final look is made once and
// stands, and then nothing of the experiment may change.
func TestLooks(t *testing.T) {
	l := newLab(t)
	e := labExperiment()
	l.register(e)
	words := e
	words.Seed = "other"
	l.register(words) // nobody was exposed yet
	l.register(e)
	story(l)
	words.PlannedEnd = e.PlannedEnd.Add(24 * time.Hour)
	if _, err := l.Register(t.Context(), []experiment.Experiment{words}); err == nil || !strings.Contains(err.Error(), "seed may not change") {
		t.Errorf("another seed after the first exposure: %v", err)
	}
	words = e
	words.PlannedEnd = l.at.Add(-time.Millisecond)
	if _, err := l.Register(t.Context(), []experiment.Experiment{words}); err == nil || !strings.Contains(err.Error(), "into the past") {
		t.Errorf("an end in the past after the first exposure: %v", err)
	}
	for range 3 { // t0 is 20:00 in Shanghai
		l.must(l.Hourly(t.Context()))
		l.at = l.at.Add(3 * time.Hour)
	}
	r, err := l.Report(t.Context(), "greeting", nil)
	l.must(err)
	if r.Final {
		t.Error("final before its time")
	}
	filtered, err := l.Report(t.Context(), "greeting", &Segment{"ordered", "1"})
	l.must(err)
	if filtered.Look != "" || !filtered.Invalid() || !slices.ContainsFunc(filtered.Warnings, func(w inference.Warning) bool { return w.Code == inference.WarnFilter }) {
		t.Errorf("a filter by what came after: %+v, %+v", filtered.Verdicts, filtered.Warnings)
	}
	l.at = e.FinalAt()
	l.must(l.Hourly(t.Context()))
	l.at = l.at.Add(24 * time.Hour)
	l.must(l.Hourly(t.Context()))
	r, err = l.Report(t.Context(), "greeting", nil)
	l.must(err)
	if !r.Final || !r.CutOff.Equal(e.FinalAt()) {
		t.Errorf("the final look is of %v", r.CutOff)
	}
	all, err := l.Snapshots(t.Context(), "greeting", "")
	l.must(err)
	var names []string
	for _, s := range all {
		names = append(names, s.Look)
	}
	if got := strings.Join(names, ", "); got != "day 2026-06-06, day 2026-06-07, report 2026-06-06T21:00:00.000Z, final" {
		t.Errorf("snapshots %s", got)
	}
	replay, err := l.Replay(t.Context(), "greeting", "")
	l.must(err)
	if replay.Differ != 0 {
		t.Errorf("replay %+v", replay)
	}
	words = e
	words.Owner = "another"
	if _, err := l.Register(t.Context(), []experiment.Experiment{words}); err == nil || !strings.Contains(err.Error(), "final look") {
		t.Errorf("a change after the final look: %v", err)
	}
	l.run("INSERT INTO askbuy.experiment_snapshots SELECT experiment, look, snapshot_at, made_by, is_final, config_hash, sql_hash, engine_version, replaceOne(input, '\"units\":2', '\"units\":3'), analysis, version + 1 FROM askbuy.experiment_snapshots FINAL WHERE look = 'final'")
	if replay, err = l.Replay(t.Context(), "greeting", "final"); err != nil || replay.Differ != 1 {
		t.Errorf("a changed input is not noticed: %+v, %v", replay, err)
	}
}

// TestMillionUnits tells how long a look takes beside the refresh.
func TestMillionUnits(t *testing.T) {
	n := 2000
	if os.Getenv("SOAK") != "" {
		n = 1_000_000
	}
	l := newLab(t)
	e := labExperiment()
	l.register(e)
	l.fill(n, "if(number % 2 = 0, 'control', 'treatment')")
	began := time.Now()
	in, err := l.input(t.Context(), e, l.at, nil)
	l.must(err)
	a, err := inference.Analyse(in)
	l.must(err)
	t.Logf("%d units in %v", n, time.Since(began))
	if a.Health.Units != int64(n) || a.Results[0].Refused != inference.NotRefused {
		t.Errorf("health %+v, %+v", a.Health, a.Results[0])
	}
}

// The past shared out by other seeds decides about as often as its level says,
// heavy repeat users included.
func TestSharedPast(t *testing.T) {
	e := labExperiment()
	e.Metrics = e.Metrics[:1]
	h := history{e: e, values: make([][][3]float64, 1)}
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 1500 {
		talks, rate := 1.0, 0.4*r.Float64()
		if i%10 == 0 {
			talks = float64(5 + r.IntN(30))
		}
		orders := 0.0
		for range int(talks) {
			if r.Float64() < rate {
				orders++
			}
		}
		h.users = append(h.users, fmt.Sprint("u", i))
		h.values[0] = append(h.values[0], [3]float64{orders, talks, 0})
	}
	runs, rejected := 300, 0
	if os.Getenv("SOAK") != "" {
		runs = 1000
	}
	for run := range runs {
		a, err := inference.Analyse(h.shared(fmt.Sprint("seed", run)))
		if err != nil {
			t.Fatal(err)
		}
		switch a.Verdicts[0].Decision {
		case inference.Ship, inference.RollBack:
			rejected++
		case inference.NotEnoughData:
			t.Fatalf("%+v", a.Verdicts)
		}
	}
	if limit := map[bool]int{true: 65, false: 24}[runs == 1000]; rejected > limit || rejected == 0 {
		t.Errorf("%d of %d A/A runs are decided", rejected, runs)
	}
	t.Logf("%d of %d A/A runs are decided", rejected, runs)
}
