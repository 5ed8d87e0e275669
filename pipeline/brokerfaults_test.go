package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
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

// fault is something that befalls a broker; mend ends it.
type fault func(*kfake.Cluster) (mend func())

func failing(err *kerr.Error, count int) fault {
	return func(c *kfake.Cluster) func() {
		return c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: err, Count: count}).Remove
	}
}

// cut drops every connection that asks for anything.
func cut(c *kfake.Cluster) func() {
	mended := make(chan struct{})
	c.ControlKey(-1, func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		select {
		case <-mended:
			c.DropControl()
			return nil, nil, false
		default:
			return nil, errors.New("cut"), true
		}
	})
	return func() { close(mended) }
}

// lose takes a broker away, with what it led, and brings it back.
func lose(c *kfake.Cluster) func() {
	if err := c.RemoveNode(1); err != nil {
		panic(err)
	}
	return func() {
		if _, _, err := c.AddNode(1, 9093); err != nil {
			panic(err)
		}
	}
}

// slow answers each produce after a while.
func slow(d time.Duration) fault {
	return func(c *kfake.Cluster) func() {
		mended := make(chan struct{})
		c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			select {
			case <-mended:
				c.DropControl()
			default:
				c.SleepControl(func() { time.Sleep(d) })
			}
			return nil, nil, false
		})
		return func() { close(mended) }
	}
}

// Whatever befalls the broker, for however long: each request is answered 200
// within the door's deadline, every event of it is in the log afterwards, and
// the door goes on without a restart. All in virtual time; a goroutine that
// stays behind fails the bubble.
func TestTheDoorInEveryBrokerFault(t *testing.T) {
	for name, c := range map[string]struct {
		fault fault
		lasts time.Duration
		once  bool // each event is in the log exactly once
	}{
		"F1 away at the start":                    {cut, time.Minute, false},
		"F1 away for 10 minutes":                  {cut, 10 * time.Minute, false},
		"F1 a node is gone":                       {lose, time.Minute, false},
		"F2 slow by 3 s":                          {slow(3 * time.Second), time.Minute, false},
		"F2 slow by 30 s":                         {slow(30 * time.Second), 5 * time.Minute, false},
		"F3 timed out after it was stored":        {failing(kerr.RequestTimedOut, 3), time.Minute, true},
		"F3 too few replicas after it was stored": {failing(kerr.NotEnoughReplicasAfterAppend, 3), time.Minute, true},
		"F3 no ack at all for a minute":           {failing(kerr.RequestTimedOut, -1), time.Minute, false},
		"F4 not authorized, 30 times":             {failing(kerr.TopicAuthorizationFailed, 30), 5 * time.Minute, true},
		"F4 too few replicas":                     {failing(kerr.NotEnoughReplicas, -1), 5 * time.Minute, false},
		"F5 the outcome stays unknown":            {failing(kerr.NotLeaderForPartition, -1), 40 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newFaultyDoor(t)
				if !strings.HasSuffix(name, "at the start") {
					d.send(t, 20)
				}
				mend := c.fault(d.cluster)
				for end := time.Now().Add(c.lasts); time.Now().Before(end); time.Sleep(c.lasts / 30) {
					d.send(t, 1)
				}
				mend()
				for deadline := time.Now().Add(time.Hour); d.spool.Held().Records > 0; time.Sleep(time.Second) {
					if time.Now().After(deadline) {
						t.Fatalf("%d records are still in the spool", d.spool.Held().Records)
					}
				}
				d.send(t, 20)
				records := d.settled(t)
				if records < d.sent || c.once && records != d.sent {
					t.Errorf("%d records of %d events", records, d.sent)
				}
				t.Logf("%d events, %d records", d.sent, records)
			})
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// faultyDoor is a door with its spool and the real producer, before three
// brokers on a network of their own.
type faultyDoor struct {
	cluster *kfake.Cluster
	config  kafka.Config
	mux     *http.ServeMux
	spool   *spool.Spool
	stop    func()
	sent    int
}

func newFaultyDoor(t *testing.T) *faultyDoor {
	t.Helper()
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(network.Listen))
	must(t, err)
	config := kafkatest.Config(cluster.ListenAddrs(), 4)
	config.Dial = network.DialContext
	kafkatest.Topics(t, config, kafka.Topic{Name: config.Name(event.TopicMessages), Retention: kafka.Keep}, kafka.Topic{Name: config.Name(event.TopicDeadLetters), Retention: kafka.Keep})
	producer, err := kafka.NewProducer(config)
	must(t, err)
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
	must(t, err)
	publisher := DoorPublisher{producer, config}
	acceptor, err := ingest.NewAcceptor(publisher, filter, make([]byte, 32), prometheus.NewRegistry())
	must(t, err)
	s, err := spool.Open(spool.DefaultConfig(t.TempDir()), spool.Deps{
		Publisher: publisher, Letter: acceptor.Letter, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	must(t, err)
	acceptor.UseSpool(s, ingest.DefaultConfig().SpoolShare)
	keys, err := ingest.NewKeys([]ingest.Key{{Secret: "key", AllShops: true}})
	must(t, err)
	handler, err := ingest.New(ingest.Options{Config: ingest.DefaultConfig(), Acceptor: acceptor, Keys: keys, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	must(t, err)
	d := &faultyDoor{cluster: cluster, config: config, mux: http.NewServeMux(), spool: s}
	handler.Register(d.mux)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	d.stop = func() {
		cancel()
		must(t, errors.Join(<-ran, s.Close(), producer.Close(kafkatest.Context(t))))
		cluster.Close()
		time.Sleep(time.Minute) // for timers of the libraries
	}
	return d
}

// send posts n events, one after the other, and wants each to be acknowledged
// in time.
func (d *faultyDoor) send(t *testing.T, n int) {
	t.Helper()
	for range n {
		body := fmt.Sprintf(`{"type":"message","event_id":"m%d","shop_id":"s","user_id":"u%d","conv_id":"c","from":"user","text":"x","ts":900000000000}`, d.sent, d.sent%7)
		d.sent++
		r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer key")
		w := httptest.NewRecorder()
		started := time.Now()
		d.mux.ServeHTTP(w, r)
		if took := time.Since(started); w.Code != http.StatusOK || took > ingest.DefaultConfig().AckTimeout {
			t.Errorf("event %d: %d after %v: %s", d.sent, w.Code, took, w.Body)
		}
	}
}

// settled stops the door and counts the log's records; it wants each event to
// be among them.
func (d *faultyDoor) settled(t *testing.T) int {
	t.Helper()
	admin, err := kafka.NewAdmin(d.config)
	must(t, err)
	ends, err := admin.EndOffsets(kafkatest.Context(t), d.config.Name(event.TopicMessages))
	must(t, err)
	admin.Close()
	n := 0
	for _, end := range ends[d.config.Name(event.TopicMessages)] {
		n += int(end)
	}
	seen := map[string]bool{}
	for _, r := range kafkatest.Read(t, d.config, d.config.Name(event.TopicMessages), n) {
		headers := make([]event.Header, len(r.Headers))
		for i, h := range r.Headers {
			headers[i] = event.Header(h)
		}
		e, _, err := event.Open(headers, r.Value)
		must(t, err)
		seen[e.ID] = true
	}
	if len(seen) != d.sent {
		t.Errorf("%d of %d events are in the log", len(seen), d.sent)
	}
	d.stop()
	return n
}
