package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// followed is a record that a follower got.
type followed struct {
	topic, value string
	offset       int64
}

// follow starts a follower; stop ends it and returns its error.
func follow(t *testing.T, c kafka.Config, from kafka.Offsets) (got chan followed, stop func() error) {
	t.Helper()
	got = make(chan followed, 1000)
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	ended := make(chan error, 1)
	go func() {
		ended <- kafka.Follow(ctx, c, from, slog.New(slog.DiscardHandler), func(topic string, r kafka.Fetched) {
			got <- followed{topic, string(r.Value), r.Offset}
		})
	}()
	return got, func() error { cancel(); return <-ended }
}

func next(t *testing.T, got chan followed, n int) (records []followed) {
	t.Helper()
	for len(records) < n {
		select {
		case r := <-got:
			records = append(records, r)
		case <-kafkatest.Context(t).Done():
			t.Fatalf("followed %d of %d records: %v", len(records), n, records)
		}
	}
	return records
}

// A follower in no hurry gets a record that comes alone, and in one answer of the
// broker those that come together.
func TestFollowGathers(t *testing.T) {
	t.Parallel()
	p, c, cluster := rig(t)
	var fetches atomic.Int64
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		fetches.Add(1)
		return nil, nil, false
	})
	got, stop := follow(t, c.Gathering(300*time.Millisecond), kafka.Offsets{"in": {0: 0, 1: 0}})
	const n = 50
	for i := range n {
		if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "in", Key: []byte("k"), Value: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			next(t, got, 1)
		}
	}
	next(t, got, n-1)
	if asked := fetches.Load(); asked > n/2 {
		t.Errorf("the broker was asked %d times for %d records", asked, n)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A follower begins where it is told, in every partition, and gets what is
// stored later as well; it leaves no trace at the broker.
func TestConformanceFollow(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		in, other := c.Name("in"), c.Name("out")
		kafkatest.Topics(t, c, kafka.Topic{Name: in, Retention: time.Hour}, kafka.Topic{Name: other, Retention: time.Hour})
		key := []byte("k")
		home := kafka.Partition(key, 2)
		put := func(topic string, values ...string) {
			for _, v := range values {
				kafkatest.Produce(t, c, kafka.Record{Topic: topic, Key: key, Value: []byte(v)})
			}
		}
		put(in, "0", "1", "2")
		got, stop := follow(t, c, kafka.Offsets{in: {home: 1, 1 - home: 0}, other: {home: 0}})
		if records := next(t, got, 2); !slices.Equal(records, []followed{{in, "1", 1}, {in, "2", 2}}) {
			t.Errorf("from offset 1: %v", records)
		}
		put(other, "a")
		if records := next(t, got, 1); records[0] != (followed{other, "a", 0}) {
			t.Errorf("of another topic, later: %v", records)
		}
		put(in, "3", "4")
		if records := next(t, got, 2); !slices.Equal(records, []followed{{in, "3", 3}, {in, "4", 4}}) {
			t.Errorf("later: %v", records)
		}
		if err := stop(); err != nil {
			t.Errorf("stopped: %v", err)
		}
		if len(got) > 0 {
			t.Errorf("more than there is: %v", <-got)
		}
	})
}

// What the topic no longer has, or had in an earlier life, keeps nobody from
// following the rest.
func TestConformanceFollowBeyondTheEnd(t *testing.T) {
	kafkatest.Each(t, 1, func(t *testing.T, c kafka.Config) {
		topic := c.Name("in")
		kafkatest.Topics(t, c, kafka.Topic{Name: topic, Retention: time.Hour})
		for i := range 2 {
			kafkatest.Produce(t, c, kafka.Record{Topic: topic, Key: []byte("k"), Value: fmt.Append(nil, i)})
		}
		got, stop := follow(t, c, kafka.Offsets{topic: {0: 77}})
		if records := next(t, got, 2); !slices.Equal(records, []followed{{topic, "0", 0}, {topic, "1", 1}}) {
			t.Errorf("from beyond the end: %v", records)
		}
		if err := stop(); err != nil {
			t.Errorf("stopped: %v", err)
		}
	})
}

// A follower goes on where it was once the broker is back.
func TestFollowOutlivesTheBroker(t *testing.T) {
	t.Parallel()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 1)
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("k"), Value: []byte("0")})
	got, stop := follow(t, c, kafka.Offsets{"in": {0: 0}})
	next(t, got, 1)
	failed := make(chan struct{}, 3)
	for range cap(failed) {
		cluster.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
			failed <- struct{}{}
			return nil, errors.New("the connection breaks"), true
		})
	}
	kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("k"), Value: []byte("1")})
	if records := next(t, got, 1); records[0] != (followed{"in", "1", 1}) || len(failed) != cap(failed) {
		t.Errorf("after the outage: %v", records)
	}
	if err := stop(); err != nil {
		t.Errorf("stopped: %v", err)
	}
}

func TestFollowToldToStop(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	brokers, _ := kafkatest.Broker(t)
	if err := kafka.Follow(over, kafkatest.Config(brokers, 1), kafka.Offsets{"in": {0: 0}}, slog.New(slog.DiscardHandler), nil); err != nil {
		t.Errorf("before it began: %v", err)
	}
}

// failFetches makes every answer to a fetch an error of its partitions.
func failFetches(t *testing.T, code *kerr.Error) (c kafka.Config, answered chan struct{}) {
	t.Helper()
	brokers, cluster := kafkatest.Broker(t)
	c = kafkatest.Config(brokers, 1)
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	answered = make(chan struct{}, 1000)
	cluster.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		answered <- struct{}{}
		asked := r.(*kmsg.FetchRequest)
		answer := asked.ResponseKind().(*kmsg.FetchResponse)
		for _, t := range asked.Topics {
			topic := kmsg.NewFetchResponseTopic()
			topic.Topic, topic.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				partition := kmsg.NewFetchResponseTopicPartition()
				partition.Partition, partition.ErrorCode = p.Partition, code.Code
				topic.Partitions = append(topic.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer, nil, true
	})
	return c, answered
}

// A follower that may not read says so and ends.
func TestFollowRefused(t *testing.T) {
	t.Parallel()
	c, _ := failFetches(t, kerr.TopicAuthorizationFailed)
	var said bytes.Buffer
	err := kafka.Follow(kafkatest.Context(t), c, kafka.Offsets{"in": {0: 0}}, slog.New(slog.NewTextHandler(&said, nil)), nil)
	if !errors.Is(err, kafka.ErrUnauthorized) || said.Len() > 0 {
		t.Errorf("ended with %v, said %q", err, said.String())
	}
}

// A failure that lasts is told once.
func TestFollowTellsOfAFailureOnce(t *testing.T) {
	t.Parallel()
	c, answered := failFetches(t, kerr.UnknownServerError)
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	ended := make(chan error, 1)
	go func() {
		ended <- kafka.Follow(ctx, c, kafka.Offsets{"in": {0: 0}}, slog.New(slog.NewTextHandler(&said, nil)), nil)
	}()
	for range 5 {
		<-answered
	}
	cancel()
	if err := <-ended; err != nil || strings.Count(said.String(), "waiting for the broker") != 1 {
		t.Errorf("ended with %v, said %q", err, said.String())
	}
}
