package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
)

// followBytes bounds what one answer of the broker brings, and with that what
// a follower holds.
const followBytes = 4 << 20

// Follow gives f the records of partitions from the given offsets on, by topic
// with its whole name and each partition's in order, as they come, until ctx
// ends, which is no error. It belongs to no group and commits nothing. Offsets
// that the topic no longer keeps are left out; of a topic that was made anew it
// reads what there is. Whatever the broker fails at is logged and waited out;
// an error is about the configuration.
func Follow(ctx context.Context, c Config, from Offsets, log *slog.Logger, f func(topic string, r Fetched)) error {
	start := map[string]map[int32]kgo.Offset{}
	for topic, partitions := range from {
		start[topic] = map[int32]kgo.Offset{}
		for partition, offset := range partitions {
			start[topic][partition] = kgo.NewOffset().At(offset)
		}
	}
	client, err := kgo.NewClient(append(c.ClientOptions(),
		kgo.ConsumePartitions(start),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(followBytes), kgo.MaxConcurrentFetches(1),
	)...)
	if err != nil {
		return fmt.Errorf("create follower: %w", err)
	}
	defer client.Close()
	for ctx.Err() == nil {
		fetches := client.PollRecords(ctx, pollAtOnce)
		fetches.EachRecord(func(r *kgo.Record) {
			f(r.Topic, Fetched{Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers})
		})
		failed := false
		for _, e := range fetches.Errors() {
			var lost *kgo.ErrDataLoss // the client goes on with what there is
			if ctx.Err() == nil && !errors.As(e.Err, &lost) {
				failed = true
				log.Warn("waiting for the broker", "topic", e.Topic, "partition", e.Partition, "error", e.Err)
			}
		}
		if failed && pause(ctx, pollPause) != nil {
			break
		}
	}
	return nil
}
