package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ReadPartition gives f the records of a partition from offset from up to, not
// including, to, in their order, until f wants no more. Offsets that the topic
// no longer keeps, or does not have yet, are left out. The topic has to be one
// that only time deletes from: its offsets have no gaps.
func ReadPartition(ctx context.Context, c Config, topic string, partition int32, from, to int64, f func(Fetched) (more bool)) error {
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		return fmt.Errorf("create reader: %w", err)
	}
	defer client.Close()
	from, to, err = kept(ctx, kadm.NewClient(client), topic, partition, from, to)
	if err != nil || from >= to {
		return err
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(from)}})
	for {
		fetches := client.PollRecords(ctx, pollAtOnce)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("read partition %d of %s: %w", partition, topic, classify(err))
		}
		for _, r := range fetches.Records() {
			if r.Offset >= to {
				return nil
			}
			if !f(Fetched{Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers}) || r.Offset == to-1 {
				return nil
			}
		}
	}
}

const pollAtOnce = 1000 // records

// kept narrows a range of offsets to what the broker has now.
func kept(ctx context.Context, admin *kadm.Client, topic string, partition int32, from, to int64) (int64, int64, error) {
	start, err := admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = start.Error()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("list start offsets: %w", classify(err))
	}
	end, err := admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = end.Error()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("list end offsets: %w", classify(err))
	}
	oldest, known := start.Lookup(topic, partition)
	next, knownEnd := end.Lookup(topic, partition)
	if !known || !knownEnd {
		return 0, 0, nil // there is no such partition
	}
	return max(from, oldest.Offset), min(to, next.Offset), nil
}
