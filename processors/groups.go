package processors

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lovoo/goka"

	"askbuy/internal/crash"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// The codecs of the topics. Raw records are read in the callback, because
// what they mean stands in their headers too.
var (
	rawCodec     = kafka.NewCodec(identity, identity)
	entryCodec   = kafka.NewCodec(encodeJSON[*event.Entry], event.DecodeEntry)
	scoreCodec   = kafka.NewCodec(encodeJSON[*event.MessageScore], decodeJSON[*event.MessageScore])
	touchesCodec = kafka.NewCodec(encodeJSON[*event.OrderTouches], decodeJSON[*event.OrderTouches])
	repairCodec  = kafka.NewCodec(encodeJSON[*event.Repair], decodeJSON[*event.Repair])
	letterCodec  = kafka.NewCodec(encodeJSON[*event.DeadLetter], decodeJSON[*event.DeadLetter])
	erasureCodec = kafka.NewCodec(encodeJSON[*event.Erasure], decodeJSON[*event.Erasure])
	orderCodec   = kafka.NewCodec(encodeJSON[*orderState], decodeJSON[*orderState])
	journeyCodec = kafka.NewCodec(encodeJSON[*journey], decodeJSON[*journey])
)

func identity(b []byte) ([]byte, error) { return b, nil }

func (p *Processors) stream(topic string) goka.Stream {
	return goka.Stream(p.config.Kafka.Name(topic))
}

func (p *Processors) group(name string) goka.Group { return goka.Group(p.config.Kafka.Name(name)) }

func (p *Processors) scoreGroup() *goka.GroupGraph {
	return goka.DefineGroup(p.group(GroupScore),
		goka.Input(p.stream(event.TopicMessages), rawCodec, p.onScorable),
		goka.Input(p.stream(event.TopicBehaviors), rawCodec, p.onScorable),
		goka.Output(p.stream(event.TopicJourney), entryCodec),
		goka.Output(p.stream(event.TopicDeadLetters), letterCodec))
}

func (p *Processors) ordersGroup() *goka.GroupGraph {
	return goka.DefineGroup(p.group(GroupOrders),
		goka.Input(p.stream(event.TopicOrders), rawCodec, p.onOrder),
		goka.Input(p.stream(event.TopicErasures), erasureCodec, p.onErasure),
		goka.Output(p.stream(event.TopicJourney), entryCodec),
		goka.Output(p.stream(event.TopicDeadLetters), letterCodec),
		goka.Persist(orderCodec))
}

func (p *Processors) journeyGroup() *goka.GroupGraph {
	return goka.DefineGroup(p.group(GroupJourney),
		goka.Input(p.stream(event.TopicJourney), entryCodec, p.onEntry),
		goka.Output(p.stream(event.TopicMessageScores), scoreCodec),
		goka.Output(p.stream(event.TopicTouches), touchesCodec),
		goka.Output(p.stream(event.TopicRepairs), repairCodec),
		goka.Output(p.stream(event.TopicDeadLetters), letterCodec),
		goka.Persist(journeyCodec))
}

// onScorable hands a message or a behaviour on to its shopper's journey.
func (p *Processors) onScorable(ctx goka.Context, record any) {
	p.metrics.records.WithLabelValues(GroupScore).Inc()
	e, raw, ok := p.open(ctx, record)
	if !ok || p.gone(e) {
		return
	}
	model, err := scorerOf(ctx.Context(), p.deps.Models, e)
	if err != nil {
		ctx.Fail(fmt.Errorf("find the model in force: %w", err))
	}
	entry, err := safely(func() (*event.Entry, error) { return scoreEvent(model, e, raw) })
	if err != nil {
		p.bury(ctx, record, err)
		return
	}
	p.emit(ctx, event.TopicJourney, ctx.Key(), entry)
}

// onOrder folds an order's event and says what the order came to.
func (p *Processors) onOrder(ctx goka.Context, record any) {
	p.metrics.records.WithLabelValues(GroupOrders).Inc()
	e, raw, ok := p.open(ctx, record)
	if !ok || p.gone(e) {
		return
	}
	state := table[orderState](ctx)
	snapshots, err := safely(func() ([]event.OrderSnapshot, error) {
		if e.Type != event.TypeOrder {
			return nil, fmt.Errorf("a %s is no event of an order", e.Type)
		}
		return state.apply(e, raw, p.position(ctx)), nil
	})
	if err != nil {
		p.bury(ctx, record, err)
		return
	}
	ctx.SetValue(state)
	crash.At(crash.OrderSet)
	p.sendSnapshots(ctx, snapshots)
}

