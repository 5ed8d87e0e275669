package conversation

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/lovoo/goka"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// Group is the consumer group's name, without prefix; its table has the
// states.
const Group = "reply"

// Topics lists what the group reads, without prefix.
func Topics() []string {
	return []string{event.TopicMessages, event.TopicReplies, event.TopicHandoffs, event.TopicErasures}
}

var (
	rawCodec     = kafka.NewCodec(same, same)
	erasureCodec = kafka.NewCodec(
		func(e *event.Erasure) ([]byte, error) { return json.Marshal(e) },
		func(b []byte) (e *event.Erasure, err error) { return e, json.Unmarshal(b, &e) })
)

func same(b []byte) ([]byte, error) { return b, nil }

const visitIdle = "let go of conversations that are over"

func (b *Book) graph() *goka.GroupGraph {
	stream := func(topic string) goka.Stream { return goka.Stream(b.config.Kafka.Name(topic)) }
	return goka.DefineGroup(goka.Group(b.config.Kafka.Name(Group)),
		goka.Input(stream(event.TopicMessages), rawCodec, b.onEvent),
		goka.Input(stream(event.TopicReplies), rawCodec, b.onEvent),
		goka.Input(stream(event.TopicHandoffs), rawCodec, b.onEvent),
		goka.Input(stream(event.TopicErasures), erasureCodec, b.onErasure),
		goka.Visitor(visitIdle, b.onVisit),
		goka.Persist(kafka.NewCodec(b.lately.encode, b.lately.decode)))
}

// What became of a record. The set is closed.
const (
	recordKept       = "kept"
	recordElsewhere  = "elsewhere"  // of a channel that is not answered here
	recordErased     = "erased"     // its shopper's
	recordUnreadable = "unreadable" // the sink sets it aside
)

// onEvent folds an event into its shopper's state. One that cannot be read is
// only counted: the sink has it in the dead letters.
func (b *Book) onEvent(ctx goka.Context, record any) {
	e, outcome := b.open(ctx, record)
	if outcome == recordKept {
		state := b.table(ctx)
		if state.Apply(e) {
			ctx.SetValue(state) // changed or not: a change that was not acknowledged is told again
		} else {
			outcome = recordElsewhere
		}
	}
	b.metrics.records.WithLabelValues(outcome).Inc()
}

// ours is in every message of the channel, as event.Encode writes it.
var ours = []byte(`"channel":"` + Channel + `"`)

func (b *Book) open(ctx goka.Context, record any) (e *event.Event, outcome string) {
	value, ok := record.([]byte)
	if !ok {
		return nil, recordUnreadable
	}
	if strings.HasSuffix(string(ctx.Topic()), event.TopicMessages) && !bytes.Contains(value, ours) {
		return nil, recordElsewhere
	}
	headers := make([]event.Header, 0, 8) // more than there are
	for key, value := range ctx.Headers() {
		headers = append(headers, event.Header{Key: key, Value: value})
	}
	e, err := openSafely(headers, value)
	switch {
	case err != nil || e.Key() != ctx.Key():
		return nil, recordUnreadable
	case b.deps.Erased != nil && b.deps.Erased.EventGone(e):
		return nil, recordErased
	}
	return e, recordKept
}

func openSafely(headers []event.Header, value []byte) (e *event.Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read event: panic: %v\n%s", r, debug.Stack())
		}
	}()
	e, _, err = event.Open(headers, value)
	return e, err
}

// onErasure forgets a shopper. Erasures of orders are not of this group.
func (b *Book) onErasure(ctx goka.Context, record any) {
	e, ok := record.(*event.Erasure)
	if !ok || e.OrderID != "" || e.Key() != ctx.Key() {
		return
	}
	b.metrics.records.WithLabelValues(recordErased).Inc()
	state, known := ctx.Value().(*State)
	switch {
	case known && state.Erase(e.UpTo):
		ctx.SetValue(state)
	default:
		ctx.Delete() // told again when it was: the word may not have been acknowledged
	}
}

// onVisit lets go of what is of no use any more.
func (b *Book) onVisit(ctx goka.Context, now any) {
	if state, ok := ctx.Value().(*State); ok && state.Idle(now.(int64)) {
		ctx.Delete()
	}
}

// table is the state at the record's key, new when there is none. One that
// cannot be read stops the group: a handoff may stand in it.
func (b *Book) table(ctx goka.Context) *State {
	switch v := ctx.Value().(type) {
	case *State:
		return v
	case *kafka.Poison:
		ctx.Fail(fmt.Errorf("read a conversation in partition %d: %w; a newer version wrote it or it is damaged: run that version, or choose another prefix", ctx.Partition(), v.Err))
	}
	return &State{}
}

func (b *Book) runGroup(ctx context.Context) error {
	processor, err := goka.NewProcessor(b.config.Kafka.Brokers, b.graph(), kafka.ProcessorOptions(b.config.Kafka.Gathering(gather), kafka.GroupOptions{
		Group: b.config.Kafka.Name(Group), StateDir: b.config.StateDir, TableID: b.config.TableID,
		SessionTimeout: b.config.SessionTimeout, Heartbeat: b.config.Heartbeat,
		OnAssigned: b.assign, Tables: &b.tables, Log: b.deps.Log,
	})...)
	if err != nil {
		return fmt.Errorf("create group %s: %w", Group, err)
	}
	b.running.Store(processor)
	defer b.running.Store(nil)
	if err := processor.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run group %s: %w", Group, kafka.HideKeys(err))
	}
	return nil
}

// assign notes which partitions this member has: their packages are its to
// post.
func (b *Book) assign(partitions []int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owned = map[int32]bool{}
	for _, p := range partitions {
		b.owned[p] = true
	}
	b.changed.tell()
}

// tidy lets go of conversations that are over, those of this member's
// partitions. A visit that a rebalance cuts short is made again the next time.
func (b *Book) tidy(ctx context.Context) error {
	for wait.For(ctx, b.config.TidyEvery) == nil {
		if processor := b.running.Load(); processor != nil && processor.Recovered() {
			if err := processor.VisitAll(ctx, visitIdle, b.deps.Now().UnixMilli()); err != nil && ctx.Err() == nil {
				b.deps.Log.Debug("conversations that are over are let go later", "error", kafka.HideKeys(err))
			}
		}
	}
	return nil
}
