package processors

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// rig is a broker with the pipeline's topics, and what the rows come to.
type rig struct {
	t      *testing.T
	config Config
	deps   Deps
	reader *kgo.Client
	rows   map[string]row
	dead   []event.DeadLetter
}

func newRig(t *testing.T, k kafka.Config) *rig {
	t.Helper()
	c := DefaultConfig()
	c.Kafka = k
	c.Key = bytes.Repeat([]byte("k"), 32)
	c.Epochs = map[string]int64{event.TopicMessages: 1, event.TopicBehaviors: 1, event.TopicOrders: 2, event.TopicJourney: 3}
	c.SessionTimeout, c.Heartbeat = 2*time.Second, 20*time.Millisecond
	var topics []kafka.Topic
	for _, name := range append(event.RawTopics(), event.DerivedTopics()...) {
		topics = append(topics, kafka.Topic{Name: c.Kafka.Name(name), Retention: time.Hour})
	}
	for _, group := range Tables() {
		topics = append(topics, kafka.TableTopic(c.Kafka.Name(group)))
	}
	kafkatest.Topics(t, c.Kafka, topics...)
	reader, err := kgo.NewClient(append(c.Kafka.ClientOptions(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeTopics(c.Kafka.Name(event.TopicMessageScores), c.Kafka.Name(event.TopicTouches), c.Kafka.Name(event.TopicDeadLetters)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return &rig{t: t, config: c, deps: Deps{Models: signalledTurns()}, reader: reader, rows: map[string]row{}}
}

// onEach runs a test on each broker, and sees that no goroutine stays behind.
func onEach(t *testing.T, run func(*testing.T, kafka.Config)) {
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
	kafkatest.Each(t, 2, run)
}

// run runs processors until the function that it returns is called.
func (r *rig) run() (stop func()) {
	r.t.Helper()
	p, err := New(r.config, r.deps)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
		if p.Ready() {
			r.t.Error("ready after its end")
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// send produces events as the door does.
func (r *rig) send(events ...*event.Event) {
	r.t.Helper()
	prints := event.NewFingerprinter(r.config.Key)
	var records []kafka.Record
	for _, e := range events {
		v := event.Envelope{Identity: e.Identity(), Copy: prints.Copy(e, false), Source: "test"}
		records = append(records, r.record(e.Type.Topic(), e.Key(), must(event.Encode(e)), v.Headers()...))
	}
	kafkatest.Produce(r.t, r.config.Kafka, records...)
}

func (r *rig) record(topic, key string, value []byte, headers ...event.Header) kafka.Record {
	record := kafka.Record{Topic: r.config.Kafka.Name(topic), Key: []byte(key), Value: value}
	for _, h := range headers {
		record.Headers = append(record.Headers, kafka.Header{Key: h.Key, Value: h.Value})
	}
	return record
}

// await reads until the rows and letters are as wanted.
func (r *rig) await(want map[string]string, letters int) {
	r.t.Helper()
	ctx := kafkatest.Context(r.t)
	for {
		said := map[string]string{}
		for key, row := range r.rows {
			if row.text != "" {
				said[key] = row.text
			}
		}
		different := diff(want, said)
		if different == "" && len(r.dead) >= letters {
			return
		}
		fetches := r.reader.PollFetches(ctx)
		if ctx.Err() != nil {
			r.t.Fatalf("%d letters of %d, rows differ: %s", len(r.dead), letters, different)
		}
		fetches.EachRecord(r.take)
	}
}

func (r *rig) take(record *kgo.Record) {
	if len(record.Headers) != 1 || record.Headers[0].Key != event.HeaderSchema {
		r.t.Errorf("record of %s has headers %v", record.Topic, record.Headers)
	}
	put := func(key, text string, v event.Position) {
		if v >= r.rows[key].version {
			r.rows[key] = row{v, text}
		}
	}
	switch strings.TrimPrefix(record.Topic, r.config.Kafka.Prefix) {
	case event.TopicMessageScores:
		row := decodeStrict[event.MessageScore](r.t, record.Value)
		key, text := scoreText(row)
		put(key, text, row.Version)
	case event.TopicTouches:
		row := decodeStrict[event.OrderTouches](r.t, record.Value)
		key, text := touchesText(row)
		put(key, text, row.Version)
	case event.TopicDeadLetters:
		r.dead = append(r.dead, decodeStrict[event.DeadLetter](r.t, record.Value))
	}
}

func decodeStrict[T any](t *testing.T, b []byte) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Errorf("decode %s: %v", b, err)
	}
	return v
}

func crowd(seed uint64, days int) ([]*event.Event, *rand.Rand) {
	dice := rand.New(rand.NewPCG(seed, 7))
	events := history(dice.IntN, days, 60, 30, 20)
	for i, e := range events {
		e.ID = fmt.Sprint(e.ID, "-", i) // one id, one event
		if e.Type == event.TypeMessage {
			e.Text = []string{"你好", "有优惠券吗", "怎么付款,我现在下单", "我的订单还没发货", ""}[dice.IntN(5)]
		}
	}
	return events, dice
}

// The groups on a broker end in the rows of the contract, restarts included.
func TestConformanceGroups(t *testing.T) {
	onEach(t, func(t *testing.T, c kafka.Config) {
		r := newRig(t, c)
		events, dice := crowd(1, 25)
		sent := delivery(dice, events)
		half := len(sent) / 2
		r.send(sent[:half]...)
		stop := r.run()
		r.await(truth(signalledTurns(), intent.Fold, sent[:half]), 0)
		stop()
		r.send(sent[half:]...)
		r.send(sent[:3]...) // and some once more
		r.run()
		r.await(truth(signalledTurns(), intent.Fold, sent), 0)
		for key, row := range r.rows {
			if row.version>>40 != 3 {
				t.Errorf("%s has version %d, not of the journey's epoch", key, row.version)
			}
		}
	})
}

// What does not fit into a journey is repaired from facts.
func TestConformanceGroupsThroughRepairs(t *testing.T) {
	onEach(t, func(t *testing.T, c kafka.Config) {
		r := newRig(t, c)
		events, dice := crowd(2, 100)
		sent := delivery(dice, events)
		r.config.Limits.Messages = 4
		r.config.RepairEvery = time.Millisecond
		registry := prometheus.NewRegistry()
		r.deps.Facts, r.deps.Registerer = &memoryFacts{events: events}, registry
		r.send(sent...)
		r.run()
		r.await(truth(signalledTurns(), intent.Fold, events), 0)
		if n, err := testutil.GatherAndCount(registry, "askbuy_repairs_total"); err != nil || n < 2 {
			t.Errorf("%d outcomes of repairs, %v", n, err)
		}
	})
}

// memoryFacts is a warehouse in which everything is stored.
type memoryFacts struct{ events []*event.Event }

func (f *memoryFacts) Stored(context.Context, []event.Reached) (bool, error) { return true, nil }

func (f *memoryFacts) Shopper(_ context.Context, s event.Shopper) (History, error) {
	w := &world{events: [3][]*event.Event{f.events}, stored: [3]int{len(f.events)}}
	return w.facts(s), nil
}

// A record that cannot be processed is set aside, and those behind it are not
// held up.
func TestConformanceGroupsBury(t *testing.T) {
	onEach(t, func(t *testing.T, c kafka.Config) {
		r := newRig(t, c)
		fine := &event.Event{Type: event.TypeMessage, ShopID: "s", ID: "m", UserID: "u", ConvID: "c", From: event.RoleUser, Text: "有优惠券吗", TS: 1}
		panics := *fine
		panics.ID, panics.Text = "p", panicText
		wrong := *fine
		wrong.ID = "w"
		prints := event.NewFingerprinter(r.config.Key)
		envelope := event.Envelope{Identity: wrong.Identity(), Copy: prints.Copy(&wrong, false)}
		r.deps.Models = Only(panicModel{signalledTurns().at(0)})
		kafkatest.Produce(t, r.config.Kafka,
			r.record(event.TopicMessages, fine.Key(), []byte("{")),
			r.record(event.TopicMessages, fine.Key(), nil),
			r.record(event.TopicMessages, "another", must(event.Encode(&wrong)), envelope.Headers()...),
			r.record(event.TopicOrders, fine.Key(), must(event.Encode(&wrong)), envelope.Headers()...),
			r.record(event.TopicJourney, fine.Key(), []byte(`{"message":{},"order":{}}`)),
			r.record(event.TopicJourney, fine.Key(), []byte(`{"message":{"shop_id":"s","user_id":"other"}}`)))
		r.send(&panics, fine)
		r.run()
		r.await(truth(signalledTurns(), intent.Fold, []*event.Event{fine}), 7)
		places := map[string]bool{}
		for _, l := range r.dead {
			places[fmt.Sprint(l.Topic, l.Partition, l.Offset)] = true
			if l.Stage != event.StageProcess || l.Reason != event.ReasonUndecodable || l.ID == "" || l.Detail == "" || l.ReceivedAt == 0 {
				t.Errorf("letter %+v", l)
			}
		}
		if len(places) != 7 {
			t.Errorf("letters from %v", places)
		}
	})
}

const panicText = "panic"

// panicModel has a mistake.
type panicModel struct{ intent.Scorer }

func (m panicModel) Score(text string) intent.Scored {
	if text == panicText {
		panic("mistake")
	}
	return m.Scorer.Score(text)
}

func TestNewRefuses(t *testing.T) {
	c := DefaultConfig()
	c.Limits = Limits{}
	c.StateDir = "x"
	_, err := New(c, Deps{Models: Only(intent.Default())})
	for _, want := range []string{"brokers", "messages.v1", "journey.v1", "TableIDs", "Key", "Limits.Messages", "Limits.Bytes", "Limits.Age"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
