// Package live tells shoppers at once what happens: what a person writes to
// them, and what becomes of their orders. Every replica follows the topics and
// picks out what its own connections are about, so that it does not matter
// which replica a shopper is connected to.
//
// What must stay true:
//   - a person's words are recorded as shown only after they were sent: whoever
//     dies in between sends them again;
//   - a connection begins with the words that were not shown yet, and each beat
//     brings those that became known meanwhile.
package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/kafka"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// offsets tells where topics end.
type offsets interface {
	EndOffsets(ctx context.Context, topics ...string) (kafka.Offsets, error)
}

// Deps is what a Service works with.
type Deps struct {
	Kafka   kafka.Config
	Offsets offsets
	// Who is the shopper that a request speaks for.
	Who func(h http.Header) (event.Shopper, error)
	// Waiting are a person's words that a shopper was not yet given, and the
	// conversation that the shopper is in.
	Waiting func(s event.Shopper) (words []turn.Words, conv string)
	// Shown records that a shopper was given words.
	Shown func(s event.Shopper, conv string, ids []string) error

	Registerer prometheus.Registerer
	Log        *slog.Logger
}

// Service is the replica's end of all connections.
type Service struct {
	Deps
	hub       *hub
	heartbeat time.Duration
}

// New makes a service; Register puts it to work, and Run feeds it.
func New(d Deps) (*Service, error) {
	if d.Offsets == nil || d.Who == nil || d.Waiting == nil || d.Shown == nil || d.Log == nil {
		return nil, errors.New("live: offsets, who, waiting, shown and log must be given")
	}
	s := &Service{Deps: d, hub: newHub(), heartbeat: 15 * time.Second}
	if d.Registerer == nil {
		return s, nil
	}
	err := d.Registerer.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "askbuy_realtime_shoppers", Help: "Shoppers who listen at /realtime on this replica.",
	}, func() float64 {
		s.hub.mu.RLock()
		defer s.hub.mu.RUnlock()
		return float64(len(s.hub.all))
	}))
	if err != nil {
		return nil, fmt.Errorf("register metrics of realtime: %w", err)
	}
	return s, nil
}

// gather is how late a listener may hear: nobody notices, and every message of
// the shop comes by here.
const gather = 50 * time.Millisecond

// Run follows the topics until ctx ends, which is no error.
func (s *Service) Run(ctx context.Context) error {
	ends, err := s.Offsets.EndOffsets(ctx, s.Kafka.Name(event.TopicMessages), s.Kafka.Name(event.TopicJourney))
	if err != nil {
		return fmt.Errorf("find where the topics end: %w", err)
	}
	return kafka.Follow(ctx, s.Kafka.Gathering(gather), ends, s.Log, s.record)
}

// Close ends all connections; call it when the door begins to close.
func (s *Service) Close() { s.hub.close() }

// fromAgent is in every message of a person, as event.Encode writes it.
var fromAgent = []byte(`"from":"agent"`)

// record picks out what somebody here listens for. Keys of both topics are
// shoppers', so that nothing else has to be read.
func (s *Service) record(topic string, r kafka.Fetched) {
	key := string(r.Key)
	if !s.hub.has(key) {
		return
	}
	news, ok := message(r), false
	if topic == s.Kafka.Name(event.TopicJourney) {
		news, ok = order(r)
	} else {
		ok = news.id != ""
	}
	if ok {
		s.hub.tell(key, news)
	}
}

func message(r kafka.Fetched) News {
	if !bytes.Contains(r.Value, fromAgent) {
		return News{}
	}
	e, err := event.Decode(r.Value)
	if err != nil || e.From != event.RoleAgent || e.Key() != string(r.Key) {
		return News{} // what cannot be read is set aside elsewhere
	}
	return News{Type: agentMessage, ConvID: e.ConvID, Text: e.Text, id: e.ID}
}

func order(r kafka.Fetched) (News, bool) {
	entry, err := event.DecodeEntry(r.Value)
	if err != nil || entry.Order == nil || entry.Order.Gone || entry.Order.Shopper != entry.Order.UserID {
		return News{}, false
	}
	return News{Type: orderUpdate, OrderID: entry.Order.OrderID, Status: string(status(entry.Order))}, true
}

// status is the highest that the order reached.
func status(o *event.OrderSnapshot) event.Status {
	switch {
	case o.CancelledAt != nil:
		return event.StatusCancelled
	case o.RefundedAt != nil:
		return event.StatusRefunded
	case o.PaidAt != nil:
		return event.StatusPaid
	}
	return event.StatusCreated
}
