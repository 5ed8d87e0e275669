package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// RequestRepairs asks for the rows of these shoppers to be computed anew from
// facts. The rows get the version of the last entry of the shopper's journey
// partition: they replace what is there, and give way to what comes later.
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
	epochs, err := topicEpochs(ctx, db, k.Prefix, infos, []string{event.TopicJourney})
	if err != nil {
		return err
	}
	ends, err := admin.EndOffsets(ctx, journey)
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
		last := max(0, ends[journey][kafka.Partition(key, k.Partitions)]-1)
		value, err := json.Marshal(event.Repair{ShopID: s.ShopID, UserID: s.UserID, Version: event.At(epochs[event.TopicJourney], last)})
		if err != nil {
			return err
		}
		if err := producer.Produce(ctx, kafka.Record{Topic: k.Name(event.TopicRepairs), Key: key, Value: value}); err != nil {
			return fmt.Errorf("request repair: %w", err)
		}
	}
	return nil
}
