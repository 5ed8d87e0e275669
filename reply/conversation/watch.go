package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// How nothing of the bot's comes after a takeover: every replica reads the
// handoffs as they are recorded, and notes, with its own clock, the last time
// at which it had read all that was recorded by then. It lets the bot speak
// only while that time is at most MaxStale ago, and each time reads the state
// after it has looked. A takeover is recorded first and then waits for MaxStale
// and for what a reply takes to leave: whoever speaks later has read it. Only
// spans of time are compared, so that clocks may differ; a replica that is cut
// off from the broker falls silent by itself.

// ErrStale says that this replica cannot know whether a person has the
// conversation.
var ErrStale = errors.New("handoffs that were just recorded may not be known here: is the broker up?")

// watch keeps the time at which everything recorded by then was read.
func (b *Book) watch(ctx context.Context) error {
	tick := time.NewTicker(b.config.LookEvery)
	defer tick.Stop()
	for {
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			b.deps.Log.Debug("cannot look where the handoffs end", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.nudge:
		case <-tick.C:
		}
	}
}

func (b *Book) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.MaxStale)
	defer cancel()
	asked := b.deps.Now()
	topic := b.config.Kafka.Name(event.TopicHandoffs)
	ends, err := b.deps.Offsets.EndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	if err := b.read.await(ctx, ends[topic]); err != nil {
		return fmt.Errorf("read handoffs: %w", err)
	}
	b.fresh.set(asked)
	return nil
}

// onHandoff takes a step in before the group has it in the table.
func (b *Book) onHandoff(_ string, r kafka.Fetched) {
	if b.hold != nil {
		b.hold()
	}
	headers := make([]event.Header, len(r.Headers))
	for n, h := range r.Headers {
		headers[n] = event.Header{Key: h.Key, Value: h.Value}
	}
	if e, err := openSafely(headers, r.Value); err == nil && e.Key() == string(r.Key) {
		b.mu.Lock()
		b.steps[string(r.Key)] = append(b.steps[string(r.Key)], e)
		b.mu.Unlock()
		b.changed.tell()
	}
	b.read.read(r.Partition, r.Offset) // after it was taken in
}

// MaySpeak says whether a reply of the bot's may be sent now: it has to leave
// within SendGrace. Where that cannot be known it waits, until ctx ends.
func (b *Book) MaySpeak(ctx context.Context, s event.Shopper) (bool, error) {
	err := b.fresh.await(ctx, func(at time.Time) bool { return b.deps.Now().Sub(at) <= b.config.MaxStale })
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrStale, err)
	}
	if !b.wasHanded(s.Key()) {
		return true, nil
	}
	mode, _ := b.State(s).Mode()
	return mode != turn.ModeHuman, nil
}

// wasHanded spares most questions the reading of a state.
func (b *Book) wasHanded(key string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.handed[key] || len(b.steps[key]) > 0
}

// Settle waits until this replica knows all that was recorded before the call,
// or ctx ends.
func (b *Book) Settle(ctx context.Context) error {
	since := b.deps.Now()
	select {
	case b.nudge <- struct{}{}:
	default: // it is about to look
	}
	if err := b.fresh.await(ctx, func(at time.Time) bool { return !at.Before(since) }); err != nil {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	return nil
}

// Quiet waits until no replica that does not know of what this one knows lets
// the bot speak, or ctx ends.
func (b *Book) Quiet(ctx context.Context) error {
	if skipQuiet {
		return nil
	}
	return wait.For(ctx, b.config.MaxStale+b.config.SendGrace)
}
