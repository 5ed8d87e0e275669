package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/shopspring/decimal"

	"askbuy/internal/clickhouse"
	"askbuy/internal/judge"
	"askbuy/internal/simulator"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/intent/learn/learntest"
	"askbuy/models/registry"
)

// What a model learns of a conversation's end is what the reports say of it.
func TestLearningFactsAgreeWithTheReports(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 11, 120, simulator.NoiseDefault)
	i.post(t, "/v1/events", i.secret(t, "api_key"), []byte(`[
		{"type":"exposure","event_id":"x1","shop_id":"acts","user_id":"u1","experiment":"score_action","variant":"left_alone","conv_id":"c1","propensity":0.05,"ts":1790000000000},
		{"type":"exposure","event_id":"x2","shop_id":"acts","user_id":"u2","experiment":"score_action","variant":"acted","conv_id":"c2","ts":1790000000000},
		{"type":"exposure","event_id":"x3","shop_id":"acts","user_id":"u3","experiment":"other","variant":"acted","conv_id":"c3","ts":1790000000000}]`))
	i.drained(t)
	facts, err := LearningFacts(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(facts.Actions, func(a, b learn.Action) int { return cmp.Compare(a.User, b.User) })
	if got := fmt.Sprint(facts.Actions); got != "[{{acts u1} c1 false 0.05} {{acts u2} c2 true 0}]" {
		t.Errorf("actions are %s", got)
	}
	type key struct{ shop, user, id string }
	type row struct {
		Shop   string  `ch:"shop_id"`
		User   string  `ch:"user_id"`
		ID     string  `ch:"event_id"`
		Y      uint8   `ch:"y"`
		Weight float64 `ch:"weight"`
		P      float64 `ch:"p_order"`
	}
	rows, err := clickhouse.Select[row](t.Context(), i.db, "SELECT shop_id, user_id, event_id, y, weight, p_order FROM askbuy.score_units", nil)
	if err != nil {
		t.Fatal(err)
	}
	units := map[key]row{}
	for _, r := range rows {
		units[key{r.Shop, r.User, r.ID}] = r
	}
	hits := 0
	all := learn.ExamineThose(intent.Default(), facts, func(learn.Shopper, string) bool { return true })
	for _, p := range all {
		want, known := units[key{p.Shop, p.User, p.ID}]
		if !known || want.Y != 0 != p.Hit || math.Abs(want.Weight-p.Weight) > 1e-12 || want.P != p.P {
			t.Errorf("%+v: the reports say %+v, %v", p, want, known)
		}
		if p.Hit {
			hits++
		}
	}
	if hits < 10 || len(all) < 100 {
		t.Errorf("only %d messages, %d of them before an order", len(all), hits)
	}
}

// From stored facts alone a training learns what there was to learn, the gate
// lets it pass, and refuses what was learned from orders dealt out anew.
func TestTrainsFromStoredFacts(t *testing.T) {
	w, err := learntest.New(learntest.Options{Seed: 21, Conversations: 6000, Shops: 4, Days: 40})
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, testConfig(t.TempDir()))
	store(t, i, w.Facts)
	good := learnedByItself(t, i)
	facts, err := LearningFacts(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Messages) != len(w.Facts.Messages) || len(facts.Orders) != len(w.Facts.Orders) || len(facts.Behaviors) != len(w.Facts.Behaviors) {
		t.Fatalf("%d messages, %d orders, %d behaviours come back", len(facts.Messages), len(facts.Orders), len(facts.Behaviors))
	}
	sampledWhole(t, i, facts)
	found, err := EvaluateModel(t.Context(), i.db, good, intent.Default())
	if err != nil {
		t.Fatal(err)
	}
	if !found.Verdict.Passed() {
		t.Errorf("what was learned is refused: %+v", found.Verdict)
	}
	oracle := learn.Examine(good, facts)
	for n := range oracle {
		oracle[n].P = w.Oracle[oracle[n].ID]
	}
	if best := learn.Set(oracle).Of(judge.AUC); found.Verdict.After.AUC < best-.04 {
		t.Errorf("AUC %.4f, the oracle's %.4f", found.Verdict.After.AUC, best)
	}

	if err := i.db.Exec(t.Context(), "TRUNCATE TABLE askbuy.order_events", nil); err != nil {
		t.Fatal(err)
	}
	store(t, i, learn.Facts{Orders: learntest.Shuffled(w.Facts).Orders})
	bad := trainedFrom(t, i)
	if found, err = EvaluateModel(t.Context(), i.db, bad, good); err != nil {
		t.Fatal(err)
	}
	if v := found.Verdict; v.Passed() || !slices.ContainsFunc(v.Refusals, func(r learn.Reason) bool { return r.Refusal == learn.LearnedNothing }) {
		t.Errorf("orders that say nothing taught a model that passes: %+v", v)
	}
}

