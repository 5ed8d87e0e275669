package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"askbuy/internal/wait"
)

// orderedGroup is the consumer group that Goka reads through. It differs from
// Sarama's in three ways:
//
//   - an offset is committed only when every earlier record of its partition is
//     done. Goka marks records as their outputs are acknowledged, in any order,
//     and Sarama keeps the greatest mark: a failure then skips the slow ones;
//   - a session is followed by the next at once, not after Goka's five seconds,
//     and a broker that is away is waited for, since it says nothing against
//     the records;
//   - table copies kept between sessions are dropped when another member may
//     have owned the partitions meanwhile.
type orderedGroup struct {
	sarama.ConsumerGroup
	log        *slog.Logger
	generation int32
	// session is called at the beginning of each session; continuous means
	// that nobody else can have owned a partition that this member had in its
	// last session and has now.
	session func(continuous bool)
	// stopping is called once, grace after the context ends, unless the group
	// is done by then: promises that wait for a dead broker must not hold
	// back a stop.
	stopping func()
	grace    time.Duration
}

// Consume blocks until ctx ends or Goka's handler fails.
func (g *orderedGroup) Consume(ctx context.Context, topics []string, handler sarama.ConsumerGroupHandler) error {
	defer g.stopAfterGrace(ctx)()
	for {
		h := &orderedHandler{group: g, inner: handler}
		err := g.ConsumerGroup.Consume(ctx, topics, h)
		failure := h.failure()
		switch {
		case failure != nil:
			return failure
		case ctx.Err() != nil:
			return nil
		case err == nil:
		case !transient(err):
			return err
		default:
			g.log.Warn("consumer group lost the broker; trying again", "error", err)
			if wait.For(ctx, rejoinBackoff) != nil {
				return nil
			}
		}
	}
}

const rejoinBackoff = time.Second

// transient is any failure but those that a later attempt meets again.
func transient(err error) bool {
	for _, final := range []error{
		sarama.ErrClosedConsumerGroup, sarama.ErrClosedClient,
		sarama.ErrGroupAuthorizationFailed, sarama.ErrTopicAuthorizationFailed, sarama.ErrClusterAuthorizationFailed,
		sarama.ErrSASLAuthenticationFailed, sarama.ErrUnsupportedSASLMechanism,
		sarama.ErrInconsistentGroupProtocol, sarama.ErrInvalidSessionTimeout, sarama.ErrInvalidGroupId,
	} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// stopAfterGrace returns what disarms it.
func (g *orderedGroup) stopAfterGrace(ctx context.Context) func() {
	done := make(chan struct{})
	var waiter sync.WaitGroup
	waiter.Go(func() {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		timer := time.NewTimer(g.grace)
		defer timer.Stop()
		select {
		case <-done:
		case <-timer.C:
			g.stopping()
		}
	})
	return func() { close(done); waiter.Wait() }
}

// entered is called at the beginning of each session.
func (g *orderedGroup) entered(generation int32) {
	g.session(g.generation == 0 || generation == g.generation+1)
	g.generation = generation
}

type orderedHandler struct {
	group    *orderedGroup
	inner    sarama.ConsumerGroupHandler
	session  *orderedSession
	mu       sync.Mutex
	failures []error
}

func (h *orderedHandler) Setup(s sarama.ConsumerGroupSession) error {
	h.group.entered(s.GenerationID())
	h.session = newOrderedSession(s)
	return h.note("set up session", h.inner.Setup(h.session))
}

func (h *orderedHandler) Cleanup(sarama.ConsumerGroupSession) error {
	return h.note("end session", h.inner.Cleanup(h.session))
}

// ConsumeClaim puts a goroutine between Sarama and Goka, because a channel is
// all that Goka reads: it notes each record before Goka can see it.
func (h *orderedHandler) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	claim := &orderedClaim{ConsumerGroupClaim: c, messages: make(chan *sarama.ConsumerMessage, partitionChannel)}
	left := make(chan struct{})
	var forwarder sync.WaitGroup
	forwarder.Go(func() { claim.forward(h.session.tracker(c.Topic(), c.Partition()), left) })
	err := h.inner.ConsumeClaim(h.session, claim)
	close(left)
	forwarder.Wait()
	return h.note(fmt.Sprintf("read partition %d of %s", c.Partition(), c.Topic()), err)
}

func (h *orderedHandler) note(doing string, err error) error {
	if err == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = append(h.failures, fmt.Errorf("%s: %w", doing, err))
	return err
}

// failure is what Goka's side of the session died of, if it did.
func (h *orderedHandler) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.failures...)
}

type orderedClaim struct {
	sarama.ConsumerGroupClaim
	messages chan *sarama.ConsumerMessage
}

func (c *orderedClaim) Messages() <-chan *sarama.ConsumerMessage { return c.messages }

func (c *orderedClaim) forward(t *tracker, left <-chan struct{}) {
	defer close(c.messages)
	for {
		select {
		case m, ok := <-c.ConsumerGroupClaim.Messages():
			if !ok {
				return
			}
			t.add(m.Offset)
			select {
			case c.messages <- m:
			case <-left:
				return
			}
		case <-left:
			return
		}
	}
}

type topicPartition struct {
	topic     string
	partition int32
}

type orderedSession struct {
	sarama.ConsumerGroupSession
	trackers map[topicPartition]*tracker
}

func newOrderedSession(s sarama.ConsumerGroupSession) *orderedSession {
	o := &orderedSession{s, map[topicPartition]*tracker{}}
	for topic, partitions := range s.Claims() {
		for _, p := range partitions {
			o.trackers[topicPartition{topic, p}] = &tracker{}
		}
	}
	return o
}

func (s *orderedSession) tracker(topic string, partition int32) *tracker {
	return s.trackers[topicPartition{topic, partition}]
}

// MarkOffset is given the offset after the record that is done.
func (s *orderedSession) MarkOffset(topic string, partition int32, next int64, metadata string) {
	if unordered {
		s.ConsumerGroupSession.MarkOffset(topic, partition, next, metadata)
		return
	}
	if next, grew := s.tracker(topic, partition).done(next - 1); grew {
		s.ConsumerGroupSession.MarkOffset(topic, partition, next, metadata)
	}
}

// MarkMessage is MarkOffset in other words.
func (s *orderedSession) MarkMessage(m *sarama.ConsumerMessage, metadata string) {
	s.MarkOffset(m.Topic, m.Partition, m.Offset+1, metadata)
}
