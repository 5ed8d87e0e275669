package pipeline

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/ingest/spool"
	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/schemas/event"
)

// The door with the real producer, before a broker that refuses every record,
// or stores it and says that it did not, or cuts the connection, and then is
// well: everything is acknowledged, and every event is in the log, the first
// copy of each first.
func TestTheSpoolBesideTheRealProducer(t *testing.T) {
	for name, fault := range map[string]func(*kfake.Cluster) (mend func()){
		"refuses": func(c *kfake.Cluster) func() {
			f := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: -1})
			return f.Remove
		},
		"loses acks": func(c *kfake.Cluster) func() {
			f := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut, Count: -1})
			return f.Remove
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			brokers, cluster := kafkatest.Broker(t)
			c := kafkatest.Config(brokers, 2)
			topic := c.Name(event.TopicMessages)
			kafkatest.Topics(t, c, kafka.Topic{Name: topic, Retention: time.Hour})
			acceptor, held := spooledDoor(t, c)
			accept(t, acceptor, "before", "a")
			mend := fault(cluster)
			for n := range 20 {
				accept(t, acceptor, fmt.Sprint("during", n), "a")
				accept(t, acceptor, fmt.Sprint("during", n), "b") // a conflict, which comes second
			}
			mend()
			accept(t, acceptor, "after", "a")
			for deadline := time.Now().Add(patience); held() > 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%d records are in the spool", held())
				}
			}
			first := map[string]string{}
			for _, r := range kafkatest.Read(t, c, topic, 42) {
				headers := make([]event.Header, len(r.Headers))
				for i, h := range r.Headers {
					headers[i] = event.Header(h)
				}
				e, _, err := event.Open(headers, r.Value)
				if err != nil {
					t.Fatal(err)
				}
				if first[e.ID] == "" {
					first[e.ID] = e.Text
				}
			}
			if len(first) != 22 {
				t.Errorf("%d events are in the log", len(first))
			}
			for id, text := range first {
				if text != "a" {
					t.Errorf("%s: the first copy in the log is %s", id, text)
				}
			}
		})
	}
}

func spooledDoor(t *testing.T, c kafka.Config) (acceptor *ingest.Acceptor, held func() int64) {
	t.Helper()
	producer, err := kafka.NewProducer(c)
	if err != nil {
		t.Fatal(err)
	}
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	publisher := DoorPublisher{producer, c}
	if acceptor, err = ingest.NewAcceptor(publisher, filter, make([]byte, 32), prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	s, err := spool.Open(spool.DefaultConfig(t.TempDir()), spool.Deps{
		Publisher: publisher, Letter: acceptor.Letter, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	acceptor.UseSpool(s, 400*time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := producer.Close(kafkatest.Context(t)); err != nil {
			t.Error(err)
		}
	})
	return acceptor, func() int64 { return s.Held().Records }
}

// accept wants a message to be acknowledged within the door's own deadline.
func accept(t *testing.T, a *ingest.Acceptor, id, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	arrival := time.UnixMilli(1_800_000_000_000)
	raw := []byte(fmt.Sprintf(`{"type":"message","event_id":%q,"shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":%q,"ts":1700000000000}`, id, text))
	item := ingest.Item{Raw: raw}
	item.Decoded, item.Fault = ingest.Decode(raw, arrival)
	if _, err := a.Accept(ctx, "events", arrival, []ingest.Item{item}); err != nil {
		t.Errorf("%s %s: %v", id, text, err)
	}
}
