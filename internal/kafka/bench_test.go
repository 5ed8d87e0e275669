package kafka_test

import (
	"context"
	"testing"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/lovoo/goka"
)

// BenchmarkGroup is a record's whole way through a stateful group: decode, get,
// merge, set, changelog, output, ordered commit.
func BenchmarkGroup(b *testing.B) {
	brokers, _ := kafkatest.Broker(b)
	c := kafkatest.Config(brokers, 4)
	groupTopics(b, c)
	p, err := kafka.NewProducer(c)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	defer p.Close(ctx)
	for i, r := range inputs(c, 0, b.N, 5000) {
		if i%10_000 == 9_999 { // stay within the producer's bounds
			if err := p.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		}
		p.Start(r, func(err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	if err := p.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	processor, err := goka.NewProcessor(brokers, countingGroup(c), kafka.ProcessorOptions(c, quick(c))...)
	if err != nil {
		b.Fatal(err)
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	b.ReportAllocs()
	b.ResetTimer()
	go func() { done <- processor.Run(running) }()
	caughtUp(b, c, b.N)
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}
