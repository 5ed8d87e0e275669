package pipeline

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/models/registry"
	"askbuy/report"
)

// otherBundle is the shipped one with another base rate.
func otherBundle(t *testing.T) *intent.Bundle {
	t.Helper()
	b, err := intent.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	b.Manifest.Params.RefLogit += .7
	if err := b.Seal([]string{"有优惠券吗", "hello"}); err != nil {
		t.Fatal(err)
	}
	return b
}

// log opens the models log with a clock of its own.
func (i *instance) log(t *testing.T, now func() time.Time) modelsLog {
	t.Helper()
	admin, err := kafka.NewAdmin(i.kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return openModelsLog(i.kafka, admin, i.db, now)
}

// say posts one message of each of so many shoppers at a time.
func (i *instance) say(t *testing.T, when time.Time, from, to int) {
	t.Helper()
	var lines strings.Builder
	for n := from; n < to; n++ {
		fmt.Fprintf(&lines, `{"type":"message","event_id":"m%d-%d","shop_id":"s","user_id":"u%d","conv_id":"c","from":"user","text":"怎么付款","ts":%d}`+"\n", n, when.UnixMilli(), n%5, when.UnixMilli()+int64(n))
	}
	var answer struct {
		Accepted int `json:"accepted"`
	}
	body := i.post(t, "/v1/events", i.secret(t, "api_key"), []byte(lines.String()))
	if err := json.Unmarshal(body, &answer); err != nil || answer.Accepted != to-from {
		t.Errorf("%s, %v", body, err)
	}
}

// A model that is promoted while messages come in reads those of its time, in
// whatever order they come, and changes nothing else: not in a restart, not in
// a replay.
func TestModelSwap(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	first, second := intent.Default().ID(), otherBundle(t)
	// Published half an hour ago, in force for 19 minutes.
	log := i.log(t, func() time.Time { return time.Now().Add(-30 * time.Minute) })
	if err := log.bundles.Put(t.Context(), registry.OriginTrained, second); err != nil {
		t.Fatal(err)
	}
	before, after := time.Now().Add(-40*time.Minute), time.Now().Add(-time.Minute)
	var load sync.WaitGroup
	for k := range 4 {
		load.Go(func() { i.say(t, before, 50*k, 50*k+50) })
	}
	e, err := log.publisher().Promote(t.Context(), registry.Promotion{Model: second.Manifest.ID, By: "test", Why: "better"})
	if err != nil {
		t.Fatal(err)
	}
	load.Wait()
	config := i.config
	i.close(t)() // the next start reads the log; one that runs has 10 minutes for it
	i = start(t, config)
	for k := range 4 {
		load.Go(func() { i.say(t, after, 50*k, 50*k+50); i.say(t, before.Add(time.Second), 50*k, 50*k+50) })
	}
	load.Wait()
	i.drained(t)
	type row struct {
		Model string `ch:"model_id"`
		Late  bool   `ch:"late"`
		N     uint64 `ch:"n"`
	}
	query := fmt.Sprintf("SELECT model_id, toUnixTimestamp64Milli(ts) >= %d AS late, count() AS n FROM bi.messages GROUP BY ALL ORDER BY late", e.From)
	check := func() {
		t.Helper()
		rows, err := clickhouse.Select[row](t.Context(), i.db, query, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []row{{first, false, 400}, {second.Manifest.ID, true, 200}}
		if fmt.Sprint(rows) != fmt.Sprint(want) {
			t.Errorf("messages by model: %v, want %v", rows, want)
		}
	}
	check()
	diff, err := report.AgainstFacts(t.Context(), i.db, i.models(t))
	if err != nil || diff.Rows != 0 {
		t.Errorf("against facts: %+v, %v", diff, err)
	}
	replayer := i.replayer(t)
	if got := replayer.replayed(t, ReplayOptions{DryRun: true}); got.Diff.Rows != 0 {
		t.Errorf("a replay changes rows: %+v", got.Diff)
	}
	if got := replayer.replayed(t, ReplayOptions{DryRun: true, Model: first}); got.Diff.Rows == 0 || got.Scores == nil {
		t.Error("the first model in the place of the second changes nothing")
	}
	list, err := (&ModelsLog{log: i.log(t, time.Now)}).List(t.Context())
	states := map[string]string{}
	for _, l := range list {
		states[l.ID] = l.State
	}
	if err != nil || !maps.Equal(states, map[string]string{first: StateFormer, second.Manifest.ID: StateInForce}) {
		t.Errorf("%+v, %v", list, err)
	}
	check()
}

func TestSpans(t *testing.T) {
	log := registry.Log{{ModelID: "a"}, {From: 5, ModelID: "b"}, {From: 7, ModelID: "b", RulesID: "r"}, {From: 9, ModelID: "a"}}
	f := func(id string, now int64, want, wantState string) {
		t.Helper()
		got := ""
		list := spans(log, id)
		for _, s := range list {
			got += fmt.Sprint(s.From, "-")
			if s.To != nil {
				got += fmt.Sprint(*s.To)
			}
			got += " "
		}
		if s := state(list, now); got != want || s != wantState {
			t.Errorf("%s at %d: %q %s, want %q %s", id, now, got, s, want, wantState)
		}
	}
	f("a", 4, "0-5 9- ", StateInForce)
	f("a", 6, "0-5 9- ", StateScheduled)
	f("a", 9, "0-5 9- ", StateInForce)
	f("b", 4, "5-9 ", StateWithdrawn) // what follows it was published before it came into force
	f("b", 8, "5-9 ", StateInForce)
	f("b", 9, "5-9 ", StateFormer)
}
