package embedded

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const retentionEvery = 5 * time.Minute

// Run applies every topic's retention now and then, until ctx ends or the disk
// takes no more; it takes the place of the broker's cleaner, which would
// compact as well. Its error is for the operator.
func (b *Broker) Run(ctx context.Context) error {
	ticks := b.ticks
	if ticks == nil {
		ticker := time.NewTicker(retentionEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return b.diskError()
		case <-b.disk.failed:
			return b.diskError()
		case <-ticks:
			if err := b.applyRetention(ctx); err != nil && ctx.Err() == nil {
				b.disk.log.Warn("embedded broker: old records stay for now", "error", err)
			}
		}
	}
}

func (b *Broker) diskError() error {
	err := b.disk.failure()
	if err == nil {
		return nil
	}
	return fmt.Errorf("write broker directory %s: %w; free space or mend the disk, then start again: what was acknowledged is kept", b.dir, err)
}

// applyRetention deletes what is older than its topic keeps, but never the
// last record of a partition: the next offset would be forgotten with it.
func (b *Broker) applyRetention(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		return fmt.Errorf("apply retention: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("apply retention: %w", err)
	}
	configs, err := admin.DescribeTopicConfigs(ctx, topics.Names()...)
	if err != nil {
		return fmt.Errorf("apply retention: %w", err)
	}
	var problems []error
	for _, c := range configs {
		if keep, limited := retention(c); limited {
			problems = append(problems, trim(ctx, admin, c.Name, time.Now().Add(-keep)))
		}
	}
	return errors.Join(problems...)
}

// retention is how long a topic keeps records, unless that is for ever or for
// as long as their key is not written again.
func retention(c kadm.ResourceConfig) (time.Duration, bool) {
	values := map[string]string{}
	for _, one := range c.Configs {
		values[one.Key] = one.MaybeValue()
	}
	ms, err := strconv.ParseInt(values["retention.ms"], 10, 64)
	return time.Duration(ms) * time.Millisecond, err == nil && ms >= 0 && values["cleanup.policy"] != "compact"
}

func trim(ctx context.Context, admin *kadm.Client, topic string, before time.Time) error {
	young, err := admin.ListOffsetsAfterMilli(ctx, before.UnixMilli(), topic)
	if err == nil {
		err = young.Error()
	}
	ends, endErr := admin.ListEndOffsets(ctx, topic)
	if err := errors.Join(err, endErr); err != nil {
		return fmt.Errorf("find old records of %s: %w", topic, err)
	}
	cut := kadm.Offsets{}
	young.Each(func(o kadm.ListedOffset) {
		end, _ := ends.Lookup(topic, o.Partition)
		if at := min(o.Offset, end.Offset-1); at > 0 {
			cut.AddOffset(topic, o.Partition, at, -1)
		}
	})
	if len(cut) == 0 {
		return nil
	}
	deleted, err := admin.DeleteRecords(ctx, cut)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		return fmt.Errorf("delete old records of %s: %w", topic, err)
	}
	return nil
}
