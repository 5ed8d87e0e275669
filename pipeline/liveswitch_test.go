package pipeline

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/registry"
)

// A model comes into force while two processors work and messages of both
// sides of the switch go on coming in: nothing fails, and every row is of the
// model that its own time demands.
func TestSwitchUnderLoad(t *testing.T) {
	var behind atomic.Int64 // by how much the models log's clock is behind, ms
	behind.Store((12 * time.Minute).Milliseconds())
	clock := func() time.Time { return time.Now().Add(-time.Duration(behind.Load()) * time.Millisecond) }
	var metrics [2]*prometheus.Registry
	a := start(t, testConfig(t.TempDir()), func(p *Pipeline) { p.now, metrics[0] = clock, p.registry })
	c := testConfig(t.TempDir())
	c.Roles, c.KafkaBrokers, c.KafkaPartitions, c.KafkaReplication = []Role{RoleProcess}, []string{a.at.Kafka}, 4, 1
	c.ClickHouseDSN, c.FingerprintKey = a.at.DSN, a.secret(t, "fingerprint_key")
	start(t, c, func(p *Pipeline) { p.now, metrics[1] = clock, p.registry })

	log := a.log(t, clock)
	second := otherBundle(t)
	if err := log.bundles.Put(t.Context(), registry.OriginTrained, second); err != nil {
		t.Fatal(err)
	}
	e, err := log.publisher().Promote(t.Context(), registry.Promotion{Model: second.Manifest.ID, By: "test", Why: "better"})
	if err != nil {
		t.Fatal(err)
	}
	from := time.UnixMilli(e.From)
	if ahead := from.Sub(clock()); ahead < registry.Notice-5*time.Second || from.After(time.Now()) {
		t.Fatalf("the switch is at %v, now it is %v", from, clock())
	}
	var load sync.WaitGroup
	const senders, batches, size = 4, 6, 20
	for k := range senders {
		load.Go(func() {
			for n := range batches { // from 3 s before the switch to 3 s after it
				a.say(t, from.Add(time.Duration(n-batches/2)*time.Second), (k*batches+n)*size, (k*batches+n+1)*size)
				behind.Add(-(12 * time.Minute).Milliseconds() / (senders * batches))
			}
		})
	}
	load.Wait()
	a.drained(t)
	type row struct {
		Model string `ch:"model_id"`
		Late  bool   `ch:"late"`
		N     uint64 `ch:"n"`
	}
	rows, err := clickhouse.Select[row](t.Context(), a.db, fmt.Sprintf("SELECT model_id, toUnixTimestamp64Milli(ts) >= %d AS late, count() AS n FROM bi.messages GROUP BY ALL ORDER BY late", e.From), nil)
	if err != nil {
		t.Fatal(err)
	}
	half := uint64(senders * batches / 2 * size)
	if want := []row{{intent.Default().ID(), false, half}, {second.Manifest.ID, true, half}}; fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("messages by model: %v, want %v", rows, want)
	}
	for n, m := range metrics {
		if counterOf(t, m, "askbuy_processed_records_total", "score") == 0 {
			t.Errorf("processor %d scored nothing", n)
		}
	}
	if n := a.number(t, "(SELECT count() FROM bi.dead_letters)"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}
