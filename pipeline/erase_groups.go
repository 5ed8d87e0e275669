package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

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
