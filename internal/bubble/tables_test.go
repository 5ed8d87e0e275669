//go:build synctests

package bubble

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/kafka"
)

// tables is the consumer that Goka recovers its tables with.
type tables struct {
	sarama.Consumer // the rest is nothing that Goka asks for
	config          kafka.Config
}

func newTables(config kafka.Config) goka.SaramaConsumerBuilder {
	return func([]string, string) (sarama.Consumer, error) { return &tables{config: config}, nil }
}

func (t *tables) Close() error                               { return nil }
func (t *tables) HighWaterMarks() map[string]map[int32]int64 { return nil }

func (t *tables) ConsumePartition(topic string, partition int32, offset int64) (sarama.PartitionConsumer, error) {
	from := kgo.NewOffset().AtStart()
	if offset >= 0 {
		from = kgo.NewOffset().At(offset)
	}
	client, err := kgo.NewClient(append(t.config.ClientOptions(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: from}}))...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &changelog{cancel: cancel, messages: make(chan *sarama.ConsumerMessage), errs: make(chan *sarama.ConsumerError)}
	c.loop.Go(func() { c.read(ctx, client) })
	return c, nil
}

// changelog is one partition of a table's topic.
type changelog struct {
	sarama.PartitionConsumer
	cancel   context.CancelFunc
	messages chan *sarama.ConsumerMessage
	errs     chan *sarama.ConsumerError
	loop     sync.WaitGroup
}

func (c *changelog) read(ctx context.Context, client *kgo.Client) {
	defer client.Close()
	defer close(c.errs)
	defer close(c.messages)
	for ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			select {
			case c.messages <- message(r):
			case <-ctx.Done():
			}
		})
	}
}

func (c *changelog) Messages() <-chan *sarama.ConsumerMessage { return c.messages }
func (c *changelog) Errors() <-chan *sarama.ConsumerError     { return c.errs }
func (c *changelog) HighWaterMarkOffset() int64               { return -1 }
func (c *changelog) AsyncClose()                              { c.cancel() }

func (c *changelog) Close() error {
	c.cancel()
	c.loop.Wait()
	return nil
}

// topics is what Goka asks about topics.
type topics struct {
	client *kgo.Client
	admin  *kadm.Client
}

func newTopics(config kafka.Config) goka.TopicManagerBuilder {
	return func([]string) (goka.TopicManager, error) {
		client, err := kgo.NewClient(config.ClientOptions()...)
		if err != nil {
			return nil, err
		}
		return &topics{client, kadm.NewClient(client)}, nil
	}
}

func (t *topics) Close() error {
	t.client.Close()
	return nil
}

func (t *topics) EnsureTableExists(string, int) error                         { return nil }
func (t *topics) EnsureStreamExists(string, int) error                        { return nil }
func (t *topics) EnsureTopicExists(string, int, int, map[string]string) error { return nil }

func (t *topics) Partitions(string) (all []int32, err error) {
	for p := range int32(partitions) {
		all = append(all, p)
	}
	return all, nil
}

const askTimeout = 10 * time.Second

func (t *topics) GetOffset(topic string, partition int32, at int64) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	list := t.admin.ListStartOffsets
	if at == sarama.OffsetNewest {
		list = t.admin.ListEndOffsets
	}
	offsets, err := list(ctx, topic)
	if err == nil {
		err = offsets.Error()
	}
	found, there := offsets.Lookup(topic, partition)
	if err == nil && !there {
		err = fmt.Errorf("topic %s has no partition %d", topic, partition)
	}
	return found.Offset, err
}
