// Package kafkatest gives tests a broker of their own: kfake in memory, on a
// real TCP port, with short session timeouts, and faults on request.
package kafkatest

import (
	"context"
	"testing"
	"time"

	"askbuy/internal/kafka"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Patience bounds every wait in tests; nothing should come near it.
const Patience = time.Minute

// Broker starts a broker that ends with the test.
func Broker(t testing.TB, opts ...kfake.Opt) ([]string, *kfake.Cluster) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{
		kfake.NumBrokers(1),
		kfake.GroupMinSessionTimeout(100 * time.Millisecond),
	}, opts...)...)
	if err != nil {
		t.Fatalf("start broker: %v", err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs(), c
}

// Config is a configuration for such a broker, with n partitions.
func Config(brokers []string, n int32) kafka.Config {
	c := kafka.EmbeddedConfig(brokers)
	c.Partitions = n
	return c
}

// Context ends with the test, or when Patience does.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// Topics creates topics with the configuration's partition count.
func Topics(t testing.TB, c kafka.Config, topics ...kafka.Topic) {
	t.Helper()
	if _, err := kafka.EnsureTopics(Context(t), c, topics); err != nil {
		t.Fatalf("create topics: %v", err)
	}
}

// Produce stores records, or fails the test.
func Produce(t testing.TB, c kafka.Config, records ...kafka.Record) {
	t.Helper()
	p, err := kafka.NewProducer(c)
	if err != nil {
		t.Fatalf("create producer: %v", err)
	}
	ctx := Context(t)
	for _, r := range records {
		if err := p.Produce(ctx, r); err != nil {
			t.Fatalf("produce: %v", err)
		}
	}
	if err := p.Close(ctx); err != nil {
		t.Fatalf("close producer: %v", err)
	}
}

// Read returns the first n records of a topic as the broker gives them,
// partitions interleaved.
func Read(t testing.TB, c kafka.Config, topic string, n int) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(append(c.ClientOptions(),
		kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatalf("create reader: %v", err)
	}
	defer client.Close()
	ctx := Context(t)
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("read %s: %d of %d records: %v", topic, len(records), n, ctx.Err())
		}
		records = append(records, fetches.Records()...)
	}
	return records
}
