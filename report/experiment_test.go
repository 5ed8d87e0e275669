package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/models/intent"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// lab is a fixture with experiments and a clock. An experiment begins at t0.
type lab struct {
	*fixture
	*Experiments
	at     time.Time
	tokens uint64
}

func newLab(t *testing.T) *lab {
	l := &lab{fixture: newFixture(t), at: time.UnixMilli(t0 + 5*dayMs)}
	var err error
	l.Experiments, err = NewExperiments(l.DB, schema.Cluster{}, func() time.Time { return l.at }, func() uint64 { l.tokens++; return l.tokens })
	l.must(err)
	return l
}

func labExperiment(metrics ...experiment.Metric) experiment.Experiment {
	if len(metrics) == 0 {
		for _, d := range experiment.Definitions() {
			m := experiment.Metric{Name: d.Name, Role: experiment.Diagnostic, MDE: 0.1, CUPED: d.Per == experiment.PerUser}
			if d.Money {
				m.Cap = 0.99
			}
			if d.Name == experiment.ConversationToOrder {
				m.Role = experiment.Success
			}
			metrics = append(metrics, m)
		}
	}
	return experiment.Experiment{
		Key: "greeting", Seed: "greeting", Hypothesis: "it helps", Assignment: experiment.ByAskbuy, Mode: experiment.Hybrid, Coverage: 1, Alpha: 0.05, Power: 0.8, NStar: 5000,
		Start: time.UnixMilli(t0).UTC(), PlannedEnd: time.UnixMilli(t0 + 14*dayMs).UTC(),
		Variants: []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "treatment", Weight: 0.5}}, Metrics: metrics,
	}
}

func (l *lab) register(e experiment.Experiment) {
	l.Helper()
	_, err := l.Register(l.Context(), []experiment.Experiment{e})
	l.must(err)
}

func (l *lab) expose(user, variant string, ts int64, more map[string]any) {
	l.Helper()
	row := map[string]any{"shop_id": "s", "user_id": user, "event_id": fmt.Sprint("x", user, ts, variant), "experiment": "greeting", "variant": variant, "ts": ts}
	for k, v := range more {
		row[k] = v
	}
	l.put(schema.Exposures, row)
}

// units are the rows of the units as last refreshed: the columns, by user.
func (l *lab) units(columns string) map[string]string {
	l.Helper()
	_, _, rows, err := l.Query(l.Context(), "SELECT user_id, "+columns+" FROM askbuy.experiment_current ORDER BY user_id", nil)
	l.must(err)
	units := map[string]string{}
	for _, row := range rows {
		units[row[0].(string)] = strings.Trim(fmt.Sprint(row[1:]), "[]")
	}
	return units
}

func (l *lab) want(columns string, want map[string]string) {
	l.Helper()
	got := l.units(columns)
	for user, w := range want {
		if got[user] != w {
			l.Errorf("%s of %s: %s, want %s", columns, user, got[user], w)
		}
	}
	if len(got) != len(want) {
		l.Errorf("%s of %d units, want %d: %v", columns, len(got), len(want), got)
	}
}

