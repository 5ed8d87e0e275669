package registry

import (
	"context"
	"errors"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Topic is the models log in a broker.
type Topic struct {
	Config kafka.Config
	Admin  *kafka.Admin
}

func (t Topic) name() string { return t.Config.Name(event.TopicModels) }

// Ends are the offsets that the next entries will have.
func (t Topic) Ends(ctx context.Context) (map[int32]int64, error) {
	ends, err := t.Admin.EndOffsets(ctx, t.name())
	return ends[t.name()], err
}

// Read gives f the entries between two offsets. The topic is compacted, but
// its last record is always there, so that the reader comes to an end.
func (t Topic) Read(ctx context.Context, partition int32, from, to int64, f func(key, value []byte)) error {
	return kafka.ReadPartition(ctx, t.Config, t.name(), partition, from, to, func(r kafka.Fetched) bool {
		f(r.Key, r.Value)
		return true
	})
}

// Append publishes an entry.
func (t Topic) Append(ctx context.Context, e Entry) (err error) {
	value, err := encodeEntry(e)
	if err != nil {
		return err
	}
	producer, err := kafka.NewProducer(t.Config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, delivery)
	defer cancel()
	err = producer.Produce(ctx, kafka.Record{
		Topic: t.name(), Key: e.key(), Value: value,
		Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	})
	return errors.Join(err, producer.Close(ctx)) // what is not acknowledged by now would come too late
}
