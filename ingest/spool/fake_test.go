package spool

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

var errAway = errors.New("broker is away")

// broker stores records in order, and is away when a test says so.
type broker struct {
	mu     sync.Mutex
	log    []ingest.Record
	answer func(ingest.Record) error // nil: stored
	silent bool                      // keeps what it is given, as a client does whose broker does not answer
	kept   []func()
}

func (b *broker) Start(r ingest.Record, then func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.silent {
		b.kept = append(b.kept, func() { then(b.store(r)) })
		return
	}
	err := b.storeLocked(r)
	go then(err)
}

func (b *broker) store(r ingest.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.storeLocked(r)
}

func (b *broker) storeLocked(r ingest.Record) error {
	if b.answer != nil {
		if err := b.answer(r); err != nil {
			return err
		}
	}
	b.log = append(b.log, r)
	return nil
}

// goAway has the broker answer nothing until it is back.
func (b *broker) goAway() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.silent = true
}

// comeBack stores what was kept, in order.
func (b *broker) comeBack() {
	b.mu.Lock()
	kept := b.kept
	b.kept, b.silent = nil, false
	b.mu.Unlock()
	for _, f := range kept {
		f()
	}
}

func (b *broker) refuse(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = nil
	if err != nil {
		b.answer = func(ingest.Record) error { return err }
	}
}

func (b *broker) records() []ingest.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.log)
}

// recordOf is the n-th record, of one of few keys.
func recordOf(n int) ingest.Record {
	id := binary.BigEndian.AppendUint64(make([]byte, 8), uint64(n))
	return ingest.Record{
		Topic: event.TopicMessages, Key: []byte{byte(n % 7)}, Value: binary.BigEndian.AppendUint64(nil, uint64(n)),
		Headers: []event.Header{{Key: event.HeaderIdentity, Value: id}}, Time: time.Unix(0, int64(n)).UTC(),
	}
}

func number(r ingest.Record) int { return int(binary.BigEndian.Uint64(r.Value)) }

func numbers(records []ingest.Record) (ns []int) {
	for _, r := range records {
		ns = append(ns, number(r))
	}
	return ns
}

func upTo(n int) (ns []int) {
	for i := range n {
		ns = append(ns, i)
	}
	return ns
}

func depsOf(p publisher) Deps {
	return Deps{
		Publisher: p, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now,
		Letter: func(r ingest.Record, _ error) ingest.Record {
			r.Topic = event.TopicDeadLetters
			return r
		},
	}
}

func configOf(dir string) Config {
	c := DefaultConfig(dir)
	c.SegmentBytes, c.MaxBytes = 4<<10, 1<<20
	return c
}

func openSpool(t testing.TB, c Config, d Deps) *Spool {
	t.Helper()
	s, err := Open(c, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// keep appends records and writes them, without a drain.
func keep(t testing.TB, s *Spool, ns ...int) {
	t.Helper()
	var errs []error
	for _, n := range ns {
		s.Append(recordOf(n), func(err error) { errs = append(errs, err) })
	}
	s.commit(batch{})
	if err := errors.Join(errs...); err != nil || len(errs) != len(ns) {
		t.Fatalf("%d of %d answered: %v", len(errs), len(ns), err)
	}
}

// drainAll delivers until nothing is left.
func drainAll(t testing.TB, s *Spool) {
	t.Helper()
	for {
		l, err := s.load()
		if err != nil {
			t.Fatal(err)
		}
		if l == nil {
			return
		}
		if !s.deliver(t.Context(), l.records) {
			t.Fatal("the drain gave up")
		}
		s.done(l)
	}
}

func segments(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); len(n) > 16 {
			names = append(names, n)
		}
	}
	return names
}