// story is a small shop: b orders in the conversation of the exposure, c
// before it, d saw two variants, e came too early, f too late.
func story(l *lab) {
	l.put(schema.Shops, map[string]any{"shop_id": "s", "reporting_currency": "CNY"})
	said := func(user, conv string, ts int64, from string) {
		l.message(user, conv, fmt.Sprint(user, conv, ts, from), ts, map[string]any{"from_role": from, "received_at": ts})
	}
	bought := func(user, order, conv string, ts int64, amount string, more map[string]any) {
		l.paid(user, order, ts, amount, more)
		if conv != "" {
			l.touches(user, order, ts, "", touch(conv, ts-minute, 0, 1, 1, 0.5))
		}
	}
	hours := func(n int64) int64 { return t0 + n*hour }
	for _, user := range []string{"a", "b", "c"} {
		l.expose(user, map[string]string{"a": "control", "b": "treatment", "c": "treatment"}[user], hours(1), map[string]any{"conv_id": user + "1"})
	}
	said("a", "a1", hours(1)+1, "user")
	said("a", "a1", hours(1)+3002, "bot") // 3001 ms later
	said("a", "a2", hours(100), "user")   // open still, never answered

	// a is handed off once, and has seen it; what c asked for before its exposure was taken after it.
	for _, step := range []struct {
		user, conv, name, reason string
		at                       int64
	}{
		{"a", "a2", "taken", "", hours(102)}, {"a", "a2", "requested", "asked", hours(101)}, {"a", "a1", "shown", "", hours(2)},
		{"c", "c1", "requested", "asked", hours(1) - 1}, {"c", "c1", "taken", "", hours(2)}, {"c", "c1", "closed", "", hours(3)},
	} {
		l.put(schema.Handoffs, map[string]any{"shop_id": "s", "user_id": step.user, "event_id": step.user + step.conv + step.name, "handoff_id": map[bool]string{true: "", false: step.conv}[step.name == "shown"],
			"conv_id": step.conv, "step": step.name, "reason": step.reason, "shown": []string{}, "ts": step.at})
	}

	said("b", "b0", hours(-48), "user")
	bought("b", "ob0", "b0", hours(-47), "40.00", nil)
	said("b", "b1", hours(1)-5, "user") // before the exposure that names it
	l.message("b", "b1", "told often", hours(1)+1, map[string]any{"received_at": hours(1) + 1, "identity": "identity of told"})
	for at, outcome := range []string{"stored", "duplicate", "duplicate", "conflict", "quarantined"} {
		l.put(schema.Receipts, map[string]any{"topic": event.TopicMessages, "raw_position": int64(at), "outcome": outcome, "identity": "identity of told"})
	}
	said("b", "b1", hours(1)+3001, "agent") // 3000 ms later
	bought("b", "ob1", "b1", hours(2), "100.00", nil)
	bought("b", "ob2", "", hours(3), "50.00", nil)
	bought("b", "ob3", "b1", hours(4), "7.00", map[string]any{"currency": "USD"})
	l.put(schema.OrderEvents, map[string]any{"shop_id": "s", "user_id": "b", "order_id": "ob1", "event_id": "r", "status": "refunded", "refunded_amount": "30.00", "ts": hours(5)})
	l.put(schema.Behaviors, map[string]any{"shop_id": "s", "user_id": "b", "event_id": "cart", "name": "add_to_cart", "ts": hours(2)})

	said("c", "c1", hours(0), "user")
	bought("c", "oc1", "c1", hours(1)-1, "100.00", nil) // a millisecond before its exposure
	l.put(schema.Behaviors, map[string]any{"shop_id": "s", "user_id": "c", "event_id": "cart", "name": "add_to_cart", "ts": hours(1) - 1})

	l.expose("d", "control", hours(2), nil)
	l.expose("d", "treatment", hours(3), nil)
	l.expose("e", "control", hours(-1), nil)
	l.expose("e", "control", hours(2), nil)
	l.expose("f", "control", hours(14*24), nil)
	l.expose("g", "control", hours(2), map[string]any{"is_test": uint8(1)})
	l.expose("h", "green", hours(2), nil)
}

func TestExperimentUnits(t *testing.T) {
	l := newLab(t)
	e := labExperiment()
	l.register(e)
	story(l)
	_, err := l.Refresh(t.Context(), e)
	l.must(err)
	l.want("variant, exposures, is_contaminated", map[string]string{"a": "control 1 0", "b": "treatment 1 0", "c": "treatment 1 0", "d": "control 2 1"})
	l.want("conversations, open_conversations, ordered, carted, handed_off", map[string]string{"a": "2 1 0 0 1", "b": "1 0 1 1 0", "c": "1 0 0 0 0", "d": "0 0 0 0 0"})
	l.want("conversation_revenue, revenue, orders, joined_orders, earlier_revenue, earlier_conversations",
		map[string]string{"a": "0 0 0 0 0 0", "b": "70 120 3 2 40 2", "c": "0 0 0 0 100 1", "d": "0 0 0 0 0 0"})
	l.want("replies, slow_replies, messages, matured_orders", map[string]string{"a": "1 1 3 0", "b": "1 0 2 0", "c": "0 0 0 0", "d": "0 0 0 0"})
	l.want("late_messages, repeated_messages, conflicting_messages", map[string]string{"a": "0 0 0", "b": "0 2 1", "c": "0 0 0", "d": "0 0 0"})
	l.want(fmt.Sprintf("bucket = reinterpretAsFloat64(toUInt64(%d)) OR user_id != 'a', currency", math.Float64bits(bucketOf("a"))), map[string]string{"a": "1 CNY", "b": "1 CNY", "c": "1 CNY", "d": "1 CNY"})

	// 15 days after: the orders are old enough, one was refunded; and of the refresh before the last nothing is left.
	l.at = time.UnixMilli(t0 + 30*dayMs)
	for range 2 {
		_, err = l.Refresh(t.Context(), e)
		l.must(err)
	}
	l.want("open_conversations, matured_orders, refunded_orders", map[string]string{"a": "0 0 0", "b": "0 3 1", "c": "0 0 0", "d": "0 0 0"})
	_, _, rows, err := l.Query(t.Context(), "SELECT uniqExact(generation) FROM askbuy.experiment_units", nil)
	l.must(err)
	if rows[0][0] != uint64(2) {
		t.Errorf("%v generations are kept", rows[0][0])
	}
}

