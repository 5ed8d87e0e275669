package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/simulator"
	"askbuy/schemas/event"
)

// Another number of partitions is another prefix and a refill. What was said
// before it and what comes after it - copies, conflicts, the rest of an order
// - comes out as in one log, also what came in before the refill.
func TestAnotherPartitionCount(t *testing.T) {
	c := testConfig(t.TempDir())
	i := start(t, c)
	began := time.Now().Add(-48 * time.Hour).UnixMilli()
	i.simulate(t, 14, 40, simulator.NoiseDefault)
	i.postEvents(t, past("before", "other", began))
	i.postEvents(t, past("after", "other2", began))
	i.drained(t)
	whole, raw := i.dump(t), i.outcomes(t)
	i.close(t)()

	c.KafkaPrefix, c.KafkaPartitions = "second.", 7
	i = start(t, c)
	later := func(user string) []string {
		at := func(minutes int) string { return fmt.Sprint(began + int64(minutes)*60_000) }
		return []string{
			`{"type":"order","event_id":"late-refund","shop_id":"s1","order_id":"own-of-` + user + `","status":"refunded","refund_id":"r2","refund_amount":"5.00","ts":` + at(600) + `}`,
			`{"type":"message","event_id":"m3","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"不是这样的","ts":` + at(3) + `}`, // a conflict
			`{"type":"message","event_id":"m1-` + user + `","shop_id":"s1","user_id":"` + user + `","conv_id":"c1-` + user + `","from":"user","text":"在吗 ` + user + `","ts":` + at(1) + `}`,
			`{"type":"message","event_id":"m9","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"还有货吗","ts":` + at(5) + `}`,
		}
	}
	i.postEvents(t, later("before"))
	i.drained(t)
	r := i.replayer(t)
	told, err := r.Refill(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if facts := i.number(t, "(SELECT (SELECT count() FROM askbuy.messages FINAL) + (SELECT count() FROM askbuy.order_events FINAL) + (SELECT count() FROM askbuy.behaviors FINAL))"); told != facts-2 { // but for the two that are new
		t.Errorf("%d facts were told again, of %d", told, facts)
	}
	i.postEvents(t, later("after"))
	i.drained(t)
	i.sameAsFacts(t)
	i.explained(t)
	outcomes := i.outcomes(t)
	if again := outcomes["duplicate"] - raw["duplicate"] - told; outcomes["stored"] != raw["stored"]+4 || outcomes["conflict"] != raw["conflict"]+2 || again < 0 || again > 2 { // the door may know the copies
		t.Errorf("receipts %v, before it %v, %d facts were told again", outcomes, raw, told)
	}
	if done := r.replayed(t, ReplayOptions{DryRun: true}); done.Diff.Rows > 0 {
		t.Errorf("a replay afterwards finds %d rows, the first %+v", done.Diff.Rows, done.Diff.Differences[0])
	}
	if again, err := r.Refill(t.Context()); err != nil || again != told {
		t.Errorf("the second refill tells %d facts: %v", again, err)
	}
	i.sameAsFacts(t)
	dump := i.dump(t)
	for _, view := range []string{"messages", "behaviors", "exposures", "feedback", "order_items"} {
		for _, row := range whole[view] {
			if !slices.Contains(dump[view], row) {
				t.Errorf("bi.%s lost %s", view, row)
			}
		}
	}
}

// A fact that is told again is the event that it was, with all of its fields.
func TestFactsAreToldWhole(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	at := time.Now().Add(-time.Hour).UnixMilli()
	i.postEvents(t, []string{
		fmt.Sprintf(`{"type":"message","event_id":"m\"1","shop_id":"s","user_id":"u/1","conv_id":"c<1>","from":"user","text":"a\"b\\c \u2028 😀 /","ts":%d,"channel":"web","bot_id":"b","more":{"a":[1,"x",null]}}`, at),
		fmt.Sprintf(`{"type":"message","event_id":"m2","shop_id":"s","user_id":"u/1","conv_id":"c","from":"bot","text":"","ts":%d,"test":true}`, at-1),
		`{"type":"message","event_id":"m3","shop_id":"s","user_id":"u/1","conv_id":"c","from":"agent","text":"now"}`,
		fmt.Sprintf(`{"type":"order","event_id":"o1","shop_id":"s","user_id":"u","order_id":"o","status":"paid","amount":"9999999999999999.99","refunded_amount":"0.10","currency":"CNY","coupon":"X","ts":%d,"conv_id":"c","items":[{"item_id":"i","category":"k","quantity":3,"amount":"1.5","colour":"red"},{"item_id":"j"}]}`, at),
		`{"type":"order","event_id":"o2","shop_id":"s","order_id":"o","status":"refunded","refund_id":"r","refund_amount":"1","ts":-5,"items":[]}`,
		fmt.Sprintf(`{"type":"order","event_id":"o3","shop_id":"s","order_id":"o","status":"created","ts":%d}`, at),
		fmt.Sprintf(`{"type":"behavior","event_id":"b1","shop_id":"s","user_id":"u","name":"dwell","item_id":"i","category":"k","dwell_ms":12,"ts":%d}`, at),
	})
	i.drained(t)
	before := i.rawEvents(t)
	r := i.replayer(t)
	for topic := range r.epochs {
		r.epochs[topic]++ // as if the topics were made anew
	}
	if told, err := r.Refill(t.Context()); err != nil || told != 7 {
		t.Fatalf("%d facts were told again: %v", told, err)
	}
	after := i.rawEvents(t)
	for id, records := range after {
		if len(records) != 2 || len(before[id]) != 1 || records[0] != records[1] {
			t.Errorf("%s is told as\n%s", id, strings.Join(records, "\n"))
		}
	}
	if len(before) != 7 || len(after) != 7 {
		t.Errorf("%d events became %d", len(before), len(after))
	}
}

// rawEvents are the records of the raw topics, by event: key, value and what
// the door knew of it.
func (i *instance) rawEvents(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, name := range event.RawTopics() {
		for partition := range i.kafka.Partitions {
			err := kafka.ReadPartition(t.Context(), i.kafka, i.kafka.Name(name), partition, 0, math.MaxInt64, func(r kafka.Fetched) bool {
				var headers []event.Header
				for _, h := range r.Headers {
					headers = append(headers, event.Header{Key: h.Key, Value: h.Value})
				}
				e, v, err := event.Open(headers, r.Value)
				if err != nil {
					t.Fatal(err)
				}
				v.First, v.MaybeDuplicate = nil, false
				all[e.ID] = append(all[e.ID], fmt.Sprintf("%s %s %+v", r.Key, r.Value, *v))
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}
