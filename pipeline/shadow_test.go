package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/simulator"
	"askbuy/internal/wait"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/registry"
	warehouse "askbuy/schemas/clickhouse"
)

// The newest candidate has a row beside every one of the model in force, the
// very row that it would have in its place; one that is broken disturbs nobody.
func TestShadow(t *testing.T) {
	var metrics *prometheus.Registry
	i := start(t, testConfig(t.TempDir()), func(p *Pipeline) { metrics = p.registry })
	other := otherBundle(t)
	other.Manifest.Params.CalC += .5
	if err := other.Seal([]string{"有优惠券吗", "hello"}); err != nil {
		t.Fatal(err)
	}
	kept := registry.Bundles{DB: i.db, Now: time.Now}
	if err := kept.Put(t.Context(), registry.OriginTrained, other); err != nil {
		t.Fatal(err)
	}
	i.say(t, time.Now().Add(-96*time.Hour), 0, 10)
	i.simulate(t, 12, 40, simulator.NoiseDefault)
	const both = `(SELECT countIf(s.version = m.version AND s.conv_id = m.conv_id AND s.ts = m.ts) FROM
		(SELECT shop_id, user_id, event_id, conv_id, ts, version FROM askbuy.shadow_scores FINAL) AS s INNER JOIN
		(SELECT shop_id, user_id, event_id, conv_id, ts, version FROM askbuy.message_scores FINAL) AS m USING (shop_id, user_id, event_id))`
	all := i.number(t, "(SELECT count() FROM askbuy.message_scores FINAL)")
	i.awaitNumber(t, both, all)
	found, err := EvaluateModel(t.Context(), i.db, i.model(t, other.Manifest.ID), i.model(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	if s := found.Shadow; int64(s.Messages) != all || s.Since == nil || s.Shift == 0 || s.Orders == 0 || s.Conversations <= s.Orders || s.Change.Mean == 0 || !(s.Change.Low < s.Change.High) {
		t.Errorf("of the shadow it says %+v", s)
	}
	i.actedOn(t, other.Manifest.ID, found.Shadow)
	if list, err := (&ModelsLog{log: i.log(t, time.Now)}).List(t.Context()); err != nil || len(list) != 2 || list[1].Shadowed != int(all) || list[0].Shadowed != 0 {
		t.Errorf("%+v, %v", list, err)
	}

	// What it said is what it would say in the place of the other.
	i.replayer(t).replayed(t, ReplayOptions{Model: other.Manifest.ID, OtherModel: true})
	same := `(SELECT count() FROM (SELECT * FROM askbuy.shadow_scores FINAL) AS s INNER JOIN (SELECT * FROM askbuy.message_scores FINAL) AS m USING (shop_id, user_id, event_id)
		WHERE s.model_id = m.model_id AND s.evidence = m.evidence AND s.buy_score = m.buy_score AND s.p_order = m.p_order AND s.p_net = m.p_net)`
	if n := i.number(t, same); n != all {
		t.Errorf("%d of %d rows are those of a replay", n, all)
	}

	// A broken one is told of and passed over.
	broken := [][]any{{"sha256:0000000000000000", "model", registry.OriginTrained, map[string]string{"manifest.json": "{}"}, "{}", time.Now().Add(time.Minute)}}
	if err := i.db.Insert(t.Context(), warehouse.ModelBundles.Name, warehouse.ModelBundles.Columns, broken); err != nil {
		t.Fatal(err)
	}
	i.say(t, time.Now().Add(-time.Minute), 10, 20)
	i.drained(t)
	if n := i.number(t, "(SELECT count() FROM askbuy.message_scores FINAL)"); n != all+10 {
		t.Errorf("%d messages are scored, want %d", n, all+10)
	}
	i.mends(t, other)
	if counterOf(t, metrics, "askbuy_shadow_scores_total", shadowBroken) != 0 || counterOf(t, metrics, "askbuy_shadow_scores_total", shadowWritten) < float64(all) {
		t.Error("the counts of outcomes do not fit")
	}
}

// actedOn says of every conversation with an order that the score was acted on:
// none of them judges the candidate any more.
func (i *instance) actedOn(t *testing.T, model string, before Shadowed) {
	t.Helper()
	err := i.db.Exec(t.Context(), `
		INSERT INTO askbuy.exposures (shop_id, user_id, event_id, experiment, variant, conv_id, attrs, ts)
		SELECT shop_id, user_id, 'acted' || conv_id, 'score_action', 'acted', conv_id, '{"propensity":0.95}', min(ts)
		FROM askbuy.score_units WHERE y != 0 GROUP BY shop_id, user_id, conv_id`, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := shadowed(t.Context(), i.db, model, mostUnits)
	if err != nil || after.Share != 1 || after.Messages != before.Messages || after.Orders != 0 || after.Conversations != before.Conversations-before.Orders {
		t.Errorf("of the shadow it says %+v, before the actions %+v, %v", after, before, err)
	}
	few, err := shadowed(t.Context(), i.db, model, before.Messages/3)
	if err != nil || few.Share < .3 || few.Share > .34 || few.Messages != before.Messages || few.Conversations == 0 || few.Conversations >= after.Conversations {
		t.Errorf("of a share of the shoppers it says %+v, of all %+v, %v", few, after, err)
	}
	if err := i.db.Exec(t.Context(), "DELETE FROM askbuy.exposures WHERE startsWith(event_id, 'acted')", nil); err != nil {
		t.Fatal(err)
	}
}

// A candidate whose files are damaged is told of once, and scores as soon as
// they are mended.
func (i *instance) mends(t *testing.T, b *intent.Bundle) {
	t.Helper()
	now := time.Now()
	clock := func() time.Time { return now }
	force, err := i.log(t, clock).follow(t.Context(), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	s := &shadowing{bundles: registry.Bundles{DB: i.db, Now: clock}, force: force, log: slog.New(slog.NewTextHandler(&said, nil)), unsound: map[string]bool{}}
	f := func(after time.Duration, has bool) {
		t.Helper()
		now = now.Add(after)
		if err := s.look(t.Context()); err != nil || (s.candidate != nil) != has {
			t.Errorf("a candidate: %v, %v, want %v", s.candidate != nil, err, has)
		}
	}
	files, err := b.Files()
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for name, file := range files {
		content[name] = string(file)
	}
	put := func(weights string, at time.Time) {
		t.Helper()
		content["weights.gz"] = weights
		row := []any{b.Manifest.ID, "model", registry.OriginTrained, content, content["manifest.json"], at}
		if err := i.db.Insert(t.Context(), warehouse.ModelBundles.Name, warehouse.ModelBundles.Columns, [][]any{row}); err != nil {
			t.Fatal(err)
		}
	}
	whole := content["weights.gz"]
	put("", now.Add(time.Second))
	f(0, false)
	f(refusedRest, false)
	put(whole, now.Add(2*time.Second))
	f(candidateRest, false)
	f(refusedRest, true)
	if n := strings.Count(said.String(), "cannot be had"); n != 1 {
		t.Errorf("told %d times:\n%s", n, said.String())
	}
}

// Everybody whose score was high was called and ordered, but for those who were
// left alone: a candidate that forecasts what comes by itself is better, and
// would be surely worse by the orders of the calls.
func TestShadowLeavesOutWhatWasActedOn(t *testing.T) {
	var units []shadowedUnit
	var actions []learn.Action
	say := func(n int, y uint8, after, before float64, action *learn.Action) {
		for range n {
			u := shadowedUnit{Shop: "s", User: fmt.Sprint("u", len(units)), Conv: fmt.Sprint("c", len(units)), Weight: 1, Y: y, After: after, Before: before}
			if units = append(units, u); action != nil {
				a := *action
				a.Shopper, a.Conv = learn.Shopper{Shop: u.Shop, User: u.User}, u.Conv
				actions = append(actions, a)
			}
		}
	}
	called, left := &learn.Action{Taken: true, Propensity: .8}, &learn.Action{Propensity: .2}
	say(400, 1, .25, .9, called) // the candidate forecasts what comes by itself
	say(25, 1, .25, .9, left)
	say(75, 0, .25, .9, left)
	say(1000, 0, .02, .02, nil)
	var knowing, ignorant Shadowed
	knowing.judge(units, learn.StandsFor(actions))
	ignorant.judge(units, nil)
	if ignorant.Refusal() == nil || ignorant.Orders != 425 {
		t.Errorf("the plant does not turn the verdict: %+v", ignorant)
	}
	if knowing.Refusal() != nil || !(knowing.Change.High < 0) || knowing.Orders != 25 || knowing.Conversations != 1100 {
		t.Errorf("what was acted on counts: %+v", knowing)
	}
	few := Shadowed{}
	few.judge(units[405:], learn.StandsFor(actions))
	if few.Orders != 20 || few.Conversations != 1095 {
		t.Errorf("for how many a conversation stands makes orders of it: %+v", few)
	}
}

// The gate asks for surely worse, not for unproven, of the few that are there.
func TestShadowRefusal(t *testing.T) {
	f := func(orders int, low float64, refuses bool) {
		t.Helper()
		if why := (Shadowed{Orders: orders, Change: learn.Difference{Mean: low + .01, Low: low}}).Refusal(); (why != nil) != refuses {
			t.Errorf("%d orders, from %v on: %v", orders, low, why)
		}
	}
	f(leastShadowOrders, .001, true)
	f(leastShadowOrders-1, .001, false)
	f(1000, 0, false)
	f(1000, -.1, false)
}

func TestNewestCandidate(t *testing.T) {
	models := []registry.Stored{{ID: "a", Origin: registry.OriginShipped}, {ID: "b", Origin: registry.OriginTrained}, {ID: "c", Origin: registry.OriginImported}, {ID: "d", Origin: registry.OriginShipped}}
	f := func(want string, log registry.Log, stored ...registry.Stored) {
		t.Helper()
		got := ""
		if m := newestCandidate(stored, log); m != nil {
			got = m.ID
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	a, c := registry.Log{{ModelID: "a"}}, registry.Log{{ModelID: "a"}, {From: 9, ModelID: "c"}}
	f("", a)
	f("", a, models[0])
	f("b", a, models[:2]...)
	f("c", a, models...)
	f("b", c, models...)
}

// awaitNumber asks until a number is what it shall be.
func (i *instance) awaitNumber(t *testing.T, sql string, want int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		got := i.number(t, sql)
		if got == want {
			return
		}
		if err := wait.For(ctx, 100*time.Millisecond); err != nil {
			t.Fatalf("%d, want %d", got, want)
		}
	}
}

// counterOf is a counter whose only label has this value.
func counterOf(t *testing.T, registry *prometheus.Registry, name, label string) (n float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && strings.Contains(m.String(), `"`+label+`"`) {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

func (i *instance) model(t *testing.T, name string) *intent.Model {
	t.Helper()
	m, err := FindModel(t.Context(), i.db, name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