func bucketOf(user string) float64 {
	b, _ := experiment.Bucket(2, "greeting", user)
	return b
}

func TestExperimentReportOfAShop(t *testing.T) {
	l := newLab(t)
	l.register(labExperiment())
	story(l)
	r, err := l.Report(t.Context(), "greeting", nil)
	l.must(err)
	if r.Health.Units != 4 || r.Health.Contaminated != 1 || r.Health.Replayed != 5 {
		t.Errorf("health %+v", r.Health)
	}
	audit, err := l.Audit(t.Context(), "greeting")
	l.must(err)
	// Those of e, before the start, and of h are exposures as well.
	if audit.Exposures != 8 || audit.Mismatched == 0 {
		t.Errorf("audit %+v", audit)
	}
	for _, m := range audit.First {
		if a := experiment.Assign("s", m.UserID, []experiment.Experiment{labExperiment()}); *a[0].Variant != m.Given || a[0].Bucket != m.Bucket {
			t.Errorf("%+v, the hash gives %v", m, *a[0].Variant)
		}
	}
	var codes []string
	for _, w := range r.Warnings {
		codes = append(codes, string(w.Code))
	}
	for _, want := range []inference.Code{inference.WarnContaminated, inference.WarnUnregistered, inference.WarnRefused} {
		if !strings.Contains(strings.Join(codes, " "), string(want)) {
			t.Errorf("no %s in %v", want, codes)
		}
	}
	l.expose("a", "control", l.at.UnixMilli()-hour, map[string]any{"experiment": "greting"})
	l.expose("a", "acted", l.at.UnixMilli()-hour, map[string]any{"experiment": intent.ActionExperiment})
	health, err := l.Health(t.Context(), "greeting")
	l.must(err)
	if last := health.Warnings[len(health.Warnings)-1]; last != inference.Unregistered("greting", 1) || len(health.Warnings) < 2 || health.Warnings[len(health.Warnings)-2].Detail == "score_action" {
		t.Errorf("a key that no file describes: %+v", health.Warnings)
	}
	replay, err := l.Replay(t.Context(), "greeting", "")
	l.must(err)
	if replay.Differ != 0 || len(replay.Snapshots) != 1 {
		t.Errorf("replay %+v", replay)
	}
}

// live holds that bi.experiment_live says what the engine does, to 1e-9.
func (l *lab) live(r *ExperimentReport) {
	l.Helper()
	_, _, rows, err := l.Query(l.Context(), "SELECT metric, variant, n_c, n_t, value_c, value_t, diff, se, p_always_valid, seq_lo, seq_hi, srm_p FROM bi.experiment_live", nil)
	l.must(err)
	if len(rows) != len(r.Results) {
		l.Errorf("%d rows of the live view, %d results", len(rows), len(r.Results))
	}
	compared := 0
	for _, row := range rows {
		for _, x := range r.Results {
			if x.Metric != row[0] || x.Variant != row[1] || x.Refused != inference.NotRefused {
				continue
			}
			compared++
			nc, nt := float64(x.NC), float64(x.NT)
			for i, want := range []*float64{&nc, &nt, x.ValueC, x.ValueT, x.Diff, x.SE, x.PAlwaysValid, x.SeqLo, x.SeqHi, &r.Health.SRMSequential} {
				got, ok := row[2+i].(float64)
				if n, whole := row[2+i].(uint64); whole {
					got, ok = float64(n), true
				}
				if !ok || math.Abs(got-*want) > 1e-9*max(1, math.Abs(*want)) {
					l.Errorf("%s of %s, column %d: %v, want %v", x.Metric, x.Variant, i, row[2+i], *want)
				}
			}
		}
	}
	if compared == 0 {
		l.Error("nothing was compared")
	}
}

