package ingest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// fakeBroker is a publisher whose answers a test decides.
type fakeBroker struct {
	mu     sync.Mutex
	log    []Record
	answer func(Record) error // nil: every record is stored
	held   []func()           // outcomes that wait for release
	hold   bool
}

var errBroker = errors.New("broker is down")

func (b *fakeBroker) Start(r Record, then func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	deliver := func() { then(b.store(r)) }
	if b.hold {
		b.held = append(b.held, deliver)
		return
	}
	go deliver()
}

func (b *fakeBroker) store(r Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answer != nil {
		if err := b.answer(r); err != nil {
			return err
		}
	}
	b.log = append(b.log, r)
	return nil
}

// release delivers what was held.
func (b *fakeBroker) release() {
	b.mu.Lock()
	held := b.held
	b.held, b.hold = nil, false
	b.mu.Unlock()
	for _, deliver := range held {
		deliver()
	}
}

// records are those of a topic so far.
func (b *fakeBroker) records(topic string) []Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []Record
	for _, r := range b.log {
		if r.Topic == topic {
			found = append(found, r)
		}
	}
	return found
}

func newAcceptor(t testing.TB, b publisher) *Acceptor {
	t.Helper()
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), func() time.Time { return testArrival })
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAcceptor(b, filter, make([]byte, 32), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// itemOf decodes one event of /v1/events.
func itemOf(raw string) Item {
	i := Item{Raw: []byte(raw)}
	i.Decoded, i.Fault = Decode(i.Raw, testArrival)
	return i
}

// saying is a message with an id and a text.
func saying(id, text string) Item {
	return itemOf(`{"type":"message","event_id":"` + id + `","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"` + text + `","ts":1700000000000}`)
}

func open(t *testing.T, r Record) (*event.Event, *event.Envelope) {
	t.Helper()
	e, v, err := event.Open(r.Headers, r.Value)
	if err != nil {
		t.Fatal(err)
	}
	return e, v
}
