package conversation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lovoo/goka"
	"golang.org/x/sync/errgroup"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Book is what one replica knows of all conversations: the group's table, the
// handoffs that are not in it yet, and the turns that this replica answered
// itself.
type Book struct {
	config  Config
	deps    Deps
	metrics *metrics
	tables  kafka.Tables
	lately  lately // states that the group wrote
	running atomic.Pointer[goka.Processor]

	mu     sync.RWMutex
	states map[string][]byte // encoded, by key; never written into
	handed map[string]bool   // keys of states with a handoff
	steps  map[string][]*event.Event
	own    map[string][]noted
	owned  map[int32]bool

	seen    progress      // of the table's topic
	read    progress      // of the handoffs' topic
	fresh   moment        // when all handoffs recorded by then were read
	nudge   chan struct{} // has the watch look at once
	changed signal        // some handoff may have changed
	ready   atomic.Bool
	hold    func() // lets a test stall the reading of handoffs
}

// noted is a turn of this replica's.
type noted struct {
	done turn.Done
	at   time.Time
	due  int // how often the shopper's state is written until it can have the turn
}

// answered reports whether the bot answered, not a person.
func (n noted) answered() bool { return n.done.Reply.Route != turn.RouteHuman }

// writesOf a turn of the bot's are the question's, the answer's, and that of
// what is known of the answer; a person's may have its question alone.
func writesOf(d turn.Done) int {
	if d.Reply.Route == turn.RouteHuman {
		return 1
	}
	return 3
}

// New makes a book that is empty until Run.
func New(c Config, d Deps) (*Book, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Offsets == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("conversations: offsets, log and now must be given")
	}
	b := &Book{
		config: c, deps: d, nudge: make(chan struct{}, 1),
		states: map[string][]byte{}, handed: map[string]bool{}, steps: map[string][]*event.Event{}, own: map[string][]noted{},
	}
	var err error
	b.metrics, err = newMetrics(d.Registerer, b)
	return b, err
}

// gather is how late a replica learns of what another one answered. Its own turns
// it knows at once, and of handoffs it learns at once.
const gather = 50 * time.Millisecond

