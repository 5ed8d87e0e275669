package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/simulator"
	"askbuy/pipeline"
	"askbuy/sinks"
)

// stopWithin is how long a stop takes at most, and what a busy machine may add
// to it here. It is a deadline, nothing is measured by it.
const stopWithin, busy = 10 * time.Second, 20 * time.Second

// stopInTime ends the process in good order, within its time.
func (i *instance) stopInTime() {
	i.t.Helper()
	began := time.Now()
	i.stop()
	if took := time.Since(began); took > stopWithin+busy {
		i.t.Errorf("a stop took %s, want %s at most", took, stopWithin)
	} else {
		i.t.Logf("stopped after %s", took.Round(10*time.Millisecond))
	}
}

// Of two processes that share a broker and a ClickHouse, one after the other
// is stopped and started again under load. A sender that tries the other door
// once sees no error, nothing is lost or twice, and what was stored is
// committed.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	recorded := record(t, 21, 250, simulator.NoiseStorm)
	h := host(t)
	engines := h.engines()
	pair := []*instance{prepare(t, shared(), engines...), prepare(t, shared(), engines...)}
	for _, i := range pair {
		i.again()
	}
	s := repeat(t, recorded.log, 2, func(request, try int) string { return pair[(request+try)%2].door() })
	part := len(recorded.log) / 6
	for n, i := range pair {
		s.allow(2 * part)
		s.until((2*n+1)*part, nil)
		i.stopInTime() // while requests are under way
		s.until((2*n+2)*part, nil)
		i.again()
	}
	s.all()
	for _, i := range pair {
		i.stopInTime()
	}
	pair[0].committedWhatIsStored(h)
	pair[0].again()
	pair[0].verified(recorded.truth)
	t.Logf("2 restarts, %d requests, %d of them tried again, %d events answered for", len(recorded.log), s.retries, s.events)
}

// door is the address that an instance was given, whether it runs or not.
func (i *instance) door() string { return "http://" + i.ports[1] }

// An instance that has everything in itself is stopped under load and started
// again, twice, and loses nothing.
func TestStopsUnderLoad(t *testing.T) {
	t.Parallel()
	recorded := record(t, 22, 200, simulator.NoiseStorm)
	i := prepare(t, shared())
	s := repeat(t, recorded.log, 0, func(int, int) string { return i.door() })
	part := len(recorded.log) / 3
	for n := range 2 {
		i.again()
		s.allow(part)
		s.until(n*part+part/2, nil)
		i.stopInTime()
	}
	i.again()
	s.all()
	i.verified(recorded.truth)
	if s.retries == 0 {
		t.Error("nobody noticed that the door was gone")
	}
}

// committedWhatIsStored sees that the sinks' group is behind the last record
// that has left a receipt, now that nobody runs.
func (i *instance) committedWhatIsStored(h *instance) {
	i.t.Helper()
	config := pipeline.DefaultConfig()
	config.KafkaBrokers, config.KafkaPrefix, config.KafkaPartitions = strings.Split(i.at.Kafka, ","), i.at.KafkaPrefix, 4
	k, err := pipeline.Broker(config)
	if err != nil {
		i.t.Fatal(err)
	}
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		i.t.Fatal(err)
	}
	defer admin.Close()
	committed, err := admin.CommittedOffsets(i.t.Context(), k.Name(sinks.Group))
	if err != nil {
		i.t.Fatal(err)
	}
	_, _, rows, err := h.warehouse().Query(i.t.Context(),
		"SELECT topic, toString(raw_partition), toString(bitAnd(max(raw_position), 0xffffffffff) + 1) FROM askbuy.receipts GROUP BY topic, raw_partition", nil)
	if err != nil || len(rows) == 0 {
		i.t.Fatalf("%d partitions have receipts: %v", len(rows), err)
	}
	for _, row := range rows {
		partition, _ := strconv.ParseInt(row[1].(string), 10, 32)
		next, _ := strconv.ParseInt(row[2].(string), 10, 64)
		if got := committed[k.Name(row[0].(string))][int32(partition)]; got != next {
			i.t.Errorf("%s/%d is stored up to %d and committed up to %d", row[0], partition, next, got)
		}
	}
}
