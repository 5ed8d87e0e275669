package kafka_test

import (
	"errors"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
)

func conformanceTopics(c kafka.Config) []kafka.Topic {
	return []kafka.Topic{
		{Name: c.Name("in"), Retention: 30 * 24 * time.Hour},
		{Name: c.Name("out"), Retention: 30 * 24 * time.Hour},
		{Name: c.Name("dead"), Retention: 30 * 24 * time.Hour},
		{Name: c.Name("models"), Compacted: true, Retention: kafka.Keep},
		kafka.TableTopic(c.Name("g")),
	}
}

func TestConformanceTopics(t *testing.T) {
	kafkatest.Each(t, 3, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		before, err := kafka.EnsureTopics(kafkatest.Context(t), c, conformanceTopics(c))
		if err != nil {
			t.Fatal(err)
		}
		after, err := kafka.EnsureTopics(kafkatest.Context(t), c, conformanceTopics(c))
		if err != nil || len(after) != 5 {
			t.Fatalf("again: %v %v", after, err)
		}
		for name, info := range after {
			if info != before[name] || info.ID == [16]byte{} || info.Partitions != 3 {
				t.Errorf("%s: %v, before %v", name, info, before[name])
			}
		}
		var mismatch *kafka.MismatchError
		other := c
		other.Partitions = 5
		if _, err := kafka.EnsureTopics(kafkatest.Context(t), other, conformanceTopics(c)); !errors.As(err, &mismatch) {
			t.Errorf("other partition count: %v", err)
		}
	})
}

func TestConformanceProducer(t *testing.T) {
	kafkatest.Each(t, 3, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		kafkatest.Topics(t, c, conformanceTopics(c)...)
		p := producer(t, c)
		ctx := kafkatest.Context(t)
		largest := make([]byte, c.MaxMessageBytes-1000)
		if err := p.Produce(ctx, kafka.Record{Topic: c.Name("in"), Key: []byte("k"), Value: largest}); err != nil {
			t.Errorf("largest: %v", err)
		}
		if err := p.Produce(ctx, kafka.Record{Topic: c.Name("in"), Key: []byte("k"), Value: append(largest, largest...)}); !errors.Is(err, kafka.ErrTooLarge) {
			t.Errorf("too large: %v", err)
		}
		if n := end(t, c, c.Name("in")); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}

// A stateful group and a consumer behind it, stopped and started again.
func TestConformanceGroup(t *testing.T) {
	kafkatest.Each(t, 3, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		kafkatest.Topics(t, c, conformanceTopics(c)...)
		const keys, each = 7, 100
		out := member(t, c)
		for round := range 2 {
			p := run(t, c, countingGroup(c), quick(c))
			kafkatest.Produce(t, c, inputs(c, round*each, each, keys)...)
			drain(t, out, each)
			if round == 1 {
				if got := tableCounts(t, p, keys); got.exact != 2*each {
					t.Errorf("counted %+v, want %d", got, 2*each)
				}
			}
			if err := p.stop(); err != nil {
				t.Error(err)
			}
		}
		a, err := kafka.NewAdmin(c)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		for group, topic := range map[string]string{"g": "in", "sink": "out"} {
			if lag, err := a.Lag(kafkatest.Context(t), c.Name(group), c.Name(topic)); err != nil || lag[c.Name(topic)] != 0 {
				t.Errorf("lag of %s: %v %v", group, lag, err)
			}
		}
		if lag, err := a.Lag(kafkatest.Context(t), c.Name("nobody"), c.Name("in")); err != nil || lag[c.Name("in")] != 2*each {
			t.Errorf("lag of nobody: %v %v", lag, err)
		}
	})
}

func member(t *testing.T, c kafka.Config) *kafka.Consumer {
	t.Helper()
	m, err := kafka.NewConsumer(c, kafka.ConsumerOptions{Group: c.Name("sink"), Topics: []string{c.Name("out")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func drain(t *testing.T, m *kafka.Consumer, n int) {
	t.Helper()
	for n > 0 {
		batch := poll(t, m, n)
		if err := m.Commit(kafkatest.Context(t), batch); err != nil {
			t.Fatal(err)
		}
		m.AllowRebalance()
		n -= batch.Len()
	}
}
