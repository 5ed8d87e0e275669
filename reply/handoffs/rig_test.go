package handoffs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
	"askbuy/schemas/schematest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

var shopper = event.Shopper{ShopID: "s", UserID: "u"}

// rig is a broker on which replicas come and go.
type rig struct {
	*testing.T
	kafka    kafka.Config
	admin    *kafka.Admin
	producer *kafka.Producer
	ids      atomic.Int64
	now      atomic.Int64 // added to the clock, ns
	refuse   atomic.Bool  // nothing can be recorded
	stale    time.Duration
}

// replica is one process's part.
type replica struct {
	*rig
	book   *conversation.Book
	desk   *Desk
	server *httptest.Server
	stop   func()
}

func newRig(t *testing.T, partitions int32) *rig {
	brokers, _ := kafkatest.Broker(t)
	r := &rig{T: t, kafka: kafkatest.Config(brokers, partitions), stale: 200 * time.Millisecond}
	topics := []kafka.Topic{kafka.TableTopic(r.kafka.Name(conversation.Group))}
	for _, name := range conversation.Topics() {
		topics = append(topics, kafka.Topic{Name: r.kafka.Name(name), Retention: time.Hour})
	}
	kafkatest.Topics(t, r.kafka, topics...)
	var err error
	if r.admin, err = kafka.NewAdmin(r.kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.admin.Close)
	if r.producer, err = kafka.NewProducer(r.kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.producer.Close(context.Background()) })
	return r
}

func (r *rig) clock() time.Time { return time.Now().Add(time.Duration(r.now.Load())) }

// record puts events into their topics, as the door does.
func (r *rig) record(by time.Time, events ...event.Event) error {
	if r.refuse.Load() {
		return io.ErrClosedPipe
	}
	ctx, cancel := context.WithDeadline(context.Background(), by)
	defer cancel()
	for i := range events {
		e := &events[i]
		value, err := event.Encode(e)
		if err != nil {
			return err
		}
		v := event.Envelope{Identity: e.Identity()}
		record := kafka.Record{Topic: r.kafka.Name(e.Type.Topic()), Key: []byte(e.Key()), Value: value}
		for _, h := range v.Headers() {
			record.Headers = append(record.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		if err := r.producer.Produce(ctx, record); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) publish(events ...event.Event) {
	r.Helper()
	if err := r.record(time.Now().Add(kafkatest.Patience), events...); err != nil {
		r.Fatal(err)
	}
}

// Shops is of keys: a key names its one shop, or all.
func (r *rig) Shops(h http.Header) func(string) bool {
	key := strings.TrimPrefix(h.Get("Authorization"), "Bearer ")
	if key == "" {
		return nil
	}
	return func(shop string) bool { return key == "all" || key == shop }
}

func (r *rig) open() *replica {
	r.Helper()
	c := conversation.DefaultConfig()
	c.Kafka, c.LookEvery, c.MaxStale, c.SendGrace = r.kafka, 20*time.Millisecond, r.stale, 50*time.Millisecond
	c.SessionTimeout, c.Heartbeat = 2*time.Second, 100*time.Millisecond
	book, err := conversation.New(c, conversation.Deps{Offsets: r.admin, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		r.Fatal(err)
	}
	half := 0.5
	desk, err := New(Deps{
		Book: book, Record: r.record, Keys: r, Now: r.clock, Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
		ID:    func() string { return fmt.Sprintf("id%04d", r.ids.Add(1)) },
		Score: func(event.Shopper, []string) *float64 { return &half },
	})
	if err != nil {
		r.Fatal(err)
	}
	desk.patience = kafkatest.Patience
	mux := http.NewServeMux()
	desk.Register(mux)
	rep := &replica{rig: r, book: book, desk: desk, server: httptest.NewServer(mux)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- book.Run(ctx) }()
	rep.stop = sync.OnceFunc(func() {
		rep.server.Close()
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	})
	r.Cleanup(rep.stop)
	kafkatest.Await(r, "the book", func(context.Context) (bool, error) { return book.Ready(), nil })
	return rep
}

// ask makes a request with a key and decodes its answer.
func (p *replica) ask(method, path, key, body string, into any) (status int) {
	p.Helper()
	request, err := http.NewRequest(method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := p.server.Client().Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	schematest.Described(p, method, path, response.StatusCode, response.Header, raw)
	if into != nil && response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(raw, into); err != nil {
			p.Fatalf("%s: %v", raw, err)
		}
	}
	return response.StatusCode
}

// sees waits until a replica knows something of the shopper.
func (p *replica) sees(what string, so func(*conversation.State) bool) {
	p.Helper()
	kafkatest.Await(p, what, func(context.Context) (bool, error) { return so(p.book.State(shopper)), nil })
}

// said is a message of the channel.
func said(s event.Shopper, conv, id string, from event.Role, text string) event.Event {
	return event.Event{Type: event.TypeMessage, ID: id, ShopID: s.ShopID, UserID: s.UserID, ConvID: conv, From: from, Text: text, Channel: conversation.Channel, TS: time.Now().UnixMilli()}
}

// call has a shopper call a person through a desk.
func (p *replica) call(s event.Shopper, conv, question, text string, scored intent.Scored) event.Event {
	p.Helper()
	events, called := p.desk.Call(&turn.Turn{
		Shopper: s, ConvID: conv, EventID: question, Text: text, At: p.clock().UnixMilli(), Intent: scored, Language: "zh",
		Profile: turn.Profile{Kind: "vip", Orders: 3, BasketCents: 26_900},
	}, &turn.Reply{Route: turn.RoutePreset})
	if !called || len(events) != 1 {
		p.Fatalf("%q calls nobody", text)
	}
	return events[0]
}
