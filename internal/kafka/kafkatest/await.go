package kafkatest

import (
	"context"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Committed waits until a group has committed n records of a topic, summed
// over partitions.
func Committed(t testing.TB, c kafka.Config, group, topic string, n int64) {
	t.Helper()
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatalf("create admin: %v", err)
	}
	defer a.Close()
	Await(t, "commits", func(ctx context.Context) (bool, error) {
		offsets, err := a.CommittedOffsets(ctx, c.Name(group))
		var sum int64
		for _, offset := range offsets[c.Name(topic)] {
			sum += offset
		}
		return sum >= n, err
	})
}

// Members waits until a group is stable with n members, and returns how many
// partitions each has.
func Members(t testing.TB, c kafka.Config, group string, n int) (assigned []int) {
	t.Helper()
	admin := admin(t, c)
	Await(t, "members", func(ctx context.Context) (bool, error) {
		groups, err := admin.DescribeGroups(ctx, c.Name(group))
		g := groups[c.Name(group)]
		assigned = nil
		for _, m := range g.Members {
			partitions := 0
			if a, ok := m.Assigned.AsConsumer(); ok {
				for _, topic := range a.Topics {
					partitions += len(topic.Partitions)
				}
			}
			assigned = append(assigned, partitions)
		}
		return len(g.Members) == n && (n == 0 || g.State == "Stable"), err
	})
	return assigned
}

// Alter changes a topic's settings.
func Alter(t testing.TB, c kafka.Config, topic string, settings map[string]string) {
	t.Helper()
	var alter []kadm.AlterConfig
	for key, value := range settings {
		alter = append(alter, kadm.AlterConfig{Name: key, Value: &value})
	}
	answers, err := admin(t, c).AlterTopicConfigs(Context(t), alter, topic)
	if err == nil {
		err = answers[0].Err
	}
	if err != nil {
		t.Fatalf("alter topic %s: %v", topic, err)
	}
}

// Await asks until something is so. An error is one more no, and is told when
// patience ends.
func Await(t testing.TB, what string, so func(context.Context) (bool, error)) {
	t.Helper()
	ctx := Context(t)
	for {
		ok, err := so(ctx)
		if ok && err == nil {
			return
		}
		if ended := wait.For(ctx, 20*time.Millisecond); ended != nil {
			t.Fatalf("wait for %s: %v (%v)", what, ended, err)
		}
	}
}