// Run keeps the book until ctx ends, which is no error. Topics and the table's
// topic must exist.
func (b *Book) Run(ctx context.Context) error {
	handoffs, table, ends, err := b.from(ctx)
	if err != nil {
		return fmt.Errorf("open conversations: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return kafka.Follow(ctx, b.config.Kafka.Gathering(gather), table, b.deps.Log, b.onTable) })
	group.Go(func() error { return kafka.Follow(ctx, b.config.Kafka, handoffs, b.deps.Log, b.onHandoff) })
	group.Go(func() error { return b.watch(ctx) })
	group.Go(func() error { return b.runGroup(ctx) })
	group.Go(func() error { return b.tidy(ctx) })
	group.Go(func() error { return b.sweep(ctx) })
	group.Go(func() error {
		if b.seen.await(ctx, ends) == nil && b.fresh.await(ctx, func(at time.Time) bool { return !at.IsZero() }) == nil {
			b.ready.Store(true)
		}
		return nil
	})
	return group.Wait()
}

// from says where to begin: the table from its start, the handoffs where the
// group stands. What the group has committed is in the table before its ends,
// which are therefore asked for later.
func (b *Book) from(ctx context.Context) (handoffs, table kafka.Offsets, ends map[int32]int64, err error) {
	steps, states := b.config.Kafka.Name(event.TopicHandoffs), kafka.TableTopic(b.config.Kafka.Name(Group)).Name
	committed, err := b.deps.Offsets.CommittedOffsets(ctx, b.config.Kafka.Name(Group))
	if err != nil {
		return nil, nil, nil, err
	}
	handoffs, err = b.deps.Offsets.StartOffsets(ctx, steps)
	if err != nil {
		return nil, nil, nil, err
	}
	for partition, start := range handoffs[steps] {
		handoffs[steps][partition] = max(start, committed[steps][partition])
	}
	if table, err = b.deps.Offsets.StartOffsets(ctx, states); err != nil {
		return nil, nil, nil, err
	}
	all, err := b.deps.Offsets.EndOffsets(ctx, states)
	if err != nil {
		return nil, nil, nil, err
	}
	b.read.begin(handoffs[steps])
	b.seen.begin(table[states])
	return handoffs, table, all[states], nil
}

// Ready reports whether the book holds all that was known when it was opened.
func (b *Book) Ready() bool { return b.ready.Load() }

// onTable takes in a state that the group, here or elsewhere, has written.
func (b *Book) onTable(topic string, r kafka.Fetched) {
	defer b.seen.read(r.Partition, r.Offset)
	key := string(r.Key)
	if r.Value == nil {
		b.mu.Lock()
		delete(b.states, key)
		delete(b.handed, key)
		delete(b.own, key) // what was said is forgotten here, too
		b.mu.Unlock()
		return
	}
	value := b.tables.Shared(topic, r.Partition, key, r.Value)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.states[key] = value
	if handed(value) {
		b.handed[key] = true
		b.changed.tell()
	} else {
		delete(b.handed, key)
	}
	if own := dueNow(b.own[key]); own || len(b.steps[key]) > 0 {
		b.settled(key, value)
	}
}

// dueNow notes that a state was written, and spares all but the last write of a
// turn the reading of it. What came before its turn was noted, the sweep finds.
func dueNow(own []noted) (some bool) {
	for i := range own {
		own[i].due--
		some = some || own[i].due <= 0
	}
	return some
}

// settled lets go of what a state has by now. The lock is held.
func (b *Book) settled(key string, value []byte) {
	if b.own[key] = slices.DeleteFunc(b.own[key], func(n noted) bool { return n.answered() && answered(value, n.done.Turn.EventID) }); len(b.own[key])+len(b.steps[key]) == 0 {
		b.drop(key)
		return // and most states need not be read
	}
	state, err := Decode(value)
	if err != nil {
		return // the group stops over it
	}
	b.own[key] = slices.DeleteFunc(b.own[key], func(n noted) bool { return state.has(n.done) })
	b.steps[key] = slices.DeleteFunc(b.steps[key], func(e *event.Event) bool {
		state.Apply(e)
		after, err := Encode(state)
		return err == nil && bytes.Equal(after, value)
	})
	b.drop(key)
}

func (b *Book) drop(key string) {
	if len(b.own[key]) == 0 {
		delete(b.own, key)
	}
	if len(b.steps[key]) == 0 {
		delete(b.steps, key)
	}
}

// has reports whether the topics have brought a turn whole.
func (s *State) has(d turn.Done) bool {
	if d.Reply.Route != turn.RouteHuman {
		_, known := find(s.Known, d.Turn.EventID)
		_, said := find(s.Answers, d.Turn.EventID)
		return known && said
	}
	for _, id := range d.Given {
		if _, shown := find(s.Shown, id); !shown {
			return false
		}
	}
	_, asked := find(s.Questions, d.Turn.EventID)
	return asked
}

// ownFor is how long a turn of this replica's is remembered beside the table:
// longer than a group takes to come back.
const ownFor = time.Minute

// sweep lets go of what the table will not bring any more, turns long ago and
// steps of the erased, and of what it has brought.
func (b *Book) sweep(ctx context.Context) error {
	for wait.For(ctx, ownFor/6) == nil {
		b.mu.RLock()
		keys := slices.AppendSeq(slices.Collect(maps.Keys(b.own)), maps.Keys(b.steps))
		b.mu.RUnlock()
		oldest := b.deps.Now().Add(-ownFor)
		for _, key := range keys { // one at a time: shoppers wait meanwhile
			b.mu.Lock()
			b.sweepOf(key, oldest)
			b.mu.Unlock()
		}
	}
	return nil
}

func (b *Book) sweepOf(key string, oldest time.Time) {
	b.own[key] = slices.DeleteFunc(b.own[key], func(n noted) bool { return n.at.Before(oldest) || b.erased(n.done) })
	b.steps[key] = slices.DeleteFunc(b.steps[key], b.gone)
	if value := b.states[key]; value != nil {
		b.settled(key, value)
	}
	b.drop(key)
}

func (b *Book) gone(e *event.Event) bool { return b.deps.Erased != nil && b.deps.Erased.EventGone(e) }

// erased reports whether a turn is gone as its question is.
func (b *Book) erased(d turn.Done) bool {
	return b.gone(&event.Event{Type: event.TypeMessage, ShopID: d.Turn.ShopID, UserID: d.Turn.UserID, TS: d.Turn.At})
}

// State is what is known of a shopper now, but for turns that this replica
// has just answered.
func (b *Book) State(s event.Shopper) *State {
	state, _ := b.at(s.Key())
	return state
}

func (b *Book) at(key string) (*State, []noted) {
	b.mu.RLock()
	value, steps, own := b.states[key], slices.Clone(b.steps[key]), slices.Clone(b.own[key])
	b.mu.RUnlock()
	state := &State{}
	if value != nil {
		if known, err := Decode(value); err == nil { // else the group stops over it
			state = known
		}
	}
	for _, e := range steps {
		if !b.gone(e) {
			state.Apply(e)
		}
	}
	return state, own
}

// Get is what is known of a shopper now, for the ladder.
func (b *Book) Get(s event.Shopper) (turn.State, error) {
	if !b.Ready() {
		return turn.State{}, ErrStale
	}
	state, own := b.at(s.Key())
	t := state.Turn()
	for _, n := range own {
		if !state.has(n.done) {
			t = t.After(n.done)
		}
	}
	return t, nil
}

// Note remembers a turn until the topics bring it.
func (b *Book) Note(d turn.Done) {
	key := d.Turn.Key()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own[key] = append(b.own[key], noted{d, b.deps.Now(), writesOf(d)})
}