// TestLiveIsTheEngine has random shoppers in three variants: rates, amounts
// around 1e9, adjusted values, one variant that nobody is in yet.
func TestLiveIsTheEngine(t *testing.T) {
	l := newLab(t)
	e := labExperiment()
	e.Variants = []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "treatment", Weight: 0.3}, {Name: "other", Weight: 0.1}, {Name: "nobody", Weight: 0.1}}
	l.register(e)
	l.fill(3000, "['control', 'control', 'control', 'control', 'control', 'treatment', 'treatment', 'treatment', 'other', 'other'][number % 10 + 1]")
	in, err := l.input(t.Context(), e, l.filled(), nil)
	l.must(err)
	a, err := inference.Analyse(in)
	l.must(err)
	r := newExperimentReport(e, l.at, a)
	for _, x := range r.Results {
		if x.Variant == "nobody" && x.Refused == inference.NotRefused {
			t.Errorf("%s of an empty arm has a number", x.Metric)
		}
		if x.Variant == "treatment" && x.Metric == experiment.RevenuePerUser && (x.Theta == nil || x.Cap == nil || *x.Cap < 1e9) {
			t.Errorf("revenue is not adjusted or not capped: %+v", x)
		}
	}
	l.live(r)
	if w := a.Verdicts[0]; w.Decision != inference.Invalid || w.Reason != inference.SampleRatio {
		t.Errorf("a tenth of the shoppers is missing: verdict %+v", w)
	}
	// Shops that report in two currencies have no revenue together.
	l.run("INSERT INTO askbuy.experiment_units (experiment, generation, shop_id, user_id, variant, currency, bucket) VALUES ('greeting', 1, 'z', 'z', 'control', 'USD', 0.1)")
	if in, err = l.input(t.Context(), e, l.filled(), nil); err != nil || in.Metrics[3].Refused != inference.SeveralCurrencies || in.Metrics[0].Refused != inference.NotRefused {
		t.Errorf("two currencies: %v, %v", in.Metrics[3].Refused, err)
	}
}

// The pipeline itself must not treat the variants unlike: each of its rates is
// looked at, and alike rates raise no alarm.
func TestPipelineParity(t *testing.T) {
	l := newLab(t)
	e := labExperiment()
	l.register(e)
	found := func() (rates []string) {
		t.Helper()
		in, err := l.input(t.Context(), e, l.filled(), nil)
		l.must(err)
		a, err := inference.Analyse(in)
		l.must(err)
		for _, w := range a.Warnings {
			if w.Code == inference.WarnPipeline {
				rates = append(rates, w.Detail)
			}
		}
		return rates
	}
	for _, rate := range append([]string{""}, pipelineRates...) {
		l.run("TRUNCATE TABLE askbuy.experiment_units")
		l.fill(4000, "if(number % 2 = 0, 'control', 'treatment')")
		var want []string
		if rate != "" {
			want = []string{rate}
			l.run("ALTER TABLE askbuy.experiment_units UPDATE " + rate + " = " + rate + " + (variant = 'treatment' AND cityHash64(user_id) % 10 = 0) WHERE 1 SETTINGS mutations_sync = 2")
		}
		if got := found(); !slices.Equal(got, want) {
			t.Errorf("%s differs: the alarm is of %v", rate, got)
		}
	}
}

// fill inserts n random shoppers as refreshed, with the variant that an
// expression over number gives.
func (l *lab) fill(n int, variant string) {
	l.Helper()
	h := func(salt string) string { return "(cityHash64(number, '" + salt + "') % 1000 / 1000)" }
	l.run(fmt.Sprintf(`INSERT INTO askbuy.experiment_units (experiment, generation, shop_id, user_id, variant, first_exposure_at, exposures, bucket, currency, conversations, open_conversations,
	ordered, carted, handed_off, is_high, conversation_revenue, revenue, orders, joined_orders, matured_orders, refunded_orders, replies, slow_replies, messages, late_messages, earlier_revenue, earlier_conversations)
SELECT 'greeting', 1, 's', toString(number), %s, fromUnixTimestamp64Milli(%d), 1, 0.5, 'CNY', c, c > 1, o, floor(c * %s), c > 3, o > 0, o * 1e9 + o * %s, o * 1e9 + o * 100 * %s, o, o, o, floor(o * %s),
	c, floor(c * %s), 3 * c, c > 3, floor(o * 50 * %s), c + (number %% 3)
FROM (SELECT number, toUInt32(1 + floor(4 * pow(%s, 2))) AS c, toUInt32(floor(c * %s * 0.9)) AS o FROM numbers(%d))`,
		variant, t0, h("k"), h("r"), h("u"), h("f"), h("s"), h("e"), h("c"), h("o"), n))
	l.put(schema.ExperimentRefreshes, map[string]any{"experiment": "greeting", "generation": uint64(1), "cut_off": l.at, "unknown": [][]any{}})
}

// filled are the units of fill.
func (l *lab) filled() Counted { return Counted{l.at, 1} }
