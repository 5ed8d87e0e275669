package ingest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// The seed's figure: of a stream whose every fourth event is a repetition,
// exactly the repetitions are not published, and hardly any new event costs an
// exact look-up.
func TestRecordsFallByTheRepeats(t *testing.T) {
	const unique, repeats = 15_000, 5_000
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b, registry := &fakeBroker{}, prometheus.NewRegistry()
	a, err := NewAcceptor(b, filter, make([]byte, 32), registry)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var stream []int
	for n := range unique {
		if stream = append(stream, n); n%3 == 2 {
			stream = append(stream, random.IntN(n+1))
		}
	}
	for len(stream) > 0 {
		var items []Item
		for _, n := range stream[:100] {
			items = append(items, saying(fmt.Sprint("m", n), "a"))
		}
		stream = stream[100:]
		accept(t, a, items...)
	}
	if n := len(b.records(event.TopicMessages)); n != unique {
		t.Errorf("%d records of %d events and %d repetitions", n, unique, repeats)
	}
	s := filter.Stats()
	if needless := int(s.LookUps) - repeats; needless > unique/100 {
		t.Errorf("%d exact look-ups for %d new events", needless, unique)
	}
	if n, err := testutil.GatherAndCount(registry, "askbuy_dedupe_false_positive_ratio", "askbuy_dedupe_memory_bytes", "askbuy_dedupe_horizon_seconds", "askbuy_dedupe_exact_lookups_total"); err != nil || n != 6 {
		t.Errorf("%d metrics, %v", n, err)
	}
}
