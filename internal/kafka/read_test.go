package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
)

func TestConformanceReadPartition(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		topic := c.Name("in")
		kafkatest.Topics(t, c, kafka.Topic{Name: topic, Retention: time.Hour})
		key := []byte("k")
		home := kafka.Partition(key, 2)
		var records []kafka.Record
		for i := range 5 {
			records = append(records, kafka.Record{Topic: topic, Key: key, Value: fmt.Append(nil, i), Headers: []kafka.Header{{Key: "h", Value: fmt.Append(nil, i)}}})
		}
		kafkatest.Produce(t, c, records...)
		for _, r := range []struct {
			partition       int32
			from, to, limit int64
			want            string
		}{
			{home, 0, 5, 9, "0 1 2 3 4"},
			{home, 1, 3, 9, "1 2"},
			{home, 4, 5, 9, "4"},
			{home, -7, 99, 9, "0 1 2 3 4"}, // what is not there is left out
			{home, 0, 5, 2, "0 1"},         // enough
			{home, 5, 9, 9, ""},
			{home, 3, 3, 9, ""},
			{1 - home, 0, 5, 9, ""},
			{7, 0, 5, 9, ""},
		} {
			var got []string
			err := kafka.ReadPartition(kafkatest.Context(t), c, topic, r.partition, r.from, r.to, func(f kafka.Fetched) bool {
				if string(f.Value) != fmt.Sprint(f.Offset) || string(f.Key) != "k" || string(f.Headers[0].Value) != string(f.Value) || f.Time.IsZero() {
					t.Errorf("read %+v", f)
				}
				got = append(got, string(f.Value))
				return int64(len(got)) < r.limit
			})
			if err != nil || strings.Join(got, " ") != r.want {
				t.Errorf("partition %d from %d to %d: %v %v, want %s", r.partition, r.from, r.to, got, err, r.want)
			}
		}
	})
}

func TestReadPartitionSaysWhyNot(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 2)
	if err := kafka.ReadPartition(kafkatest.Context(t), c, "nobody", 0, 0, 1, nil); err == nil {
		t.Error("a topic that is not there: no error")
	}
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := kafka.ReadPartition(over, c, "in", 0, 0, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a reader that gave up: %v", err)
	}
}

// Time may delete, between two polls, all that a reader was promised.
func TestReadPartitionOfWhatIsGoneMeanwhile(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 1)
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	const records = 20
	for range records { // one fetch holds a few of them
		kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("k"), Value: incompressible(600 << 10)})
	}
	read := 0
	err := kafka.ReadPartition(kafkatest.Context(t), c, "in", 0, 0, records, func(kafka.Fetched) bool {
		if read++; read == 1 {
			deleteAll(t, brokers, "in")
		}
		return true
	})
	if err != nil || read == records {
		t.Errorf("read %d records of %d, then %v", read, records, err)
	}
}

func incompressible(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func deleteAll(t *testing.T, brokers []string, topic string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ends, err := admin.ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
}
