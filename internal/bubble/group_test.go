//go:build synctests

package bubble

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/kafka"
)

// reader is what Goka reads with in the bubble: Sarama's interfaces on
// franz-go. Goka itself, the ordered commits, the tables and the outputs are
// the real ones.
func reader(config kafka.Config) *kafka.GokaClients {
	return &kafka.GokaClients{
		Group: func(_ []string, name, _ string) (sarama.ConsumerGroup, error) {
			return &group{config: config, name: name, errs: make(chan error)}, nil
		},
		Consumer: newTables(config),
		Topics:   newTopics(config),
	}
}

// group is a consumer group of one member.
type group struct {
	sarama.ConsumerGroup // pausing is nothing that Goka does
	config               kafka.Config
	name                 string
	errs                 chan error
}

func (g *group) Errors() <-chan error { return g.errs }

func (g *group) Close() error {
	close(g.errs)
	return nil
}

// Consume is one session: from the assignment of partitions until they are
// taken away, the handler gives up or ctx ends.
func (g *group) Consume(ctx context.Context, topics []string, handler sarama.ConsumerGroupHandler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	assigned, ended := make(chan map[string][]int32, 1), make(chan struct{})
	var end sync.Once
	over := func() { end.Do(func() { close(ended) }) }
	defer over()
	takenAway := func(context.Context, *kgo.Client, map[string][]int32) {
		cancel()
		<-ended
	}
	client, err := kgo.NewClient(append(g.config.ClientOptions(),
		kgo.ConsumerGroup(g.name), kgo.ConsumeTopics(topics...), kgo.DisableAutoCommit(), kgo.Balancers(kgo.RangeBalancer()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(10*time.Second), kgo.HeartbeatInterval(time.Second),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, claims map[string][]int32) { assigned <- claims }),
		kgo.OnPartitionsRevoked(takenAway), kgo.OnPartitionsLost(takenAway))...)
	if err != nil {
		return err
	}
	defer client.Close()
	defer over()
	select {
	case claims := <-assigned:
		return newSession(ctx, cancel, client, claims).run(handler)
	case <-ctx.Done():
		return nil
	}
}

// session is what a handler sees of the group.
type session struct {
	ctx    context.Context
	cancel context.CancelFunc
	client *kgo.Client
	owned  map[string][]int32
	claims map[place]*claim

	mu     sync.Mutex
	marked map[string]map[int32]kgo.EpochOffset
}

type place struct {
	topic     string
	partition int32
}

func newSession(ctx context.Context, cancel context.CancelFunc, client *kgo.Client, owned map[string][]int32) *session {
	s := &session{ctx: ctx, cancel: cancel, client: client, owned: owned, claims: map[place]*claim{}, marked: map[string]map[int32]kgo.EpochOffset{}}
	for topic, partitions := range owned {
		for _, p := range partitions {
			s.claims[place{topic, p}] = &claim{place: place{topic, p}, messages: make(chan *sarama.ConsumerMessage)}
		}
	}
	return s
}

func (s *session) run(handler sarama.ConsumerGroupHandler) error {
	defer s.cancel()
	if err := handler.Setup(s); err != nil {
		return errors.Join(err, handler.Cleanup(s))
	}
	var loops, claims sync.WaitGroup
	loops.Go(s.poll)
	loops.Go(s.commitNowAndThen)
	for _, c := range s.claims {
		claims.Go(func() {
			_ = handler.ConsumeClaim(s, c) // the handler remembers
			s.cancel()
		})
	}
	claims.Wait()
	loops.Wait()
	err := handler.Cleanup(s)
	s.Commit()
	return err
}

// poll gives every partition's records to its claim, and closes the claims.
// franz-go goes back when it cannot tell whether a new leader has all that the
// old one had; Sarama does not, and within a session offsets only rise.
func (s *session) poll() {
	defer func() {
		for _, c := range s.claims {
			close(c.messages)
		}
	}()
	for s.ctx.Err() == nil {
		s.client.PollFetches(s.ctx).EachRecord(func(r *kgo.Record) {
			c := s.claims[place{r.Topic, r.Partition}]
			if r.Offset < c.next {
				return
			}
			select {
			case c.messages <- message(r):
				c.next = r.Offset + 1
			case <-s.ctx.Done():
			}
		})
	}
}

const commitEvery = 200 * time.Millisecond

func (s *session) commitNowAndThen() {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.Commit()
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *session) Claims() map[string][]int32 { return s.owned }
func (s *session) Context() context.Context   { return s.ctx }

func (s *session) MemberID() string {
	id, _ := s.client.GroupMetadata()
	return id
}

func (s *session) GenerationID() int32 {
	_, generation := s.client.GroupMetadata()
	return generation
}

// MarkOffset keeps the greatest mark, as Sarama does.
func (s *session) MarkOffset(topic string, partition int32, offset int64, _ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marked[topic] == nil {
		s.marked[topic] = map[int32]kgo.EpochOffset{}
	}
	if offset > s.marked[topic][partition].Offset {
		s.marked[topic][partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
	}
}

func (s *session) MarkMessage(m *sarama.ConsumerMessage, metadata string) {
	s.MarkOffset(m.Topic, m.Partition, m.Offset+1, metadata)
}

func (s *session) ResetOffset(string, int32, int64, string) { panic("Goka does not reset offsets") }

// Commit commits what is marked; what fails is committed by the next one.
func (s *session) Commit() {
	s.mu.Lock()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for topic, partitions := range s.marked {
		offsets[topic] = map[int32]kgo.EpochOffset{}
		for p, o := range partitions {
			offsets[topic][p] = o
		}
	}
	s.mu.Unlock()
	if len(offsets) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Second)
	defer cancel()
	s.client.CommitOffsetsSync(ctx, offsets, nil)
}

type claim struct {
	place
	messages chan *sarama.ConsumerMessage
	next     int64 // offset, of the poll alone
}

func (c *claim) Topic() string                            { return c.topic }
func (c *claim) Partition() int32                         { return c.partition }
func (c *claim) InitialOffset() int64                     { return -1 }
func (c *claim) HighWaterMarkOffset() int64               { return -1 }
func (c *claim) Messages() <-chan *sarama.ConsumerMessage { return c.messages }

func message(r *kgo.Record) *sarama.ConsumerMessage {
	m := &sarama.ConsumerMessage{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value, Timestamp: r.Timestamp}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, &sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
	}
	return m
}
