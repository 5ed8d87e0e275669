package kafka

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
)

// partitionChannel is how many records wait between Sarama and a partition's
// callback; 256 gave 13 % over Goka's 10, and 1024 no more.
const partitionChannel = 256

// GroupOptions are what may differ between Goka groups.
type GroupOptions struct {
	// Group is the group's whole name, prefix included.
	Group string
	// StateDir keeps tables on disk; "" keeps them in memory.
	StateDir string
	// TableID is the changelog topic's id, from EnsureTopics; with StateDir it
	// ties the tables on disk to the broker they were made from.
	TableID [16]byte
	// SessionTimeout is after what silence a member is given up (default 10 s)
	// and Heartbeat how often it speaks (default 300 ms, which is also how
	// soon it hears of a rebalance).
	SessionTimeout time.Duration
	Heartbeat      time.Duration
	// StopGrace is how long a stop waits for a broker that does not answer
	// before unacknowledged outputs are given up; they were not committed and
	// come again. Default 5 s.
	StopGrace time.Duration
	// OnAssigned is told, at every rebalance, of all partitions that this member
	// has from then on; nil: nobody is. It must not block.
	OnAssigned func(partitions []int32)
	// Tables lets others of this process share the memory of the group's tables;
	// nil: nobody does.
	Tables *Tables
	Log    *slog.Logger
}

func (o GroupOptions) withDefaults() GroupOptions {
	if o.SessionTimeout <= 0 {
		o.SessionTimeout = 10 * time.Second
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 300 * time.Millisecond
	}
	if o.StopGrace <= 0 {
		o.StopGrace = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Tables are the tables that a processor of this process keeps in memory.
type Tables struct{ stores atomic.Pointer[stores] }

// Shared is a value of a table to be kept beside the processor: the
// processor's own copy, when it has an equal one, so that there is one in
// memory.
func (t *Tables) Shared(topic string, partition int32, key string, value []byte) []byte {
	if s := t.stores.Load(); s != nil {
		if own := s.get(topicPartition{topic, partition}, key); bytes.Equal(own, value) {
			return own
		}
	}
	return bytes.Clone(value)
}

// InMemory is the table of one partition as a processor would keep it: for
// tests of what tables cost.
func (t *Tables) InMemory(topic string, partition int32) storage.Storage {
	s := newStores()
	t.stores.Store(s)
	table, _ := s.build(topic, partition) // never an error
	return table
}

// tables is where a processor's tables come from.
type tables interface {
	build(topic string, partition int32) (storage.Storage, error)
	session(continuous bool)
}

// ProcessorOptions are the options of one goka.Processor; a second processor
// needs a second call. The topics, and TableTopic of a group with a table, must
// exist (EnsureTopics). A processor whose Run failed is not run again: make a
// new one, with new options, which reads its tables anew.
func ProcessorOptions(c Config, o GroupOptions) []goka.ProcessorOption {
	o = o.withDefaults()
	out := &outputs{}
	store, rebalanced := o.tables()
	return []goka.ProcessorOption{
		goka.WithClientID(c.ClientID),
		goka.WithLogger(gokaLog{o.Log}),
		goka.WithHasher(NewHasher),
		goka.WithContextWrapper(Guard(c.Partitions)),
		// A record without a value is undecodable, not absent: see Codec.
		goka.WithNilHandling(goka.NilDecode),
		goka.WithPartitionChannelSize(partitionChannel),
		goka.WithStorageBuilder(store.build),
		goka.WithRebalanceCallback(rebalanced),
		goka.WithConsumerGroupBuilder(consumerGroupBuilder(c, o, store, out)),
		goka.WithConsumerSaramaBuilder(c.consumerBuilder()),
		goka.WithProducerBuilder(out.open(c)),
		goka.WithTopicManagerBuilder(topicManagerBuilder(c)),
	}
}

func (o GroupOptions) tables() (tables, goka.RebalanceCallback) {
	store, rebalanced := o.ownTables()
	if o.OnAssigned == nil {
		return store, rebalanced
	}
	return store, func(a goka.Assignment) {
		rebalanced(a)
		o.OnAssigned(slices.Sorted(maps.Keys(a)))
	}
}

func (o GroupOptions) ownTables() (tables, goka.RebalanceCallback) {
	if o.StateDir == "" {
		s := newStores()
		if o.Tables != nil {
			o.Tables.stores.Store(s)
		}
		return s, s.retain
	}
	l := newLevelStores(o.StateDir, o.Group, o.TableID, o.Log)
	return l, func(goka.Assignment) {
		if err := l.clean(); err != nil {
			o.Log.Warn("clean state directory", "error", err)
		}
	}
}

// groupConfig bounds how long a rebalance waits for members by what this
// client waits for its answer, half of it to be safe: a client that gave up
// and asked again would begin the wait anew, for ever where a member that was
// killed while joining is never heard of again.
func groupConfig(c Config, o GroupOptions) *sarama.Config {
	s := c.saramaConfig()
	s.Consumer.Group.Session.Timeout = o.SessionTimeout
	s.Consumer.Group.Heartbeat.Interval = o.Heartbeat
	s.Consumer.Group.Rebalance.Timeout = min(o.SessionTimeout*3/2, s.Net.ReadTimeout/2)
	return s
}

func consumerGroupBuilder(c Config, o GroupOptions, t tables, out *outputs) goka.ConsumerGroupBuilder {
	return func(brokers []string, group, _ string) (sarama.ConsumerGroup, error) {
		inner, err := c.joinGroup(brokers, group, groupConfig(c, o))
		if err != nil {
			return nil, fmt.Errorf("join group %s: %w", group, err)
		}
		return &orderedGroup{ConsumerGroup: inner, log: o.Log, session: t.session, stopping: out.abort, grace: o.StopGrace}, nil
	}
}

func (c Config) joinGroup(brokers []string, group string, s *sarama.Config) (sarama.ConsumerGroup, error) {
	if c.Goka != nil {
		return c.Goka.Group(brokers, group, c.ClientID)
	}
	return sarama.NewConsumerGroup(brokers, group, s)
}

func (c Config) consumerBuilder() goka.SaramaConsumerBuilder {
	if c.Goka != nil {
		return c.Goka.Consumer
	}
	return goka.SaramaConsumerBuilderWithConfig(c.saramaConfig())
}

// topicManagerBuilder gives Goka its eyes on topics, but not its hands: what a
// topic is, EnsureTopics decides.
func topicManagerBuilder(c Config) goka.TopicManagerBuilder {
	t := goka.NewTopicManagerConfig()
	t.Table.Replication = int(c.Replication)
	t.Stream.Replication = int(c.Replication)
	t.MismatchBehavior = goka.TMConfigMismatchBehaviorFail
	t.NoCreate = true
	return func(brokers []string) (goka.TopicManager, error) {
		if c.Goka != nil {
			return c.Goka.Topics(brokers)
		}
		inner, err := goka.NewTopicManager(brokers, c.saramaConfig(), t)
		if err != nil {
			return nil, err
		}
		return topicManager{inner}, nil
	}
}

type topicManager struct{ goka.TopicManager }

// EnsureTableExists checks what the tables' correctness hangs on. Replicas are
// not part of it: an operator may be moving them.
func (m topicManager) EnsureTableExists(topic string, partitions int) error {
	found, err := m.Partitions(topic)
	if err != nil {
		return fmt.Errorf("find table topic %s: %w; create it with EnsureTopics(TableTopic(group)) first", topic, err)
	}
	if len(found) != partitions {
		return &MismatchError{topic, "partitions", fmt.Sprint(partitions), fmt.Sprint(len(found))}
	}
	return nil
}