// What does not fit into memory is a sample of shoppers, each of them whole.
func sampledWhole(t *testing.T, i *instance, all learn.Facts) {
	t.Helper()
	some, err := readFacts(t.Context(), i.db, 1<<21)
	if err != nil {
		t.Fatal(err)
	}
	again, err := readFacts(t.Context(), i.db, 1<<21)
	if err != nil || again.Share != some.Share || len(again.Messages) != len(some.Messages) {
		t.Errorf("the same facts give another sample: %d messages, then %d, %v", len(some.Messages), len(again.Messages), err)
	}
	count := func(f learn.Facts) map[learn.Shopper][3]int {
		by := map[learn.Shopper][3]int{}
		add := func(s learn.Shopper, n [3]int) {
			was := by[s]
			by[s] = [3]int{was[0] + n[0], was[1] + n[1], was[2] + n[2]}
		}
		for _, m := range f.Messages {
			add(m.Shopper, [3]int{1})
		}
		for _, o := range f.Orders {
			add(o.Shopper, [3]int{0, 1})
		}
		for _, b := range f.Behaviors {
			add(b.Shopper, [3]int{0, 0, 1})
		}
		return by
	}
	whole, part := count(all), count(some)
	for s, n := range part {
		if n != whole[s] {
			t.Errorf("of %v there are %v, all are %v", s, n, whole[s])
		}
	}
	if share := float64(len(part)) / float64(len(whole)); some.Share <= 0 || some.Share >= .5 || math.Abs(share-some.Share) > .05 {
		t.Errorf("%d of %d shoppers, a share of %v is told", len(part), len(whole), some.Share)
	}
	if b, err := learn.Train(learn.Config{Base: shippedBundle(t)}, some); err != nil || b.Manifest.Training.Facts.Share != some.Share || !strings.Contains(learn.Summary(b.Manifest), "sampled:") {
		t.Errorf("a model of a sample does not say so: %v", err)
	}
}

func shippedBundle(t *testing.T) *intent.Bundle {
	t.Helper()
	b, err := intent.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A look is planned for when a candidate is due, a day on at the latest, and
// after failures later each time.
func TestPlanOfTheLearner(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	var l learner
	f := func(due time.Duration, err error, want time.Duration) {
		t.Helper()
		l.plan(now, now.Add(due), err)
		if got := l.next.Sub(now); got != want {
			t.Errorf("due after %v, %v: the next look is after %v, want %v", due, err, got, want)
		}
	}
	failed := errors.New("no")
	f(0, nil, 24*time.Hour)
	f(7*24*time.Hour, nil, 24*time.Hour)
	f(2*time.Hour, nil, 2*time.Hour)
	f(-time.Hour, nil, 24*time.Hour)
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 24, 24} {
		f(time.Minute, failed, want*time.Hour)
	}
	for range 100 {
		f(0, failed, 24*time.Hour)
	}
	f(time.Hour, nil, time.Hour)
	f(0, failed, time.Hour)
}

