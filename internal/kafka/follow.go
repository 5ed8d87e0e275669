package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/wait"
)

// followBytes bounds what one answer of the broker brings, and with that what
// a follower holds.
const followBytes = 4 << 20

// Follow gives f the records of partitions from the given offsets on, by topic
// with its whole name and each partition's in order, as they come, until ctx
// ends, which is no error. It belongs to no group and commits nothing. Offsets
// that the topic no longer keeps are left out; of a topic that was made anew it
// reads what there is. Whatever the broker fails at is waited out, and logged
// once for each partition until it answers again; an error is about the
// configuration, or is ErrUnauthorized.
func Follow(ctx context.Context, c Config, from Offsets, log *slog.Logger, f func(topic string, r Fetched)) error {
	start := map[string]map[int32]kgo.Offset{}
	for topic, partitions := range from {
		start[topic] = map[int32]kgo.Offset{}
		for partition, offset := range partitions {
			start[topic][partition] = kgo.NewOffset().At(offset)
		}
	}
	opts := c.ClientOptions()
	if c.Gather > 0 {
		opts = append(opts, kgo.FetchMinBytes(gatherBytes), kgo.FetchMaxWait(c.Gather))
	}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(start),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(followBytes), kgo.MaxConcurrentFetches(1),
	)...)
	if err != nil {
		return fmt.Errorf("create follower: %w", err)
	}
	defer client.Close()
	failing := map[topicPartition]bool{}
	for ctx.Err() == nil {
		fetches := client.PollRecords(ctx, pollAtOnce)
		fetches.EachRecord(func(r *kgo.Record) {
			delete(failing, topicPartition{r.Topic, r.Partition})
			f(r.Topic, Fetched{Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers})
		})
		if ctx.Err() != nil {
			break
		}
		failed, err := followFailures(fetches, failing, log)
		if err != nil {
			return err
		}
		if failed && wait.For(ctx, pollPause) != nil {
			break
		}
	}
	return nil
}

// followFailures logs what began to fail and reports whether anything does; an
// error is one that waiting does not mend.
func followFailures(fetches kgo.Fetches, failing map[topicPartition]bool, log *slog.Logger) (failed bool, err error) {
	for _, e := range fetches.Errors() {
		var lost *kgo.ErrDataLoss // the client goes on with what there is
		if errors.As(e.Err, &lost) {
			continue
		}
		if err := classify(e.Err); errors.Is(err, ErrUnauthorized) {
			return true, fmt.Errorf("follow partition %d of %q: %w", e.Partition, e.Topic, err)
		}
		failed = true
		if p := (topicPartition{e.Topic, e.Partition}); !failing[p] {
			failing[p] = true
			log.Warn("waiting for the broker", "topic", e.Topic, "partition", e.Partition, "error", e.Err)
		}
	}
	return failed, nil
}
