package pipeline

import (
	"context"
	"fmt"
	"time"

	"askbuy/internal/kafka"
)

// Between two looks at the groups' offsets, and for how long a group may stand
// still while others wait for it.
const (
	offsetsEvery = 100 * time.Millisecond
	standstill   = 2 * time.Minute
)

// passage waits for groups to go on.
type passage struct {
	kafka kafka.Config
	admin *kafka.Admin
	now   func() time.Time
	pause func(ctx context.Context, d time.Duration) error
}

// passed waits until a group has committed all that is in its topics now.
func (p passage) passed(ctx context.Context, group string, topics ...string) error {
	ends, err := p.ends(ctx, topics...)
	if err != nil {
		return err
	}
	return p.reached(ctx, group, ends)
}

// ends are the end offsets of topics, which are named without prefix.
func (p passage) ends(ctx context.Context, topics ...string) (kafka.Offsets, error) {
	names := make([]string, len(topics))
	for n, topic := range topics {
		names[n] = p.kafka.Name(topic)
	}
	return p.admin.EndOffsets(ctx, names...)
}

// reached waits until a group has committed all that is before these ends.
func (p passage) reached(ctx context.Context, group string, ends kafka.Offsets) error {
	starts, err := p.admin.StartOffsets(ctx, sortedKeys(ends)...)
	if err != nil {
		return err
	}
	left, moved := int64(-1), p.now()
	for {
		committed, err := p.admin.CommittedOffsets(ctx, p.kafka.Name(group))
		if err != nil {
			return err
		}
		switch n := recordsBefore(starts, committed, ends); {
		case n == 0:
			return nil
		case n != left:
			left, moved = n, p.now()
		case p.now().Sub(moved) > standstill:
			return fmt.Errorf("group %s has not gone on for %v, %d records before the point to wait for: see that its role runs and that its log is clean", group, standstill, n)
		}
		if err := p.pause(ctx, offsetsEvery); err != nil {
			return err
		}
	}
}

// recordsBefore counts the records that are yet to be committed before the ends.
func recordsBefore(starts, committed, ends kafka.Offsets) (n int64) {
	for topic, partitions := range ends {
		for partition, end := range partitions {
			n += max(0, end-max(starts[topic][partition], committed[topic][partition]))
		}
	}
	return n
}
