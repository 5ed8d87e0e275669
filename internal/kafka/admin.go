package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Admin asks the broker about itself. It is safe for concurrent use.
type Admin struct {
	config Config
	client *kgo.Client
	admin  *kadm.Client
}

// Offsets are offsets by topic and partition.
type Offsets map[string]map[int32]int64

// NewAdmin connects nothing yet; the error is about the configuration.
func NewAdmin(c Config) (*Admin, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		return nil, fmt.Errorf("create kafka client: %w", err)
	}
	return &Admin{config: c, client: client, admin: kadm.NewClient(client)}, nil
}

// Close lets go of the connections.
func (a *Admin) Close() { a.client.Close() }

// Ping asks for an answer from any broker. Its error is for the operator.
func (a *Admin) Ping(ctx context.Context) error {
	if err := a.client.Ping(ctx); err != nil {
		return fmt.Errorf("reach kafka at %s: %w; check the brokers (ASKBUY_KAFKA_BROKERS), that one is running, and TLS and SASL settings if it wants any",
			strings.Join(a.config.Brokers, ","), classify(err))
	}
	return nil
}

// EndOffsets are the offsets that the next records will have. The answer is
// complete or an error: a cut that lacks a partition would be wrong.
func (a *Admin) EndOffsets(ctx context.Context, topics ...string) (Offsets, error) {
	return a.offsets("end", topics)(a.admin.ListEndOffsets(ctx, topics...))
}

// StartOffsets are the offsets of the oldest records kept, complete or an error.
func (a *Admin) StartOffsets(ctx context.Context, topics ...string) (Offsets, error) {
	return a.offsets("start", topics)(a.admin.ListStartOffsets(ctx, topics...))
}

func (a *Admin) offsets(which string, topics []string) func(kadm.ListedOffsets, error) (Offsets, error) {
	return func(listed kadm.ListedOffsets, err error) (Offsets, error) {
		if err == nil {
			err = listed.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("list %s offsets: %w", which, classify(err))
		}
		offsets := make(Offsets, len(topics))
		for _, topic := range topics {
			if len(listed[topic]) == 0 {
				return nil, fmt.Errorf("list %s offsets of topic %s: %w", which, topic, kerr.UnknownTopicOrPartition)
			}
		}
		listed.Each(func(o kadm.ListedOffset) { offsets.set(o.Topic, o.Partition, o.Offset) })
		return offsets, nil
	}
}

// CommittedOffsets are the offsets that a group will read next, of all its
// topics. Partitions, and groups, that never committed are absent.
func (a *Admin) CommittedOffsets(ctx context.Context, group string) (Offsets, error) {
	fetched, err := a.admin.FetchOffsets(ctx, group)
	if err == nil {
		err = fetched.Error()
	}
	// Where Kafka has nothing to say, kfake says that there is no such group.
	if errors.Is(err, kerr.GroupIDNotFound) {
		return Offsets{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("fetch offsets of group %s: %w", group, classify(err))
	}
	offsets := Offsets{}
	fetched.Each(func(o kadm.OffsetResponse) {
		if o.At >= 0 {
			offsets.set(o.Topic, o.Partition, o.At)
		}
	})
	return offsets, nil
}

// Lag is how many records of each topic a group has not yet committed. Where
// it never committed, that is all that the topic keeps.
func (a *Admin) Lag(ctx context.Context, group string, topics ...string) (map[string]int64, error) {
	// Commits first: read the other way round, a lag could be negative.
	committed, err := a.CommittedOffsets(ctx, group)
	if err != nil {
		return nil, err
	}
	start, err := a.StartOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	end, err := a.EndOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	return lag(committed, start, end), nil
}

func lag(committed, start, end Offsets) map[string]int64 {
	lags := make(map[string]int64, len(end))
	for topic, partitions := range end {
		lags[topic] = 0
		for partition, last := range partitions {
			next := start[topic][partition]
			if at, ok := committed[topic][partition]; ok && at > next {
				next = at
			}
			lags[topic] += max(0, last-next)
		}
	}
	return lags
}

func (o Offsets) set(topic string, partition int32, offset int64) {
	if o[topic] == nil {
		o[topic] = map[int32]int64{}
	}
	o[topic][partition] = offset
}
