package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
)

// topicEpochs gives each topic the number of its present life. A topic made
// anew under its old name begins again at offset 0; the higher epoch keeps its
// rows from losing to rows of the life before. The numbers are kept in the
// warehouse, by the topic's id.
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
