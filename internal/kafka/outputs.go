package kafka

import (
	"context"
	"fmt"
	"hash"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/crash"
)

// outputs is a processor's goka.Producer, for its outputs and its changelog, on
// franz-go: idempotent, ordered within a partition, at half of Sarama's cost.
type outputs struct {
	prefix string // of topics
	mu     sync.Mutex
	client *kgo.Client
	closed bool
}

const outputsFlush = time.Second

// open is a goka.ProducerBuilder. The hasher is not asked: there is one
// partitioner.
func (o *outputs) open(c Config) goka.ProducerBuilder {
	return func([]string, string, func() hash.Hash32) (goka.Producer, error) {
		client, err := kgo.NewClient(c.producerOptions()...)
		if err != nil {
			return nil, fmt.Errorf("create producer of processor: %w", err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.client, o.prefix = client, c.Prefix
		return o, nil
	}
}

func (o *outputs) Emit(topic, key string, value []byte) *goka.Promise {
	return o.EmitWithHeaders(topic, key, value, nil)
}

func (o *outputs) EmitWithHeaders(topic, key string, value []byte, headers goka.Headers) *goka.Promise {
	promise, finish := goka.NewPromiseWithFinisher()
	r := &kgo.Record{Topic: topic, Key: []byte(key), Value: value}
	for name, v := range headers {
		r.Headers = append(r.Headers, Header{Key: name, Value: v})
	}
	// Produce waits while the buffers are full, which holds the partition back
	// until the broker has caught up; abort ends the wait.
	o.client.Produce(context.Background(), r, func(r *kgo.Record, err error) {
		if err != nil {
			finish(nil, fmt.Errorf("produce record to %s: %w", r.Topic, classify(err)))
			return
		}
		crash.Acked(o.prefix, r.Topic)
		finish(&sarama.ProducerMessage{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}, nil)
	})
	return promise
}

// Close lets go. By then Goka has waited for every promise that matters.
func (o *outputs) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), outputsFlush)
	defer cancel()
	_ = o.client.Flush(ctx) // what fails here was never committed and comes again
	o.abort()
	return nil
}

// abort fails every promise that is still open.
func (o *outputs) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.client != nil && !o.closed {
		o.closed = true
		o.client.Close()
	}
}