// sendSnapshots says what an order came to in the journey of each user.
func (p *Processors) sendSnapshots(ctx goka.Context, snapshots []event.OrderSnapshot) {
	for i := range snapshots {
		o := &snapshots[i]
		p.emit(ctx, event.TopicJourney, event.Key(o.ShopID, o.UserID), &event.Entry{Order: o})
	}
}

// onEntry folds an entry into its shopper's journey and says its rows.
func (p *Processors) onEntry(ctx goka.Context, record any) {
	p.metrics.records.WithLabelValues(GroupJourney).Inc()
	entry, ok := record.(*event.Entry)
	switch {
	case !ok:
		p.bury(ctx, record, nil)
		return
	case entry.Shopper().Key() != ctx.Key():
		p.bury(ctx, record, errForeignKey)
		return
	}
	state := table[journey](ctx)
	if err := p.deps.Models.Know(ctx.Context(), modelsOf(state, entry)); err != nil {
		ctx.Fail(fmt.Errorf("look up the models of a journey: %w", err))
	}
	out, err := safely(func() (output, error) { return p.join.apply(state, entry, p.version(ctx)), nil })
	if err != nil {
		p.bury(ctx, record, err)
		return
	}
	if entry.Erasure != nil && state.empty() {
		ctx.Delete()
	} else {
		ctx.SetValue(state)
	}
	crash.At(crash.JourneySet)
	for i := range out.Scores {
		p.emit(ctx, event.TopicMessageScores, ctx.Key(), &out.Scores[i])
	}
	for i := range out.Touches {
		p.emit(ctx, event.TopicTouches, ctx.Key(), &out.Touches[i])
	}
	if out.Repair != nil {
		p.metrics.repairs.WithLabelValues("asked").Inc()
		p.emit(ctx, event.TopicRepairs, ctx.Key(), out.Repair)
	}
}

var errForeignKey = errors.New("record's key is not its content's")

// open reads a raw record and the position of the copy that it is: its own,
// unless it tells a fact again. What cannot be read is buried.
func (p *Processors) open(ctx goka.Context, record any) (*event.Event, event.Position, bool) {
	value, ok := record.([]byte)
	if !ok {
		p.bury(ctx, record, nil)
		return nil, 0, false
	}
	raw := p.position(ctx)
	e, err := safely(func() (*event.Event, error) {
		e, v, err := event.Open(headers(ctx), value)
		if err == nil && e.Key() != ctx.Key() {
			err = errForeignKey
		}
		if err == nil && v.First != nil {
			raw = *v.First
		}
		return e, err
	})
	if err != nil {
		p.bury(ctx, record, err)
		return nil, 0, false
	}
	return e, raw, true
}

func headers(ctx goka.Context) []event.Header {
	var list []event.Header
	for key, value := range ctx.Headers() {
		list = append(list, event.Header{Key: key, Value: value})
	}
	return list
}

// topic is the topic of the record at hand, without prefix.
func (p *Processors) topic(ctx goka.Context) string {
	return strings.TrimPrefix(string(ctx.Topic()), p.config.Kafka.Prefix)
}

func (p *Processors) position(ctx goka.Context) event.Position {
	return event.At(p.config.Epochs[p.topic(ctx)], ctx.Offset())
}

var schemaHeader = goka.WithCtxEmitHeaders(goka.Headers{event.HeaderSchema: []byte(event.Version)})

func (p *Processors) emit(ctx goka.Context, topic, key string, value any) {
	p.metrics.rows.WithLabelValues(topic).Inc()
	ctx.Emit(p.stream(topic), key, value, schemaHeader)
}

// table is the state at the record's key, new when there is none. One that
// cannot be read stops the group: to go on without it would restate rows from
// nothing.
func table[T any](ctx goka.Context) *T {
	switch v := ctx.Value().(type) {
	case *T:
		return v
	case *kafka.Poison:
		ctx.Fail(fmt.Errorf("read the state of group %s in partition %d: %w; a newer version wrote it or it is damaged: run that version, or choose another prefix and run askbuy replay --refill-topics",
			ctx.Group(), ctx.Partition(), v.Err))
	}
	return new(T)
}
