package experiment

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func greetingFile(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/greeting.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func greeting(t testing.TB) Experiment {
	t.Helper()
	e, err := Parse([]byte(greetingFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParse(t *testing.T) {
	want := Experiment{
		Key: "greeting", Hypothesis: "a greeting with the running promotion brings more orders", Owner: "growth",
		Start:      time.Date(2026, 10, 31, 16, 0, 0, 0, time.UTC),
		PlannedEnd: time.Date(2026, 11, 28, 16, 0, 0, 0, time.UTC),
		Assignment: ByAskbuy, Seed: "greeting", Coverage: 1,
		Variants: []Variant{{Name: "control", Weight: 0.8, Control: true}, {Name: "treatment", Weight: 0.2}},
		Mode:     Hybrid, Alpha: 0.05, Power: 0.8, NStar: 5000,
		Metrics: []Metric{
			{Name: ConversationToOrder, Role: Success, MDE: 0.1},
			{Name: RefundRate, Role: Guardrail, MDE: 0.1, NIM: 0.05},
		},
	}
	got := greeting(t)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if at := got.FinalAt(); !at.Equal(want.PlannedEnd.Add((72 + 15*24) * time.Hour)) {
		t.Errorf("final at %v", at)
	}
	got.Metrics = got.Metrics[:1]
	if at := got.FinalAt(); !at.Equal(want.PlannedEnd.Add(72 * time.Hour)) {
		t.Errorf("final without refunds at %v", at)
	}
}

// Each case changes the good file in one place; the message names the field.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "owner: growth", "owner: growth\nowners: x", "field owners not found"},
		{"repeated key", "owner: growth", "owner: growth\nowner: x", "already"},
		{"no yaml", "owner: growth", "owner: [", "yaml"},
		{"second document", "mode: hybrid", "mode: hybrid\n---\nmode: fixed", "one file for each experiment"},
		{"wrong type", "coverage: 1", "coverage: much", "cannot unmarshal"},
		{"no key", "experiment: greeting", "experiment: ''", "experiment: must be a key"},
		{"no start", "start: 2026-11-01T00:00:00+08:00", "", "start: missing"},
		{"day alone", "start: 2026-11-01T00:00:00+08:00", "start: 2026-11-01", "start: \"2026-11-01\" is no time"},
		{"too short", "2026-11-29", "2026-11-05", "planned_end: must be at least 7 days"},
		{"unknown assigner", "assignment: askbuy", "assignment: us", "assignment: \"us\""},
		{"unknown mode", "mode: hybrid", "mode: bayes", "mode: \"bayes\""},
		{"coverage", "coverage: 1", "coverage: 1.5", "coverage: must"},
		{"coverage is no number", "coverage: 1", "coverage: .nan", "coverage: must"},
		{"alpha", "coverage: 1", "alpha: 0.5", "alpha: must"},
		{"power", "coverage: 1", "power: 1", "power: must"},
		{"n_star", "coverage: 1", "n_star: 5", "n_star: must"},
		{"namespace", "coverage: 1", "namespace: {name: n, from: 0.5, to: 0.5}", "namespace: needs"},
		{"holdout", "coverage: 1", "holdout: {share: 0.1}", "holdout: needs"},
		{"all and one shop", "[all]", "[all, s1]", "shops: all is every shop"},
		{"shop twice", "[all]", "[s1, s1]", "shops: \"s1\" is there twice"},
		{"one variant", "{name: control, weight: 0.8, control: true}, ", "", "variants: must be 2 to 16"},
		{"no control", ", control: true", "", "variants: exactly one"},
		{"weights", "weight: 0.2", "weight: 0.1", "weights must add up to 1"},
		{"weight 0", "weight: 0.2", "weight: 0", "variants[1].weight"},
		{"name twice", "name: treatment", "name: control", "variants[1].name: \"control\" is there twice"},
		{"unknown metric", "refund_rate", "refunds", "metrics[1].metric: \"refunds\" is unknown"},
		{"metric twice", "refund_rate", "conversation_to_order", "metrics[1].metric: \"conversation_to_order\" is there twice"},
		{"unknown role", "role: guardrail", "role: guard", "metrics[1].role"},
		{"no success", "role: success", "role: diagnostic", "one must have role: success"},
		{"margin", "nim: 0.05", "nim: 1", "metrics[1].nim: must"},
		{"margin of success", "role: success", "role: success, nim: 0.1", "metrics[0].nim: only a guardrail"},
		{"cap of a rate", "role: success", "role: success, cap: 0.99", "metrics[0].cap: only revenue"},
		{"cuped of a ratio", "role: success", "role: success, cuped: true", "metrics[0].cuped"},
		{"undirected", "refund_rate", "conversations_per_user", "neither better nor worse"},
		{"external with seed", "assignment: askbuy", "assignment: external", "assignment: external gives"},
		{"empty", "", "", "file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := strings.Replace(greetingFile(t), c.old, c.new, 1)
			if c.old == "" {
				file = "# nothing\n"
			}
			if _, err := Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestParseSaysEveryProblem(t *testing.T) {
	_, err := Parse([]byte("experiment: x\nmode: bayes\ncoverage: 7\nlevel: 5\n"))
	for _, want := range []string{"field level", "mode:", "coverage:", "start:", "variants:", "metrics:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestConfigHash(t *testing.T) {
	e := greeting(t)
	const known = "de3ca2ab4e8caea56460541d8fd323450d4f981169b0bbfe5b285db57921c702"
	if e.ConfigHash() != known {
		t.Errorf("hash of the same file is now %s: results stored before no longer match it", e.ConfigHash())
	}
	spelled, err := Parse([]byte(`
metrics: [{role: success, metric: conversation_to_order, mde: 0.1}, {role: guardrail, metric: refund_rate}]
start: 2026-10-31T16:00:00Z
planned_end: 2026-11-28T16:00:00.0000Z
owner: growth
hypothesis: a greeting with the running promotion brings more orders
experiment: greeting
variants: [{name: control, weight: 0.80, control: true}, {name: treatment, weight: 2e-1, control: false}]
`))
	if err != nil || spelled.ConfigHash() != e.ConfigHash() {
		t.Errorf("the same said in other words: %s, %v", spelled.Canonical(), err)
	}
	e.Variants[0].Name = "before"
	if spelled.ConfigHash() == e.ConfigHash() {
		t.Error("another variant has the same hash")
	}
}

// A planned end moved into the past ends the experiment at a moment of whose
// results somebody knew; one that has passed is where the final look stands.
func TestChangeOfTheEnd(t *testing.T) {
	before := greeting(t)
	end := before.PlannedEnd
	for _, c := range []struct {
		name    string
		now, to time.Time
		want    string // "" is allowed
	}{
		{"later", end.Add(-time.Hour), end.Add(time.Hour), ""},
		{"sooner, ahead", end.Add(-2 * time.Hour), end.Add(-time.Hour), ""},
		{"sooner, at once", end.Add(-time.Hour), end.Add(-time.Hour), ""},
		{"into the past", end.Add(-time.Hour), end.Add(-time.Hour - time.Millisecond), "planned_end may not be moved into the past"},
		{"after it", end, end.Add(time.Hour), "planned_end may not change once it has passed"},
		{"same, after it", end.Add(time.Hour), end, ""},
	} {
		after := greeting(t)
		after.PlannedEnd, after.Owner = c.to, "another"
		err := Change(before, after, c.now)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Experiment)
		want   string // "" is allowed
	}{
		{"nothing", func(*Experiment) {}, ""},
		{"words and end", func(e *Experiment) {
			e.Hypothesis, e.Owner, e.PlannedEnd = "h", "o", e.PlannedEnd.Add(time.Hour)
		}, ""},
		{"weights", func(e *Experiment) { e.Variants = []Variant{{"control", 0.5, true}, {"treatment", 0.5, false}} }, ": variants may not"},
		{"metric", func(e *Experiment) { e.Metrics = e.Metrics[:1] }, ": metrics may not"},
		{"seed and mode", func(e *Experiment) { e.Seed, e.Mode = "s", Fixed }, ": mode, seed may not"},
		{"namespace added", func(e *Experiment) { e.Namespace = &Namespace{"n", 0, 1} }, ": namespace may not"},
	} {
		before, after := greeting(t), greeting(t)
		c.change(&after)
		for _, err := range []error{Change(before, after, before.Start), Change(after, before, before.Start)} {
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if none, err := Load(filepath.Join(dir, "absent")); err != nil || none != nil {
		t.Fatalf("a directory that is not there: %v, %v", none, err)
	}
	file := greetingFile(t)
	write("b.yaml", file)
	write("a.yml", strings.Replace(file, "experiment: greeting", "experiment: zz", 1))
	write("notes.txt", "not an experiment")
	all, err := Load(dir)
	if err != nil || len(all) != 2 || all[0].Key != "greeting" || all[1].Key != "zz" {
		t.Fatalf("%+v, %v", all, err)
	}
	write("c.yaml", file)
	write("d.yaml", "mode: bayes")
	_, err = Load(dir)
	for _, want := range []string{`read c.yaml: experiment: key "greeting" is that of b.yaml`, "read d.yaml: start: missing"} {
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(want, " start: missing")) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(greetingFile(f)))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, file []byte) {
		e, err := Parse(file)
		if err != nil {
			return
		}
		if err := e.Validate(); err != nil {
			t.Errorf("parsed what is not valid: %v", err)
		}
		if len(e.ConfigHash()) != 64 || Change(e, e, e.Start) != nil {
			t.Error("a parsed experiment has no hash or differs from itself")
		}
	})
}
