package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Header is one header of a record.
type Header = kgo.RecordHeader

// Record is what is to be stored. Its slices must not change until the
// outcome is known; after ErrUnknownOutcome, never.
type Record struct {
	Topic   string
	Key     []byte
	Value   []byte
	Headers []Header
	// Time is the record's timestamp, an arrival time, because retention and
	// delivery timeouts go by it; zero means now.
	Time time.Time
}

// Producer stores records durably: idempotent, acknowledged by all in-sync
// replicas, sent at once. It is safe for concurrent use.
type Producer struct {
	client *kgo.Client
	calls  sync.Pool
}

// NewProducer connects nothing yet; the first record does. The error is about
// the configuration.
func NewProducer(c Config) (*Producer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(c.producerOptions()...)
	if err != nil {
		return nil, fmt.Errorf("create producer: %w", err)
	}
	p := &Producer{client: client}
	p.calls.New = func() any { return newCall() }
	return p, nil
}

// Produce returns nil once the record is durable. When ctx ends first it
// returns ErrUnknownOutcome with ctx's error while delivery goes on: an
// idempotent record on the wire cannot be taken back. See errors.go for the
// other outcomes.
func (p *Producer) Produce(ctx context.Context, r Record) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("produce record to %s: nothing was sent: %w", r.Topic, err)
	}
	c := p.begin(r, nil)
	select {
	case err := <-c.done:
		return p.end(c, err)
	case <-ctx.Done():
	}
	select { // an ack that came together with the deadline is an ack
	case err := <-c.done:
		return p.end(c, err)
	default:
		return fmt.Errorf("produce record to %s: %w: %w", r.Topic, ErrUnknownOutcome, context.Cause(ctx))
	}
}

// Start begins to store a record and returns at once; then is called exactly
// once, from a goroutine that delivers every outcome in turn and therefore
// must not block.
func (p *Producer) Start(r Record, then func(error)) { p.begin(r, then) }

// Buffered is how many records wait for their outcome.
func (p *Producer) Buffered() int64 { return p.client.BufferedProduceRecords() }

// Flush waits until every record begun so far has its outcome, or ctx ends.
func (p *Producer) Flush(ctx context.Context) error {
	if err := p.client.Flush(ctx); err != nil {
		return fmt.Errorf("flush producer with %d records unacknowledged: %w", p.Buffered(), err)
	}
	return nil
}

// Close flushes until ctx ends, then lets go: what is still unacknowledged
// ends with ErrClosed.
func (p *Producer) Close(ctx context.Context) error {
	err := p.Flush(ctx)
	p.client.Close()
	return err
}

func (p *Producer) begin(r Record, then func(error)) *call {
	c := p.calls.Get().(*call)
	c.then, c.owner = then, p
	c.record = kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.Time}
	// The background context, not the caller's: see the third promise of the
	// package comment.
	p.client.TryProduce(context.Background(), &c.record, c.promise)
	return c
}

func (p *Producer) end(c *call, err error) error {
	topic := c.record.Topic
	c.record, c.then, c.owner = kgo.Record{}, nil, nil
	p.calls.Put(c)
	if err != nil {
		return fmt.Errorf("produce record to %s: %w", topic, classify(err))
	}
	return nil
}

// call is one record on its way. It is reused, so that a produce costs no
// allocation of ours; an abandoned call is left to the collector, because
// delivery goes on with it.
type call struct {
	record  kgo.Record
	done    chan error // holds one
	then    func(error)
	owner   *Producer
	promise func(*kgo.Record, error) // finish, bound once
}

func newCall() *call {
	c := &call{done: make(chan error, 1)}
	c.promise = c.finish
	return c
}

func (c *call) finish(_ *kgo.Record, err error) {
	if c.then == nil {
		c.done <- err
		return
	}
	then := c.then
	then(c.owner.end(c, err))
}
