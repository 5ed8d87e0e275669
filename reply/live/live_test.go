package live

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var shopper = event.Shopper{ShopID: "s", UserID: "u"}

// rig is a broker and one replica's connections.
type rig struct {
	*testing.T
	kafka   kafka.Config
	service *Service
	server  *httptest.Server

	mu      sync.Mutex
	waiting []turn.Words
	shown   []string
}

func newRig(t *testing.T) *rig {
	brokers, _ := kafkatest.Broker(t)
	r := &rig{T: t, kafka: kafkatest.Config(brokers, 2)}
	for _, name := range []string{event.TopicMessages, event.TopicJourney} {
		kafkatest.Topics(t, r.kafka, kafka.Topic{Name: r.kafka.Name(name), Retention: time.Hour})
	}
	admin, err := kafka.NewAdmin(r.kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	r.service, err = New(Deps{
		Kafka: r.kafka, Offsets: admin, Log: slog.New(slog.DiscardHandler),
		Who: func(h http.Header) (event.Shopper, error) {
			if user := h.Get("X-User-ID"); user != "" {
				return event.Shopper{ShopID: "s", UserID: user}, nil
			}
			return event.Shopper{}, errors.New("nobody")
		},
		Waiting: func(event.Shopper) ([]turn.Words, string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.waiting, "c"
		},
		Shown: func(_ event.Shopper, _ string, ids []string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.shown = append(r.shown, ids...)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.service.Register(mux)
	r.server = httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.service.Run(ctx) }()
	t.Cleanup(func() {
		r.service.Close()
		r.server.Close()
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) publish(topic string, of event.Shopper, value any) {
	r.Helper()
	var b []byte
	var err error
	if e, is := value.(*event.Event); is {
		b, err = event.Encode(e)
	} else {
		b, err = json.Marshal(value)
	}
	if err != nil {
		r.Fatal(err)
	}
	kafkatest.Produce(r, r.kafka, kafka.Record{Topic: r.kafka.Name(topic), Key: []byte(of.Key()), Value: b})
}

// words are an agent's.
func words(id, text string) *event.Event {
	return &event.Event{Type: event.TypeMessage, ID: id, ShopID: "s", UserID: "u", ConvID: "c", From: event.RoleAgent, Text: text}
}

func snapshot(shopperOf string, cancelled *int64) *event.Entry {
	paid := int64(1)
	return &event.Entry{Order: &event.OrderSnapshot{ShopID: "s", OrderID: "o1", UserID: "u", Shopper: shopperOf, PaidAt: &paid, CancelledAt: cancelled}}
}

// events is a connection of server-sent events; each call is the next news.
func (r *rig) events() (next func() string) {
	r.Helper()
	request, err := http.NewRequestWithContext(kafkatest.Context(r), http.MethodGet, r.server.URL+"/realtime", nil)
	if err != nil {
		r.Fatal(err)
	}
	request.Header.Set("X-User-ID", "u")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	return func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "the end"
	}
}

func (r *rig) socket() (next func() string) {
	r.Helper()
	ctx := kafkatest.Context(r)
	conn, _, err := websocket.Dial(ctx, r.server.URL+"/realtime", &websocket.DialOptions{HTTPHeader: http.Header{"X-User-ID": {"u"}, "Origin": {"https://servicewechat.com"}}})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = conn.CloseNow() })
	return func() string {
		_, body, err := conn.Read(ctx)
		if err != nil {
			return "the end"
		}
		return string(body)
	}
}

func TestNews(t *testing.T) {
	for name, connect := range map[string]func(*rig) func() string{"events": (*rig).events, "socket": (*rig).socket} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.waiting = []turn.Words{{EventID: "w0", Text: "您好"}}
			next := connect(r)
			want := func(news string) {
				t.Helper()
				if got := next(); got != news {
					t.Fatalf("got %s, want %s", got, news)
				}
			}
			want(`{"type":"agent_message","conv_id":"c","text":"您好"}`)
			kafkatest.Await(t, "the follower", func(context.Context) (bool, error) { // it may begin behind the first
				r.publish(event.TopicMessages, shopper, words("w1", "在的"))
				r.mu.Lock()
				defer r.mu.Unlock()
				return slices.Contains(r.shown, "w1"), nil
			})
			want(`{"type":"agent_message","conv_id":"c","text":"在的"}`) // once
			cancelled := int64(2)
			said := *words("m", "我自己说的")
			said.From = event.RoleUser
			r.publish(event.TopicMessages, shopper, &said)
			r.publish(event.TopicMessages, event.Shopper{ShopID: "s", UserID: "v"}, &event.Event{Type: event.TypeMessage, ID: "w", ShopID: "s", UserID: "v", From: event.RoleAgent, Text: "别人的"})
			r.publish(event.TopicJourney, shopper, snapshot("somebody else", nil))
			r.publish(event.TopicJourney, shopper, snapshot("u", nil))
			r.publish(event.TopicJourney, shopper, snapshot("u", nil)) // said again
			r.publish(event.TopicJourney, shopper, snapshot("u", &cancelled))
			want(`{"type":"order_update","orderId":"o1","status":"paid"}`)
			want(`{"type":"order_update","orderId":"o1","status":"cancelled"}`)
			r.service.Close()
			want("the end")
			r.mu.Lock()
			defer r.mu.Unlock()
			if !slices.Equal(slices.Compact(r.shown), []string{"w0", "w1"}) {
				t.Errorf("shown %v", r.shown)
			}
		})
	}
}

// Words that were recorded before the connection and became known after it
// come with a beat, once.
func TestWordsThatBecomeKnownLate(t *testing.T) {
	r := newRig(t)
	r.service.heartbeat = time.Millisecond
	next := r.events()
	r.mu.Lock()
	r.waiting = []turn.Words{{EventID: "w0", Text: "您好"}}
	r.mu.Unlock()
	if got := next(); got != `{"type":"agent_message","conv_id":"c","text":"您好"}` {
		t.Fatalf("got %s", got)
	}
	r.mu.Lock()
	r.waiting = append(r.waiting, turn.Words{EventID: "w1", Text: "在的"})
	r.mu.Unlock()
	if got := next(); got != `{"type":"agent_message","conv_id":"c","text":"在的"}` {
		t.Fatalf("got %s", got)
	}
}

func TestAShopperHasSoManyConnections(t *testing.T) {
	r := newRig(t)
	for range perShopper {
		r.events()
	}
	kafkatest.Await(t, "the connections", func(context.Context) (bool, error) {
		r.service.hub.mu.RLock()
		defer r.service.hub.mu.RUnlock()
		return len(r.service.hub.all[shopper.Key()]) == perShopper, nil
	})
	request, err := http.NewRequest(http.MethodGet, r.server.URL+"/realtime", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-User-ID", "u")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %d", answer.StatusCode)
	}
}

// Who does not take the news is let go, and holds nobody up.
func TestASlowListenerIsLetGo(t *testing.T) {
	h := newHub()
	slow, err := h.listen(shopper)
	if err != nil {
		t.Fatal(err)
	}
	for n := range held + 1 {
		h.tell(shopper.Key(), News{Type: orderUpdate, OrderID: string(rune('a' + n))})
	}
	got := 0
	for range slow.news {
		got++
	}
	if got != held || h.has(shopper.Key()) {
		t.Errorf("%d of the news are held", got)
	}
	h.leave(shopper, slow) // again is no harm
}
