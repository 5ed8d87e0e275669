package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a broker and replicas that keep books of what is published.
type rig struct {
	*testing.T
	config Config
	admin  *kafka.Admin
	gone   atomic.Pointer[event.Shopper] // who is erased
}

func newRig(t *testing.T, k kafka.Config) *rig {
	r := &rig{T: t, config: DefaultConfig()}
	r.config.Kafka, r.config.LookEvery = k, 20*time.Millisecond
	r.config.SessionTimeout, r.config.Heartbeat = 2*time.Second, 100*time.Millisecond
	topics := []kafka.Topic{kafka.TableTopic(k.Name(Group))}
	for _, name := range Topics() {
		topics = append(topics, kafka.Topic{Name: k.Name(name), Retention: time.Hour})
	}
	kafkatest.Topics(t, k, topics...)
	var err error
	if r.admin, err = kafka.NewAdmin(k); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.admin.Close)
	return r
}

// EventGone makes the rig the list of the erased.
func (r *rig) EventGone(e *event.Event) bool {
	gone := r.gone.Load()
	return gone != nil && e.Shopper() == *gone
}

// open runs a replica's book until stop, or the end of the test.
func (r *rig) open(change func(*Book)) (b *Book, stop func()) {
	r.Helper()
	b, err := New(r.config, Deps{Offsets: r.admin, Erased: r, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		r.Fatal(err)
	}
	if change != nil {
		change(b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	})
	r.Cleanup(stop)
	kafkatest.Await(r, "the book and its group", func(context.Context) (bool, error) {
		group := b.running.Load()
		return b.Ready() && group != nil && group.Recovered(), nil
	})
	return b, stop
}

func (r *rig) publish(events ...*event.Event) {
	r.Helper()
	for _, e := range events {
		value, err := event.Encode(e)
		if err != nil {
			r.Fatal(err)
		}
		v := event.Envelope{Identity: e.Identity()}
		record := kafka.Record{Topic: r.config.Kafka.Name(e.Type.Topic()), Key: []byte(e.Key()), Value: value}
		for _, h := range v.Headers() {
			record.Headers = append(record.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		kafkatest.Produce(r, r.config.Kafka, record)
	}
}

// sees waits until a book says so.
func (r *rig) sees(b *Book, what string, so func(turn.State) bool) {
	r.Helper()
	kafkatest.Await(r, what, func(context.Context) (bool, error) {
		s, err := b.Get(shopper)
		return err == nil && so(s), err
	})
}

func TestConformanceAnyReplicaContinuesAndARestartLosesNone(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, k kafka.Config) {
		r := newRig(t, k)
		a, stopA := r.open(nil)
		b, stopB := r.open(nil)
		r.publish(slices.Concat(turnOf(1, turn.RouteFAQ), turnOf(2, turn.RouteClarify), []*event.Event{
			step("h", event.HandoffRequested, at+3000), message("w", event.RoleAgent, "您好", at+4000),
			{Type: event.TypeMessage, ID: "x", ShopID: "s", UserID: "u", ConvID: "other", From: event.RoleUser, Text: "别处", Channel: "coze", TS: at + 9000},
		})...)
		whole := func(s turn.State) bool {
			return len(s.Rounds) == 2 && s.Rounds[1].Answer == "答q2" && s.Failures == 1 && s.Mode == turn.ModePending && s.HandoffID == "h" && len(s.Waiting) == 1 && s.LastAt == at+4000
		}
		r.sees(a, "replica a", whole)
		r.sees(b, "replica b", whole)
		stopA()
		stopB()
		c, _ := r.open(nil)
		if s, err := c.Get(shopper); err != nil || !whole(s) {
			t.Errorf("after a restart %+v, %v", s, err)
		}
	})
}

func TestAReplicaKnowsItsOwnTurnAtOnce(t *testing.T) {
	brokers, _ := kafkatest.Broker(t)
	r := newRig(t, kafkatest.Config(brokers, 1))
	b, _ := r.open(nil)
	b.Note(turn.Done{Turn: &turn.Turn{Shopper: shopper, ConvID: "c", EventID: "q1", Text: "问q1", At: at + 1000}, Reply: &turn.Reply{Route: turn.RouteFAQ, Dialogue: "ADDRESS"}, Brief: "答q1"})
	first, err := b.Get(shopper)
	if err != nil || len(first.Rounds) != 1 || first.Dialogue != "ADDRESS" {
		t.Fatalf("%+v, %v", first, err)
	}
	r.publish(turnOf(1, turn.RouteFAQ)...)
	kafkatest.Await(t, "the table", func(context.Context) (bool, error) {
		b.mu.RLock()
		defer b.mu.RUnlock()
		return len(b.own) == 0, nil
	})
	if s, err := b.Get(shopper); err != nil || !slices.Equal(s.Rounds, first.Rounds) {
		t.Errorf("%+v, %v, was %+v", s, err, first)
	}
}

// The table may have a turn before this replica notes it: then no write tells.
func TestTheSweepLetsGoOfWhatTheTableHas(t *testing.T) {
	b, err := New(DefaultConfig(), Deps{Offsets: new(kafka.Admin), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Encode(stateOf(turnOf(1, turn.RouteFAQ)...))
	if err != nil {
		t.Fatal(err)
	}
	key, now := shopper.Key(), b.deps.Now()
	b.states[key] = raw
	for n := 1; n <= 2; n++ {
		b.Note(turn.Done{Turn: &turn.Turn{Shopper: shopper, ConvID: "c", EventID: fmt.Sprint("q", n)}, Reply: &turn.Reply{Route: turn.RouteFAQ}})
	}
	b.sweepOf(key, now.Add(-ownFor))
	if own := b.own[key]; len(own) != 1 || own[0].done.Turn.EventID != "q2" {
		t.Errorf("left %+v, want the turn that the table does not have", own)
	}
	b.sweepOf(key, now.Add(time.Hour))
	if _, left := b.own[key]; left {
		t.Error("a turn of long ago is left")
	}
}

// A replica that reads handoffs late does not let the bot speak once a takeover
// that waited has answered.
func TestNoWordOfTheBotAfterATakeover(t *testing.T) {
	brokers, _ := kafkatest.Broker(t)
	r := newRig(t, kafkatest.Config(brokers, 1))
	r.config.MaxStale, r.config.SendGrace = 300*time.Millisecond, 50*time.Millisecond
	a, _ := r.open(nil)
	stalled, held := make(chan struct{}), make(chan struct{}, 1)
	b, _ := r.open(func(b *Book) {
		b.hold = func() { held <- struct{}{}; <-stalled }
	})
	defer close(stalled)
	r.publish(step("h", event.HandoffTaken, at))
	<-held // b has it, and does not get to read it
	ctx := kafkatest.Context(t)
	if err := a.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	if mode, _ := a.State(shopper).Mode(); mode != turn.ModeHuman {
		t.Fatalf("after settling the mode is %q", mode)
	}
	if err := a.Quiet(ctx); err != nil {
		t.Fatal(err)
	}
	// From here on the takeover has answered.
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if may, err := b.MaySpeak(short, shopper); may {
		t.Errorf("the bot may speak after a takeover: %v", err)
	} else if s := b.State(shopper); err == nil && len(s.Handoffs) == 0 {
		t.Error("silent without a reason")
	}
	if may, err := a.MaySpeak(ctx, shopper); may || err != nil {
		t.Errorf("the replica that took over: %v, %v", may, err)
	}
	other := event.Shopper{ShopID: "s", UserID: "somebody else"}
	if may, err := a.MaySpeak(ctx, other); !may || err != nil {
		t.Errorf("to others: %v, %v", may, err)
	}
}

func TestSilentWithoutTheBroker(t *testing.T) {
	brokers, cluster := kafkatest.Broker(t)
	r := newRig(t, kafkatest.Config(brokers, 1))
	r.config.MaxStale = 200 * time.Millisecond
	b, stop := r.open(nil)
	if may, err := b.MaySpeak(kafkatest.Context(t), shopper); !may || err != nil {
		t.Fatalf("%v, %v", may, err)
	}
	cluster.Close()
	kafkatest.Await(t, "silence", func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err := b.MaySpeak(ctx, shopper)
		return errors.Is(err, ErrStale), nil
	})
	stop()
}

func TestErasedAndIdleConversationsAreLetGo(t *testing.T) {
	brokers, _ := kafkatest.Broker(t)
	r := newRig(t, kafkatest.Config(brokers, 1))
	r.config.TidyEvery = 50 * time.Millisecond
	b, _ := r.open(func(b *Book) {
		b.deps.Now = func() time.Time { return time.UnixMilli(at) } // no conversation of the test is over
		b.fresh.set(time.UnixMilli(at))
	})
	r.publish(turnOf(1, turn.RouteFAQ)...)
	r.publish(step("h", event.HandoffTaken, at))
	r.sees(b, "the conversation", func(s turn.State) bool { return len(s.Rounds) == 1 && s.Mode == turn.ModeHuman })
	b.Note(turn.Done{Turn: &turn.Turn{Shopper: shopper, ConvID: "c", EventID: "q9", Text: "问q9", At: at}, Reply: &turn.Reply{Route: turn.RouteFAQ}, Brief: "答q9"})
	r.gone.Store(&shopper)
	told := event.Erasure{ShopID: shopper.ShopID, UserID: shopper.UserID, UpTo: at + 60_000}
	b2, err := erasureCodec.Encode(&told)
	if err != nil {
		t.Fatal(err)
	}
	kafkatest.Produce(t, r.config.Kafka, kafka.Record{Topic: r.config.Kafka.Name(event.TopicErasures), Key: []byte(told.Key()), Value: b2})
	empty := func() bool {
		b.mu.RLock()
		defer b.mu.RUnlock()
		return len(b.states) == 0 && len(b.handed) == 0 && len(b.own) == 0
	}
	kafkatest.Await(t, "the erasure", func(context.Context) (bool, error) { return empty(), nil })
	if s := b.State(shopper); len(s.Handoffs) != 0 {
		t.Errorf("remembered %+v", s)
	}
	r.gone.Store(nil)
	old := message("old", event.RoleUser, "在吗", at-3*turn.Silence.Milliseconds())
	r.publish(old)
	kafkatest.Committed(t, r.config.Kafka, Group, event.TopicMessages, 3)
	kafkatest.Await(t, "the visit", func(context.Context) (bool, error) { return empty(), nil })
}

// The seed's bound: 10,000 active sessions under 20 MB, with five rounds of
// common length each, in the group's table and in the view of it.
func TestTenThousandSessions(t *testing.T) {
	const sessions, limit = 10_000, 20 << 20
	b, err := New(DefaultConfig(), Deps{Offsets: &kafka.Admin{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	grown := heapGrowth(func() {
		table := b.tables.InMemory("askbuy.reply-table", 0)
		for n := range sessions {
			s := &State{}
			for round := range turn.Rounds {
				q := fmt.Sprintf("chat:%032x", n*100+round)
				ask := message(q, event.RoleUser, "你好,我想问下这件衣服的尺码", int64(at+round*60_000))
				answer := message(q+answerSuffix, event.RoleBot, "亲,您好!这款尺码标准,建议按平时的尺码选择;若喜欢宽松可以选大一码,七天内可以退换,祝您购物愉快哦", ask.TS+500)
				known := reply(q, turn.RouteFAQ, answer.TS)
				known.Reply.Slots = map[string]string{"size": "XL"}
				for _, e := range []*event.Event{ask, answer, known} {
					e.ConvID = fmt.Sprintf("chat-abcd-%032x", n)
					s.Apply(e)
				}
			}
			value, err := Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			key := event.Shopper{ShopID: "1024", UserID: fmt.Sprintf("oUpF8uMuAJO_M2pxb1Q9zNj%05d", n)}.Key()
			if err := table.Set(key, value); err != nil {
				t.Fatal(err)
			}
			b.onTable("askbuy.reply-table", kafka.Fetched{Key: []byte(key), Value: slices.Clone(value), Offset: int64(n)})
		}
	})
	t.Logf("%d sessions take %.1f MB", sessions, float64(grown)/(1<<20))
	if grown > limit || len(b.states) != sessions {
		t.Errorf("%d sessions take %d bytes, want at most %d", len(b.states), grown, limit)
	}
}
