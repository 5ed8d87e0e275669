package kafka

import (
	"context"
	"fmt"
	"time"

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
	admin := kadm.NewClient(client)
	from, to, err = kept(ctx, admin, topic, partition, from, to)
	if err != nil || from >= to {
		return err
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(from)}})
	return readKept(ctx, client, admin, topic, partition, from, to, f)
}

const (
	pollAtOnce  = 1000        // records
	pollPatient = time.Second // then it is asked whether there is anything to wait for
)

// readKept reads what was there when it was asked. Time may delete it
// meanwhile: who waited for a record in vain asks again.
func readKept(ctx context.Context, client *kgo.Client, admin *kadm.Client, topic string, partition int32, from, to int64, f func(Fetched) bool) error {
	for from < to {
		fetches, err := pollFor(ctx, client, pollPatient)
		if err != nil {
			return fmt.Errorf("read partition %d of %s: %w", partition, topic, classify(err))
		}
		for _, r := range fetches.Records() {
			if r.Offset >= to || !f(Fetched{Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers}) {
				return nil
			}
			from = r.Offset + 1
		}
		if fetches.NumRecords() == 0 {
			if from, to, err = kept(ctx, admin, topic, partition, from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// pollFor polls for a while; nothing in it is no error.
func pollFor(ctx context.Context, client *kgo.Client, while time.Duration) (kgo.Fetches, error) {
	polling, cancel := context.WithTimeout(ctx, while)
	defer cancel()
	fetches := client.PollRecords(polling, pollAtOnce)
	err := fetches.Err()
	if polling.Err() != nil && ctx.Err() == nil {
		err = nil // it is the while that is over
	}
	return fetches, err
}

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
