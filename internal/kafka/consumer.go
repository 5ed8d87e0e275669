package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/wait"
)

// ConsumerOptions are for the members of one group.
type ConsumerOptions struct {
	// Group is the whole name, prefix included.
	Group  string
	Topics []string
	// OnAssigned is called with new partitions before any of their records is
	// polled, OnRevoked with those that are gone, whether handed over or lost.
	// They are called between AllowRebalance and the next Poll, one at a time.
	OnAssigned func(ctx context.Context, partitions map[string][]int32)
	OnRevoked  func(ctx context.Context, partitions map[string][]int32)
	// SessionTimeout defaults to 10 s, Heartbeat to 1 s. RebalanceTimeout is
	// how long a batch may hold a rebalance back; default 60 s.
	SessionTimeout   time.Duration
	Heartbeat        time.Duration
	RebalanceTimeout time.Duration
	Log              *slog.Logger
}

// Consumer reads topics as a member of a group, from their start where the
// group has not committed. The order of calls is Poll, Commit, AllowRebalance,
// from one goroutine; between Poll and AllowRebalance no partition moves.
type Consumer struct {
	client *kgo.Client
	log    *slog.Logger

	mu    sync.Mutex
	owned map[topicPartition]int // assignment number; see lease
	count int
}

// Fetched is a record as it was read.
type Fetched struct {
	Partition int32
	Offset    int64
	Time      time.Time // arrival
	Key       []byte
	Value     []byte // nil when the record has none
	Headers   []Header
}

// Part is what a batch has of one partition, in offset order, never empty.
type Part struct {
	Topic     string
	Partition int32
	Records   []Fetched

	next  kgo.EpochOffset
	lease int
}

// Batch is what one Poll returned.
type Batch []Part

// Len is the number of records.
func (b Batch) Len() (n int) {
	for _, p := range b {
		n += len(p.Records)
	}
	return n
}

// NewConsumer makes a member; it joins the group at the first Poll's leisure,
// in the background. The error is about the configuration.
func NewConsumer(c Config, o ConsumerOptions) (*Consumer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Group == "" || len(o.Topics) == 0 {
		return nil, errors.New("create consumer: a group and at least one topic are needed")
	}
	o = o.withDefaults()
	consumer := &Consumer{log: o.Log, owned: map[topicPartition]int{}}
	client, err := kgo.NewClient(append(c.ClientOptions(), consumer.options(o)...)...)
	if err != nil {
		return nil, fmt.Errorf("create consumer: %w", err)
	}
	consumer.client = client
	return consumer, nil
}

func (o ConsumerOptions) withDefaults() ConsumerOptions {
	nothing := func(context.Context, map[string][]int32) {}
	if o.OnAssigned == nil {
		o.OnAssigned = nothing
	}
	if o.OnRevoked == nil {
		o.OnRevoked = nothing
	}
	if o.SessionTimeout <= 0 {
		o.SessionTimeout = 10 * time.Second
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = time.Second
	}
	if o.RebalanceTimeout <= 0 {
		o.RebalanceTimeout = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (c *Consumer) options(o ConsumerOptions) []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(o.Group),
		kgo.ConsumeTopics(o.Topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(o.SessionTimeout),
		kgo.HeartbeatInterval(o.Heartbeat),
		kgo.RebalanceTimeout(o.RebalanceTimeout),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(func(ctx context.Context, _ *kgo.Client, ps map[string][]int32) {
			c.assign(ps)
			o.OnAssigned(ctx, ps)
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, _ *kgo.Client, ps map[string][]int32) {
			c.revoke(ps)
			if len(ps) > 0 { // franz-go also calls at a session's end without any
				o.OnRevoked(ctx, ps)
			}
		}),
	}
}

// Poll waits for records and returns at most max of them, or why there will be
// none: ctx's end, ErrClosed, ErrUnauthorized. Transport failures are waited
// out inside.
func (c *Consumer) Poll(ctx context.Context, max int) (Batch, error) {
	for {
		fetches := c.client.PollRecords(ctx, max)
		if !fetches.Empty() {
			c.logErrors(fetches)
			return c.batch(fetches), nil
		}
		c.client.AllowRebalance() // there is nothing to finish first
		if ctx.Err() != nil {
			return nil, fmt.Errorf("poll: %w", context.Cause(ctx))
		}
		for _, e := range fetches.Errors() {
			var lost *kgo.ErrDataLoss
			if errors.As(e.Err, &lost) {
				c.log.Error("records were lost by the broker", "topic", e.Topic, "partition", e.Partition, "error", e.Err)
				continue
			}
			err := classify(e.Err)
			if errors.Is(err, ErrClosed) || errors.Is(err, ErrUnauthorized) {
				return nil, fmt.Errorf("poll partition %d of %q: %w", e.Partition, e.Topic, err)
			}
			c.log.Warn("waiting for the broker", "topic", e.Topic, "partition", e.Partition, "error", e.Err)
			if err := wait.For(ctx, pollPause); err != nil {
				return nil, fmt.Errorf("poll: %w", err)
			}
		}
	}
}

// pollPause is the pause after a failure of the broker. The client has waited
// on its own before it tells of one.
const pollPause = 500 * time.Millisecond

func (c *Consumer) logErrors(fetches kgo.Fetches) {
	for _, e := range fetches.Errors() {
		c.log.Warn("poll partition", "topic", e.Topic, "partition", e.Partition, "error", e.Err)
	}
}

func (c *Consumer) batch(fetches kgo.Fetches) Batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	var batch Batch
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		last := p.Records[len(p.Records)-1]
		part := Part{
			Topic: p.Topic, Partition: p.Partition, Records: make([]Fetched, len(p.Records)),
			next:  kgo.EpochOffset{Epoch: last.LeaderEpoch, Offset: last.Offset + 1},
			lease: c.owned[topicPartition{p.Topic, p.Partition}],
		}
		for i, r := range p.Records {
			part.Records[i] = Fetched{Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers}
		}
		batch = append(batch, part)
	})
	return batch
}

// Commit stores that a batch is done. Parts whose partition has moved since
// are left out: whoever has it now reads those records again, and our commit
// could set it back.
func (c *Consumer) Commit(ctx context.Context, b Batch) error {
	var failed error
	offsets := c.committable(b)
	if len(offsets) == 0 {
		return nil
	}
	c.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *commitRequest, r *commitResponse, err error) {
		failed = commitError(r, err)
	})
	if failed != nil {
		return fmt.Errorf("commit offsets: %w", classify(failed))
	}
	return nil
}

// AllowRebalance lets partitions move; call it once after every Poll, when the
// batch is done or given up.
func (c *Consumer) AllowRebalance() { c.client.AllowRebalance() }

// Close leaves the group, so that others need not wait for the session to end.
func (c *Consumer) Close() { c.client.CloseAllowingRebalance() }
