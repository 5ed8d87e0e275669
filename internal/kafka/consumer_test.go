package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func consumerRig(t *testing.T, partitions int32) (kafka.Config, *kfake.Cluster) {
	t.Helper()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, partitions)
	kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("in"), Retention: time.Hour})
	return c, cluster
}

func consumer(t *testing.T, c kafka.Config, o kafka.ConsumerOptions) *kafka.Consumer {
	t.Helper()
	o.Group, o.Topics, o.Heartbeat = c.Name("g"), []string{c.Name("in")}, 20*time.Millisecond
	consumer, err := kafka.NewConsumer(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(consumer.Close)
	return consumer
}

func poll(t *testing.T, c *kafka.Consumer, max int) kafka.Batch {
	t.Helper()
	batch, err := c.Poll(kafkatest.Context(t), max)
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// A batch that is not committed comes again, one that is does not.
func TestConsumerCommitsWhatItPolled(t *testing.T) {
	t.Parallel()
	c, _ := consumerRig(t, 1)
	kafkatest.Produce(t, c, inputs(c, 0, 10, 3)...)
	first := consumer(t, c, kafka.ConsumerOptions{})
	batch := poll(t, first, 4)
	if batch.Len() != 4 || len(batch) != 1 || batch[0].Topic != c.Name("in") || string(batch[0].Records[3].Value) != "m3" || batch[0].Records[3].Offset != 3 {
		t.Fatalf("polled %+v", batch)
	}
	if err := first.Commit(kafkatest.Context(t), batch); err != nil {
		t.Fatal(err)
	}
	first.AllowRebalance()
	uncommitted := poll(t, first, 3)
	first.AllowRebalance()
	if n := committed(t, c); n != 4 {
		t.Fatalf("committed %d, want 4", n)
	}
	first.Close()

	second := consumer(t, c, kafka.ConsumerOptions{})
	again := poll(t, second, 3)
	second.AllowRebalance()
	if again[0].Records[0].Offset != 4 || uncommitted[0].Records[0].Offset != 4 {
		t.Errorf("polled %d, then again %d, want 4 and 4", uncommitted[0].Records[0].Offset, again[0].Records[0].Offset)
	}
}

// A batch of before a rebalance may not set back what the new owner committed.
func TestConsumerDoesNotCommitWhatMoved(t *testing.T) {
	t.Parallel()
	c, cluster := consumerRig(t, 2)
	kafkatest.Produce(t, c, inputs(c, 0, 40, 10)...)
	revoked, assigned := make(chan map[string][]int32, 9), make(chan map[string][]int32, 9)
	first := consumer(t, c, kafka.ConsumerOptions{
		OnRevoked:  func(_ context.Context, ps map[string][]int32) { revoked <- ps },
		OnAssigned: func(_ context.Context, ps map[string][]int32) { assigned <- ps },
	})
	var old kafka.Batch
	for old.Len() < 40 {
		old = append(old, poll(t, first, 40)...)
	}
	if ps := <-assigned; len(ps[c.Name("in")]) != 2 {
		t.Fatalf("assigned %v", ps)
	}
	first.AllowRebalance()
	second := consumer(t, c, kafka.ConsumerOptions{})
	moved := int32(-1)
	select {
	case ps := <-revoked:
		moved = ps[c.Name("in")][0]
	case <-kafkatest.Context(t).Done():
		t.Fatal("nothing was revoked")
	}
	taken := poll(t, second, 1)
	if taken[0].Partition != moved || taken[0].Records[0].Offset != 0 {
		t.Fatalf("second polled %+v", taken)
	}
	if err := second.Commit(kafkatest.Context(t), taken); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.WaitGroupStable(kafkatest.Context(t), c.Name("g"), 2); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(kafkatest.Context(t), old); err != nil {
		t.Fatal(err)
	}
	commits := cluster.GroupInfo(c.Name("g")).Commits[c.Name("in")]
	if commits[moved].Offset != 1 {
		t.Errorf("partition %d moved, its commit is %d, want the new owner's 1", moved, commits[moved].Offset)
	}
	if stayed := commits[1-moved].Offset; stayed == 0 {
		t.Errorf("partition %d stayed and was not committed", 1-moved)
	}
}

func TestConsumerPollEnds(t *testing.T) {
	t.Parallel()
	c, _ := consumerRig(t, 1)
	one := consumer(t, c, kafka.ConsumerOptions{})
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("told to")
	cancel(reason)
	if _, err := one.Poll(ctx, 1); !errors.Is(err, reason) {
		t.Errorf("ended context: %v", err)
	}
	one.Close()
	if _, err := one.Poll(kafkatest.Context(t), 1); !errors.Is(err, kafka.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestConsumerCommitFails(t *testing.T) {
	t.Parallel()
	c, cluster := consumerRig(t, 1)
	kafkatest.Produce(t, c, inputs(c, 0, 1, 1)...)
	one := consumer(t, c, kafka.ConsumerOptions{})
	batch := poll(t, one, 1)
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.GroupAuthorizationFailed})
	if err := one.Commit(kafkatest.Context(t), batch); !errors.Is(err, kafka.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if err := one.Commit(kafkatest.Context(t), batch); err != nil || committed(t, c) != 1 {
		t.Errorf("again: %v, committed %d", err, committed(t, c))
	}
	one.AllowRebalance()
}

// Records survive an outage between poll and commit.
func TestConsumerWaitsOutAnOutage(t *testing.T) {
	t.Parallel()
	c, _ := consumerRig(t, 1)
	kafkatest.Produce(t, c, inputs(c, 0, 2, 1)...)
	w := &wire{}
	flaky := c
	flaky.Dial = w.dial
	one := consumer(t, flaky, kafka.ConsumerOptions{})
	batch := poll(t, one, 1)
	w.cut()
	ctx, cancel := context.WithCancel(kafkatest.Context(t))
	cancel()
	if err := one.Commit(ctx, batch); err == nil {
		t.Error("committed without a wire")
	}
	w.mend()
	if err := one.Commit(kafkatest.Context(t), batch); err != nil {
		t.Error(err)
	}
	one.AllowRebalance()
	if next := poll(t, one, 1); next[0].Records[0].Offset != 1 {
		t.Errorf("next is %d", next[0].Records[0].Offset)
	}
	one.AllowRebalance()
}

func TestConsumerNeedsGroupAndTopics(t *testing.T) {
	t.Parallel()
	c := kafkatest.Config([]string{"127.0.0.1:1"}, 1)
	for _, o := range []kafka.ConsumerOptions{{}, {Group: "g"}, {Topics: []string{"in"}}} {
		if _, err := kafka.NewConsumer(c, o); err == nil {
			t.Errorf("%+v passed", o)
		}
	}
	c.Partitions = 0
	if _, err := kafka.NewConsumer(c, kafka.ConsumerOptions{Group: "g", Topics: []string{"in"}}); err == nil {
		t.Error("an invalid configuration passed")
	}
}

func TestLagFallsToZero(t *testing.T) {
	t.Parallel()
	c, _ := consumerRig(t, 3)
	kafkatest.Produce(t, c, inputs(c, 0, 30, 10)...)
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	one := consumer(t, c, kafka.ConsumerOptions{})
	for done := 0; done < 30; {
		lag, err := a.Lag(kafkatest.Context(t), c.Name("g"), c.Name("in"))
		if err != nil || lag[c.Name("in")] != int64(30-done) {
			t.Fatalf("lag %v (%v), want %d", lag, err, 30-done)
		}
		batch := poll(t, one, 7)
		if err := one.Commit(kafkatest.Context(t), batch); err != nil {
			t.Fatal(err)
		}
		one.AllowRebalance()
		done += batch.Len()
	}
	if lag, err := a.Lag(kafkatest.Context(t), c.Name("g"), c.Name("in")); err != nil || lag[c.Name("in")] != 0 {
		t.Errorf("lag %v (%v)", lag, err)
	}
}
