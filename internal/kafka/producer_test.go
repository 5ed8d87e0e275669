package kafka_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rig is a producer on a broker with the topic "in".
func rig(t *testing.T) (*kafka.Producer, kafka.Config, *kfake.Cluster) {
	t.Helper()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 2)
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	return producer(t, c), c, cluster
}

func producer(t *testing.T, c kafka.Config) *kafka.Producer {
	t.Helper()
	p, err := kafka.NewProducer(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(over)
	})
	return p
}

func end(t *testing.T, c kafka.Config, topic string) (n int64) {
	t.Helper()
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	offsets, err := a.EndOffsets(kafkatest.Context(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offsets[topic] {
		n += o
	}
	return n
}

func TestProduceStoresTheRecord(t *testing.T) {
	t.Parallel()
	p, c, _ := rig(t)
	arrived := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Key: []byte("k"), Value: []byte("v"),
		Headers: []kafka.Header{{Key: "h", Value: []byte("1")}}, Time: arrived})
	if err != nil {
		t.Fatal(err)
	}
	r := kafkatest.Read(t, c, "in", 1)[0]
	if string(r.Key) != "k" || string(r.Value) != "v" || !r.Timestamp.Equal(arrived) ||
		len(r.Headers) != 1 || r.Headers[0].Key != "h" || r.Partition != kafka.Partition([]byte("k"), 2) {
		t.Errorf("stored %+v", r)
	}
}

// The broker appended, but its answer was an error: the retry is recognised.
func TestProduceAckLost(t *testing.T) {
	t.Parallel()
	p, c, cluster := rig(t)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut, Count: 3})
	if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Key: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	if fault.Hits() != 3 {
		t.Errorf("fault was hit %d times", fault.Hits())
	}
	if n := end(t, c, "in"); n != 1 {
		t.Errorf("%d records, want exactly 1", n)
	}
}

func TestProduceFinalErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  *kerr.Error
		want error
	}{
		{kerr.MessageTooLarge, kafka.ErrTooLarge},
		{kerr.InvalidRecord, kafka.ErrRefused},
		{kerr.TopicAuthorizationFailed, kafka.ErrUnauthorized},
	} {
		p, c, cluster := rig(t)
		cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: test.err, Count: -1})
		err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Key: []byte("k")})
		if !errors.Is(err, test.want) || kafka.Retriable(err) {
			t.Errorf("%v: got %v", test.err, err)
		}
		if n := end(t, c, "in"); n != 0 {
			t.Errorf("%v: %d records", test.err, n)
		}
	}
}

func TestProduceTooLargeForTheProducer(t *testing.T) {
	t.Parallel()
	p, c, _ := rig(t)
	err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Value: make([]byte, c.MaxMessageBytes+1)})
	if !errors.Is(err, kafka.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	incompressible := make([]byte, c.MaxMessageBytes-1000)
	if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Value: incompressible}); err != nil {
		t.Errorf("largest: %v", err)
	}
}

// The outcome is unknown at the deadline, and delivery goes on: when the broker
// is well again, there is exactly one record.
func TestProduceUnknownOutcome(t *testing.T) {
	t.Parallel()
	p, c, cluster := rig(t)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition, Count: -1})
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	go func() {
		_ = fault.Wait(ctx, 1)
		cancel()
	}()
	err := p.Produce(ctx, kafka.Record{Topic: "in", Key: []byte("k")})
	if !errors.Is(err, kafka.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) || !kafka.Retriable(err) {
		t.Fatalf("got %v", err)
	}
	if p.Buffered() != 1 {
		t.Errorf("%d records are on their way, want 1", p.Buffered())
	}
	fault.Remove()
	if err := p.Flush(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	if n := end(t, c, "in"); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func TestProduceOnEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	p, _, _ := rig(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := p.Produce(ctx, kafka.Record{Topic: "in"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, kafka.ErrUnknownOutcome) || p.Buffered() != 0 {
		t.Errorf("got %v with %d buffered", err, p.Buffered())
	}
}

// With the broker away, what is held is bounded.
func TestProduceOverloaded(t *testing.T) {
	t.Parallel()
	c := kafkatest.Config([]string{"127.0.0.1:1"}, 2)
	c.MaxBufferedRecords = 2
	c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }
	p := producer(t, c)
	outcomes := make(chan error, 2)
	for range 2 {
		p.Start(kafka.Record{Topic: "in"}, func(err error) { outcomes <- err })
	}
	if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in"}); !errors.Is(err, kafka.ErrOverloaded) || !kafka.Retriable(err) {
		t.Errorf("got %v", err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Close(over); err == nil {
		t.Error("close with records unacknowledged: no error")
	}
	for range 2 {
		if err := <-outcomes; !errors.Is(err, kafka.ErrClosed) {
			t.Errorf("outcome at close: %v", err)
		}
	}
}

func TestStartManyThenFlush(t *testing.T) {
	t.Parallel()
	p, c, _ := rig(t)
	const n = 2000
	failed := 0
	for range n {
		p.Start(kafka.Record{Topic: "in", Key: []byte("k")}, func(err error) {
			if err != nil {
				failed++ // outcomes are delivered one after another
			}
		})
	}
	if err := p.Flush(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	if failed != 0 || end(t, c, "in") != n {
		t.Errorf("%d failed, %d stored", failed, end(t, c, "in"))
	}
}

func BenchmarkProduce(b *testing.B) {
	brokers, _ := kafkatest.Broker(b)
	c := kafkatest.Config(brokers, 4)
	kafkatest.Topics(b, c, kafka.Topic{Name: "in", Retention: time.Hour})
	p, err := kafka.NewProducer(c)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	defer p.Close(ctx)
	value := make([]byte, 200)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		key := []byte("4:shopuser")
		for pb.Next() {
			if err := p.Produce(ctx, kafka.Record{Topic: "in", Key: key, Value: value}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
