package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/processors"
	"askbuy/schemas/event"
)

// RequestRepairs asks for the rows of these shoppers to be computed anew from
// facts. The rows get the version of the last entry of the shopper's journey
// partition, or of the place before the first: they replace what is there, and
// give way to what comes later. The
// facts are waited for that were behind an entry by then, or rows of some of
// them would stand before rows of all.
func RequestRepairs(ctx context.Context, k kafka.Config, db *clickhouse.DB, shoppers []event.Shopper) (err error) {
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return err
	}
	defer admin.Close()
	journey := k.Name(event.TopicJourney)
	infos, err := admin.EnsureTopics(ctx, topics(k))
	if err != nil {
		return err
	}
	epochs, err := topicEpochs(ctx, db, k.Prefix, infos, append([]string{event.TopicJourney}, processors.FactTopics()...))
	if err != nil {
		return err
	}
	ends, err := admin.EndOffsets(ctx, journey)
	if err != nil {
		return err
	}
	needs, err := toldSoFar(ctx, admin, k, epochs)
	if err != nil {
		return err
	}
	producer, err := kafka.NewProducer(k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, producer.Close(ctx)) }()
	for _, s := range shoppers {
		key := []byte(s.Key())
		last := event.Before(epochs[event.TopicJourney], ends[journey][kafka.Partition(key, k.Partitions)])
		value, err := json.Marshal(event.Repair{ShopID: s.ShopID, UserID: s.UserID, Version: last, Needs: needs})
		if err != nil {
			return err
		}
		if err := producer.Produce(ctx, kafka.Record{Topic: k.Name(event.TopicRepairs), Key: key, Value: value}); err != nil {
			return fmt.Errorf("request repair: %w", err)
		}
	}
	return nil
}

// toldSoFar are the last records of the topics whose facts a repair reads.
func toldSoFar(ctx context.Context, admin *kafka.Admin, k kafka.Config, epochs map[string]int64) ([]event.Reached, error) {
	var needs []event.Reached
	for _, topic := range processors.FactTopics() {
		starts, err := admin.StartOffsets(ctx, k.Name(topic))
		if err != nil {
			return nil, err
		}
		ends, err := admin.EndOffsets(ctx, k.Name(topic))
		if err != nil {
			return nil, err
		}
		for partition := range k.Partitions {
			if end := ends[k.Name(topic)][partition]; end > starts[k.Name(topic)][partition] {
				needs = append(needs, event.Reached{Topic: topic, Partition: partition, Position: event.Before(epochs[topic], end)})
			}
		}
	}
	return needs, nil
}