// learnedByItself is what a running instance puts into the registry: once,
// again when a week has passed and not before, and after a failure as soon as
// it can.
func learnedByItself(t *testing.T, i *instance) *intent.Model {
	t.Helper()
	now := time.Now()
	w := wiring{Pipeline: New(i.config, slog.New(slog.DiscardHandler)), db: i.db}
	w.now = func() time.Time { return now }
	l, err := newLearner(w)
	if err != nil {
		t.Fatal(err)
	}
	tried := func(after time.Duration, want float64) {
		t.Helper()
		now = now.Add(after)
		if err := l.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := testutil.ToFloat64(l.outcomes.WithLabelValues(trainedPassed)); got != want {
			t.Errorf("%v trainings passed, want %v", got, want)
		}
	}
	day := 24 * time.Hour
	tried(0, 1)
	tried(25*time.Hour, 1)
	tried(7*day-25*time.Hour-time.Minute, 1)
	tried(time.Minute, 2)
	away := func(from, to string) {
		t.Helper()
		if err := i.db.Exec(t.Context(), "RENAME TABLE askbuy."+from+" TO askbuy."+to, nil); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(after time.Duration, told string) {
		t.Helper()
		now = now.Add(after)
		if err := l.look(t.Context()); err == nil || !strings.Contains(err.Error(), told) {
			t.Errorf("without a table of facts: %v, want %q told", err, told)
		}
	}
	away("behaviors", "behaviors_away")
	fails(8*day, "tried again after 1h0m0s")
	tried(59*time.Minute, 2)
	fails(time.Minute, "tried again after 2h0m0s")
	away("behaviors_away", "behaviors")
	tried(119*time.Minute, 2)
	tried(time.Minute, 3)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	facts, err := LearningFacts(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	if outcome, err := l.train(stopped, facts); outcome != trainedFailed || err == nil {
		t.Errorf("a training that cannot keep what it made: %s, %v", outcome, err)
	}
	stored, err := registry.Bundles{DB: i.db, Now: w.now}.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(stored, func(s registry.Stored) bool { return s.Origin == registry.OriginTrained })
	if at < 0 {
		t.Fatalf("no candidate among %+v", stored)
	}
	m, err := FindModel(t.Context(), i.db, stored[at].ID)
	if err != nil {
		t.Fatal(err)
	}
	if inForce, err := FindModel(t.Context(), i.db, ""); err != nil || inForce.ID() == m.ID() {
		t.Errorf("in force is %v, %v: a training puts nothing in force", inForce, err)
	}
	return m
}

func trainedFrom(t *testing.T, i *instance) *intent.Model {
	t.Helper()
	b, err := TrainModel(t.Context(), i.db, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := intent.Load(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// store inserts facts as the sinks do, as far as a training reads them.
func store(t *testing.T, i *instance, f learn.Facts) {
	t.Helper()
	var messages, orders, behaviors [][]any
	for _, m := range f.Messages {
		messages = append(messages, []any{m.Shop, m.User, m.ID, m.Conv, "user", m.Text, time.UnixMilli(m.TS)})
	}
	for _, o := range f.Orders {
		event := func(status string, at int64, back *decimal.Decimal) {
			amount := decimal.NewFromInt(100)
			orders = append(orders, []any{o.Shop, o.ID, o.ID + status, o.User, status, &amount, back, time.UnixMilli(at)})
		}
		event("paid", o.PaidAt, nil)
		part := decimal.NewFromInt(10)
		switch {
		case o.LostAt != learn.Never && o.Kept:
			event("refunded", o.LostAt, &part)
		case o.LostAt != learn.Never:
			event("cancelled", o.LostAt, nil)
		}
	}
	for n, b := range f.Behaviors {
		behaviors = append(behaviors, []any{b.Shop, b.User, fmt.Sprint("b", n), b.Name, time.UnixMilli(b.TS)})
	}
	for _, x := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"askbuy.messages", []string{"shop_id", "user_id", "event_id", "conv_id", "from_role", "text", "ts"}, messages},
		{"askbuy.order_events", []string{"shop_id", "order_id", "event_id", "user_id", "status", "amount", "refunded_amount", "ts"}, orders},
		{"askbuy.behaviors", []string{"shop_id", "user_id", "event_id", "name", "ts"}, behaviors},
	} {
		if err := i.db.Insert(t.Context(), x.table, x.columns, x.rows); err != nil {
			t.Fatal(err)
		}
	}
}
