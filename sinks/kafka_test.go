package sinks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// rig is a broker with the sinks' topics, and a fake warehouse behind it.
type rig struct {
	config   kafka.Config
	world    *world
	producer *kafka.Producer
	admin    *kafka.Admin
}

func newRig(t *testing.T, c kafka.Config) *rig {
	r := &rig{config: c, world: newWorld(1)}
	var topics []kafka.Topic
	for _, topic := range Topics() {
		topics = append(topics, kafka.Topic{Name: r.config.Name(topic), Retention: -1})
	}
	kafkatest.Topics(t, r.config, topics...)
	var err error
	if r.producer, err = kafka.NewProducer(r.config); err != nil {
		t.Fatal(err)
	}
	if r.admin, err = kafka.NewAdmin(r.config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.producer.Close(kafkatest.Context(t)); err != nil {
			t.Error(err)
		}
		r.admin.Close()
	})
	return r
}

func (r *rig) send(t *testing.T, records ...Record) {
	t.Helper()
	var out []kafka.Record
	for _, record := range records {
		headers := make([]kafka.Header, len(record.Headers))
		for n, h := range record.Headers {
			headers[n] = kafka.Header{Key: h.Key, Value: h.Value}
		}
		out = append(out, kafka.Record{Topic: r.config.Name(record.Topic), Key: []byte("k"), Value: record.Value, Headers: headers, Time: time.Now()})
	}
	kafkatest.Produce(t, r.config, out...)
}

// sink runs a member until enough is true, which it asks after every commit.
func (r *rig) sink(t *testing.T, enough func([]Cut) bool) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	member, err := NewConsumer(r.config, log)
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	offsets := &LogOffsets{Admin: r.admin, Config: r.config}
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	defer cancel()
	config := DefaultConfig()
	config.Linger = 5 * time.Millisecond
	s, err := New(config, Deps{
		Source: &watched{member, func() {
			cuts, err := offsets.Cuts(ctx, Topics())
			if err == nil && enough(cuts) {
				cancel()
			}
		}},
		Warehouse: r.world, Letters: &Letters{Producer: r.producer, Config: r.config}, Offsets: offsets,
		Key: make([]byte, 32), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.world.cancel = cancel
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == context.DeadlineExceeded {
		t.Fatal("the sink never caught up")
	}
}

// watched tells when a batch was committed.
type watched struct {
	*Consumer
	released func()
}

func (w *watched) Release() {
	w.Consumer.Release()
	w.released()
}

func caughtUp(cuts []Cut) bool {
	return !slices.ContainsFunc(cuts, func(c Cut) bool { return c.Committed < c.End })
}

func TestConformanceThroughABroker(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		r := newRig(t, c)
		e := event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: "m", ConvID: "c", From: event.RoleUser, Text: "first", TS: 1}
		other := e
		other.Text = "second"
		r.send(t, recordOf(e, false), recordOf(e, false), recordOf(other, false), Record{Topic: event.TopicOrders, Value: []byte("{")})
		// The letters that the sink publishes come back to it as rows: 2 of them.
		letters := func() int { return len(r.world.final(&schema.DeadLetters)) }
		r.sink(t, func(cuts []Cut) bool {
			r.world.mu.Lock()
			defer r.world.mu.Unlock()
			return caughtUp(cuts) && letters() == 2
		})
		var got []string
		for _, row := range r.world.final(&schema.Receipts) {
			got = append(got, fmt.Sprint(row[0], row[2], row[3]))
		}
		slices.Sort(got)
		if want := []string{"messages.v10stored", "messages.v11duplicate", "messages.v12conflict", "orders.v10quarantined"}; !slices.Equal(got, want) {
			t.Errorf("receipts %v, want %v", got, want)
		}

		// Another member goes on where this one committed: nothing is said twice.
		before := len(r.world.tables["askbuy.receipts"])
		r.send(t, recordOf(e, false))
		r.sink(t, caughtUp)
		if n := len(r.world.tables["askbuy.receipts"]) - before; n != 1 {
			t.Errorf("%d receipts for one more record", n)
		}
	})
}

func TestConformanceCuts(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		r := newRig(t, c)
		r.send(t, recordOf(event.Event{Type: event.TypeAlias, ShopID: "s", UserID: "u", ID: "a", Alias: "b", TS: 1}, false))
		cuts, err := (&LogOffsets{Admin: r.admin, Config: r.config}).Cuts(t.Context(), event.RawTopics())
		if err != nil {
			t.Fatal(err)
		}
		var ends int64
		for _, c := range cuts {
			ends += c.End
			if c.Committed != 0 || c.Start != 0 {
				t.Errorf("cut %+v", c)
			}
		}
		if want := 2 * len(event.RawTopics()); len(cuts) != want || ends != 1 {
			t.Errorf("%d cuts with %d records, want %d with 1", len(cuts), ends, want)
		}
	})
}
