package scorers

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Group is the consumer group of a scorer, without prefix.
func Group(name string) string { return "scorer-" + name }

// Consumer reads the topic of messages: the source of a Scorer.
type Consumer struct {
	consumer *kafka.Consumer
	pending  map[int32]kafka.Part // polled and not known to be committed, without the records
}

// NewConsumer makes a member of a scorer's group; Close it after Run.
func NewConsumer(c kafka.Config, name string, log *slog.Logger) (*Consumer, error) {
	consumer, err := kafka.NewConsumer(c, kafka.ConsumerOptions{Group: c.Name(Group(name)), Topics: []string{c.Name(event.TopicMessages)}, Log: log})
	if err != nil {
		return nil, fmt.Errorf("create consumer of scorer %s: %w", name, err)
	}
	return &Consumer{consumer: consumer, pending: map[int32]kafka.Part{}}, nil
}

// Close leaves the group.
func (c *Consumer) Close() { c.consumer.Close() }

// Poll waits for records.
func (c *Consumer) Poll(ctx context.Context, max int) ([]Record, error) {
	batch, err := c.consumer.Poll(ctx, max)
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, part := range batch {
		for _, r := range part.Records {
			headers := make([]event.Header, len(r.Headers))
			for i, h := range r.Headers {
				headers[i] = event.Header{Key: h.Key, Value: h.Value}
			}
			records = append(records, Record{Headers: headers, Value: r.Value, Time: r.Time})
		}
		part.Records = nil // only where it ends is kept
		c.pending[part.Partition] = part
	}
	return records, nil
}

// Commit commits all that was polled. What it cannot commit the next one does.
func (c *Consumer) Commit(ctx context.Context) error {
	if err := c.consumer.Commit(ctx, slices.Collect(maps.Values(c.pending))); err != nil {
		return err
	}
	clear(c.pending)
	return nil
}

// Release lets the group rebalance.
func (c *Consumer) Release() { c.consumer.AllowRebalance() }

// Opinions publishes second opinions: the results of a Scorer.
type Opinions struct {
	Producer *kafka.Producer
	Config   kafka.Config
}

// Publish returns nil once the opinion is durable.
func (o *Opinions) Publish(ctx context.Context, opinion *event.SecondOpinion) error {
	value, err := json.Marshal(opinion)
	if err != nil {
		return fmt.Errorf("encode second opinion: %w", err)
	}
	return o.Producer.Produce(ctx, kafka.Record{
		Topic: o.Config.Name(event.TopicSecondOpinions), Key: []byte(event.Key(opinion.ShopID, opinion.UserID)), Value: value,
		Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	})
}
