package processors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Sleep == nil {
		d.Sleep = wait.For
	}
	return d
}

// runRepairs connects the repairer to its topics.
func (p *Processors) runRepairs(ctx context.Context) (err error) {
	producer, err := kafka.NewProducer(p.config.Kafka)
	if err != nil {
		return fmt.Errorf("create the repairs' producer: %w", err)
	}
	defer func() {
		// ctx has ended; what is not acknowledged was not committed.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, producer.Close(closing))
	}()
	consumer, err := kafka.NewConsumer(p.config.Kafka, kafka.ConsumerOptions{
		Group: p.config.Kafka.Name(GroupRepair), Topics: []string{p.config.Kafka.Name(event.TopicRepairs)},
		SessionTimeout: p.config.SessionTimeout, Heartbeat: p.config.Heartbeat, Log: p.deps.Log,
	})
	if err != nil {
		return fmt.Errorf("create the repairs' consumer: %w", err)
	}
	defer consumer.Close()
	topics := &repairTopics{p: p, consumer: consumer, producer: producer}
	r := &repairer{
		join: p.join, models: p.deps.Models, facts: p.deps.Facts, source: topics, rows: topics,
		every: p.config.RepairEvery, now: p.deps.Now, metrics: p.metrics, failed: p.logRepairs,
	}
	if err := r.run(ctx, p.deps.Sleep); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run repairs: %w", err)
	}
	return nil
}

func (p *Processors) logRepairs(err error) {
	if err != nil {
		p.deps.Log.Warn("repairs wait for recovery, nothing of them is committed meanwhile", "error", err)
		return
	}
	p.deps.Log.Info("repairs go on")
}

// repairTopics is the repairer's source and where its rows go.
type repairTopics struct {
	p        *Processors
	consumer *kafka.Consumer
	producer *kafka.Producer
}

const repairsAtOnce = 500

// Poll lets partitions move at once: a request that moves on while it is
// pending is done twice, which changes nothing.
func (t *repairTopics) Poll(ctx context.Context, wait time.Duration) (*repairBatch, error) {
	timed, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	polled, err := t.consumer.Poll(timed, repairsAtOnce)
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t.consumer.AllowRebalance()
	b := &repairBatch{commit: polled}
	for n, part := range polled {
		polled[n].Records = nil // only where it ends is kept
		for _, record := range part.Records {
			asked, err := decodeJSON[event.Repair](record.Value)
			if err == nil {
				b.requests = append(b.requests, asked)
				continue
			}
			letter := newLetter(t.p.config.Key, record.Value, err)
			letter.Partition, letter.Offset, letter.ReceivedAt = part.Partition, record.Offset, record.Time.UnixMilli()
			if err := t.bury(ctx, letter, err); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// Bury writes a letter that stands for all requests that were merged; it has
// the place of none of them.
func (t *repairTopics) Bury(ctx context.Context, asked event.Repair, why error) error {
	raw, err := encodeJSON(asked)
	if err != nil {
		return fmt.Errorf("encode repair: %w", err)
	}
	letter := newLetter(t.p.config.Key, raw, why)
	letter.ShopID, letter.Offset, letter.ReceivedAt = asked.ShopID, -1, t.p.deps.Now().UnixMilli()
	letter.Partition = t.p.join.partition(asked.Shopper().Key())
	return t.bury(ctx, letter, why)
}

func (t *repairTopics) bury(ctx context.Context, letter *event.DeadLetter, why error) error {
	letter.Topic = event.TopicRepairs
	t.p.noteLetter(letter, why)
	value, err := encodeJSON(letter)
	if err != nil {
		return fmt.Errorf("encode dead letter: %w", err)
	}
	return t.producer.Produce(ctx, t.record(event.TopicDeadLetters, letterKey(letter), value))
}

// Commit commits what was polled.
func (t *repairTopics) Commit(ctx context.Context, b *repairBatch) error {
	return t.consumer.Commit(ctx, b.commit.(kafka.Batch))
}

// Write waits for the ack of every row.
func (t *repairTopics) Write(ctx context.Context, key string, o output) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(repairsAtOnce)
	say := func(topic string, row any) {
		group.Go(func() error {
			value, err := encodeJSON(row)
			if err != nil {
				return fmt.Errorf("encode row: %w", err)
			}
			t.p.metrics.rows.WithLabelValues(topic).Inc()
			return t.producer.Produce(ctx, t.record(topic, key, value))
		})
	}
	for i := range o.Scores {
		say(event.TopicMessageScores, &o.Scores[i])
	}
	for i := range o.Touches {
		say(event.TopicTouches, &o.Touches[i])
	}
	return group.Wait()
}

func (t *repairTopics) record(topic, key string, value []byte) kafka.Record {
	return kafka.Record{
		Topic: t.p.config.Kafka.Name(topic), Key: []byte(key), Value: value,
		Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	}
}
