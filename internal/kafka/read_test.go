package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

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
