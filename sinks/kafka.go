package sinks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Consumer is a member of the sinks' group: the source of a Sink.
type Consumer struct {
	consumer *kafka.Consumer
	prefix   string
	pending  map[Partition]kafka.Part // polled and not known to be committed, without the records

	mu    sync.Mutex
	moved []Partition
}

// NewConsumer makes a member of the group; Close it after the sink's Run.
func NewConsumer(c kafka.Config, log *slog.Logger) (*Consumer, error) {
	member := &Consumer{prefix: c.Prefix, pending: map[Partition]kafka.Part{}}
	topics := Topics()
	for n := range topics {
		topics[n] = c.Name(topics[n])
	}
	var err error
	member.consumer, err = kafka.NewConsumer(c, kafka.ConsumerOptions{
		Group: c.Name(Group), Topics: topics, Log: log,
		OnAssigned: member.move, OnRevoked: member.move,
	})
	if err != nil {
		return nil, fmt.Errorf("create the sinks' consumer: %w", err)
	}
	return member, nil
}

// Close leaves the group.
func (c *Consumer) Close() { c.consumer.Close() }

func (c *Consumer) move(_ context.Context, partitions map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, list := range partitions {
		for _, index := range list {
			c.moved = append(c.moved, Partition{strings.TrimPrefix(topic, c.prefix), index})
		}
	}
}

// Moved lists the partitions that came or went since it was last asked.
func (c *Consumer) Moved() []Partition {
	c.mu.Lock()
	defer c.mu.Unlock()
	moved := c.moved
	c.moved = nil
	return moved
}

// Poll waits for records.
func (c *Consumer) Poll(ctx context.Context, max int) ([]Record, error) {
	batch, err := c.consumer.Poll(ctx, max)
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, batch.Len())
	for _, part := range batch {
		topic := strings.TrimPrefix(part.Topic, c.prefix)
		for _, r := range part.Records {
			records = append(records, Record{
				Topic: topic, Partition: part.Partition, Offset: r.Offset,
				Headers: headers(r.Headers), Value: r.Value, Time: r.Time,
			})
		}
		part.Records = nil // only where it ends is kept
		c.pending[Partition{topic, part.Partition}] = part
	}
	return records, nil
}

func headers(list []kafka.Header) []event.Header {
	out := make([]event.Header, len(list))
	for n, h := range list {
		out[n] = event.Header{Key: h.Key, Value: h.Value}
	}
	return out
}

// Commit commits all that was polled. What it cannot commit the next one does.
func (c *Consumer) Commit(ctx context.Context) error {
	batch := slices.Collect(maps.Values(c.pending))
	if err := c.consumer.Commit(ctx, batch); err != nil {
		return err
	}
	clear(c.pending)
	return nil
}

// Release lets the group rebalance.
func (c *Consumer) Release() { c.consumer.AllowRebalance() }

// Letters publishes dead letters: the publisher of a Sink.
type Letters struct {
	Producer *kafka.Producer
	Config   kafka.Config
}

// Publish returns nil once the letter is durable. A letter that is too large
// with its bytes goes without them: the record itself stays in its topic, and
// the letter says where.
func (l *Letters) Publish(ctx context.Context, letter *event.DeadLetter) error {
	err := l.produce(ctx, letter)
	if !errors.Is(err, kafka.ErrTooLarge) {
		return err
	}
	short := *letter
	short.Bytes = nil
	short.Detail += " (too large to repeat: read the record itself)"
	return l.produce(ctx, &short)
}

func (l *Letters) produce(ctx context.Context, letter *event.DeadLetter) error {
	value, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("encode dead letter: %w", err)
	}
	return l.Producer.Produce(ctx, kafka.Record{
		Topic: l.Config.Name(event.TopicDeadLetters),
		Key:   []byte(letter.Topic + ":" + strconv.Itoa(int(letter.Partition))),
		Value: value, Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	})
}

// LogOffsets reads where the topics stand: the offsets of a Sink.
type LogOffsets struct {
	Admin  *kafka.Admin
	Config kafka.Config
}

// Cuts reads committed offsets first, so that none is ahead of its end.
func (l *LogOffsets) Cuts(ctx context.Context, topics []string) ([]Cut, error) {
	names := make([]string, len(topics))
	for n, topic := range topics {
		names[n] = l.Config.Name(topic)
	}
	committed, err := l.Admin.CommittedOffsets(ctx, l.Config.Name(Group))
	if err != nil {
		return nil, err
	}
	start, err := l.Admin.StartOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	end, err := l.Admin.EndOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	var cuts []Cut
	for n, topic := range topics {
		for index, last := range end[names[n]] {
			cuts = append(cuts, Cut{topic, index, start[names[n]][index], last, committed[names[n]][index]})
		}
	}
	return cuts, nil
}

// RawLog reads records again: the log of a Corrector.
type RawLog struct{ Config kafka.Config }

// readThrough is how many records are rather read than jumped over.
const readThrough = 1000

// Read gives the records at sorted offsets, as far as the log has them.
func (l *RawLog) Read(ctx context.Context, p Partition, offsets []int64) ([]Record, error) {
	var records []Record
	for len(offsets) > 0 {
		n := 1
		for n < len(offsets) && offsets[n]-offsets[n-1] <= readThrough {
			n++
		}
		wanted := offsets[:n]
		err := kafka.ReadPartition(ctx, l.Config, l.Config.Name(p.Topic), p.Index, wanted[0], wanted[n-1]+1, func(r kafka.Fetched) bool {
			if _, is := slices.BinarySearch(wanted, r.Offset); is {
				records = append(records, Record{Topic: p.Topic, Partition: p.Index, Offset: r.Offset, Headers: headers(r.Headers), Value: r.Value, Time: r.Time})
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		offsets = offsets[n:]
	}
	return records, nil
}
