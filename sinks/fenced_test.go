package sinks

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"askbuy/internal/kafka/kafkatest"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// The group moves on while a batch is being stored: its commit is fenced, its
// records come again, and every event is one row with one receipt.
func TestFencedCommits(t *testing.T) {
	const events = 40
	var records []Record
	for n := range events {
		records = append(records, recordOf(event.Event{Type: event.TypeAlias, ShopID: "s", UserID: "u", ID: fmt.Sprint(n), Alias: "b", TS: 1}, false))
	}
	for name, fault := range map[string]kfake.Fault{
		"the member is unknown":  {Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.UnknownMemberID, Count: 2},
		"the generation is over": {Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.IllegalGeneration, Count: 2},
		"the commit is too late": {Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.RebalanceInProgress, Count: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			brokers, cluster := kafkatest.Broker(t)
			r := newRig(t, kafkatest.Config(brokers, 2))
			r.send(t, records...)
			handle := cluster.Fault(fault)
			r.sink(t, func(cuts []Cut) bool { return caughtUp(cuts) && handle.Hits() > 0 })
			receipts := receiptsBy(r.world)
			if rows := len(r.world.final(&schema.Aliases)); rows != events || receipts[Fresh] != events || len(receipts) != 1 {
				t.Errorf("%d rows, receipts %v, want %d", rows, receipts, events)
			}
		})
	}
}
