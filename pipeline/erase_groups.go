package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Between two looks at the groups' offsets, and for how long a group may stand
// still while others wait for it.
const (
	offsetsEvery = 100 * time.Millisecond
	standstill   = 2 * time.Minute
)

// passed waits until a group has committed all that is in its topics now.
func (e *Eraser) passed(ctx context.Context, group string, topics ...string) error {
	names := make([]string, len(topics))
	for n, topic := range topics {
		names[n] = e.kafka.Name(topic)
	}
	ends, err := e.admin.EndOffsets(ctx, names...)
	if err != nil {
		return err
	}
	starts, err := e.admin.StartOffsets(ctx, names...)
	if err != nil {
		return err
	}
	left, moved := int64(-1), e.now()
	for {
		committed, err := e.admin.CommittedOffsets(ctx, e.kafka.Name(group))
		if err != nil {
			return err
		}
		switch n := recordsBefore(starts, committed, ends); {
		case n == 0:
			return nil
		case n != left:
			left, moved = n, e.now()
		case e.now().Sub(moved) > standstill:
			return fmt.Errorf("group %s has not gone on for %v, %d records before the point to wait for: see that its role runs and that its log is clean", group, standstill, n)
		}
		if err := e.pause(ctx, offsetsEvery); err != nil {
			return err
		}
	}
}

// recordsBefore counts the records that are yet to be committed before the ends.
func recordsBefore(starts, committed, ends kafka.Offsets) (n int64) {
	for topic, partitions := range ends {
		for partition, end := range partitions {
			n += max(0, end-max(starts[topic][partition], committed[topic][partition]))
		}
	}
	return n
}

// tell writes a record of our own and waits for its ack.
func (e *Eraser) tell(ctx context.Context, topic, key string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode erasure: %w", err)
	}
	return e.producer.Produce(ctx, kafka.Record{
		Topic: e.kafka.Name(topic), Key: []byte(key), Value: b,
		Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	})
}

// findLetters looks through the dead letters for the subject's: what one says
// stands in its topic alone, its row has but an id.
func (r *erasing) findLetters(ctx context.Context) error {
	topic := r.kafka.Name(event.TopicDeadLetters)
	ends, err := r.admin.EndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	gone := r.ofSubject()
	for partition, end := range ends[topic] {
		err := kafka.ReadPartition(ctx, r.kafka, topic, partition, r.scanned[partition], end, func(record kafka.Fetched) bool {
			var letter event.DeadLetter
			if err := json.Unmarshal(record.Value, &letter); err == nil && gone.LetterGone(&letter) && !slices.Contains(r.letters, letter.ID) {
				r.letters = append(r.letters, letter.ID)
			}
			return true // what is no letter is a letter itself by now
		})
		if err != nil {
			return err
		}
		r.scanned[partition] = end
	}
	return nil
}
