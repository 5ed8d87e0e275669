package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// topicEpochs gives each topic the number of its present life. A topic made
// anew under its old name begins again at offset 0; the higher epoch keeps its
// rows from losing to rows of the life before. The numbers are kept in the
// warehouse, by the topic's id.
//
// What a group was told by a former life of its topics it does not remember in
// this one: Refill tells it again.
func topicEpochs(ctx context.Context, db *clickhouse.DB, prefix string, topics map[string]kafka.TopicInfo, names []string) (map[string]int64, error) {
	type row struct {
		Topic   string `ch:"topic"`
		TopicID string `ch:"topic_id"`
		Epoch   int64  `ch:"epoch"`
	}
	known, err := clickhouse.Select[row](ctx, db, "SELECT topic, topic_id, epoch FROM askbuy.topic_epochs FINAL", nil)
	if err != nil {
		return nil, fmt.Errorf("read topic epochs: %w", err)
	}
	epochs := map[string]int64{}
	var fresh [][]any
	for _, name := range names {
		info, ok := topics[prefix+name]
		if !ok {
			return nil, fmt.Errorf("topic %s%s is not there", prefix, name)
		}
		id := hex.EncodeToString(info.ID[:])
		last, present := int64(0), int64(0)
		for _, k := range known {
			if k.Topic == name {
				last = max(last, k.Epoch)
				if k.TopicID == id {
					present = k.Epoch
				}
			}
		}
		if present == 0 {
			present = last + 1
			fresh = append(fresh, []any{name, id, present})
		}
		epochs[name] = present
	}
	if len(fresh) > 0 {
		if err := db.Insert(ctx, "askbuy.topic_epochs", []string{"topic", "topic_id", "epoch"}, fresh); err != nil {
			return nil, fmt.Errorf("keep topic epochs: %w", err)
		}
	}
	return epochs, nil
}

// warnOfFormerLives says what to do about facts that the present topics never
// told: as long as nothing was published in them, and rows are still right.
func warnOfFormerLives(ctx context.Context, db *clickhouse.DB, admin *kafka.Admin, k kafka.Config, epochs map[string]int64, log *slog.Logger) error {
	if epochs[event.TopicJourney] == 1 {
		return nil
	}
	ends, err := admin.EndOffsets(ctx, k.Name(event.TopicJourney))
	if err != nil {
		return err
	}
	for _, end := range ends[k.Name(event.TopicJourney)] {
		if end > 0 {
			return nil
		}
	}
	log.Warn("the topics are new, the warehouse is not: orders and journeys do not remember what came before; run askbuy replay --refill-topics, best before the doors open", "prefix", k.Prefix)
	return nil
}
