package sinks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// troubled is a warehouse that answers every act with an error of the real one
// until it has been asked often enough; every second insert was applied all the
// same.
type troubled struct {
	*world
	err   error
	acts  int
	until int
}

func (w *troubled) trouble() error {
	if w.acts++; w.acts < w.until {
		return w.err
	}
	return nil
}

func (w *troubled) Insert(ctx context.Context, name string, columns []string, rows [][]any) error {
	if err := w.trouble(); err != nil {
		if w.acts%2 == 0 {
			return errors.Join(w.world.Insert(ctx, name, columns, rows), err)
		}
		return err
	}
	return w.world.Insert(ctx, name, columns, rows)
}

func (w *troubled) Probe(ctx context.Context, name string, columns []string) error {
	return errors.Join(w.trouble(), w.world.Probe(ctx, name, columns))
}

func (w *troubled) FirstCopies(ctx context.Context, topic string, events []*event.Event) (map[event.IdentityHash]First, error) {
	if err := w.trouble(); err != nil {
		return nil, err
	}
	return w.world.FirstCopies(ctx, topic, events)
}

func (w *troubled) Refused(err error) bool { return clickhouse.Refused(err) }

// Whatever keeps the warehouse from storing, for however long, and whether it
// stored before it said so: nothing is committed meanwhile, nothing is set
// aside, and afterwards every event is one row.
func TestTroubleOfTheWarehouse(t *testing.T) {
	server := func(code int32, message string) error { return &driver.Exception{Code: code, Message: message} }
	for name, err := range map[string]error{
		"down":            errors.New("dial tcp: connection refused"),
		"read-only":       server(164, "Cannot execute query in readonly mode"),
		"a replica lost":  server(242, "Table is in readonly mode"),
		"too many parts":  server(252, "Too many parts (3000) in table. Merges are processing significantly slower than inserts"),
		"timeout":         server(159, "Timeout exceeded: elapsed 60 seconds"),
		"deadline":        context.DeadlineExceeded,
		"no memory":       server(241, "Memory limit exceeded"),
		"disk full":       server(243, "Cannot reserve 1.00 MiB, not enough space"),
		"no right":        server(497, "Not enough privileges"),
		"no such table":   server(60, "Table does not exist"),
		"connection lost": server(210, "Connection reset by peer"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1)
			const events = 30
			for n := range events {
				w.append(int32(n%2), recordOf(event.Event{Type: event.TypeFeedback, ShopID: "s", UserID: "u", ID: fmt.Sprint(n), TS: 1}, false))
			}
			away := &troubled{world: w, err: err, until: 200}
			w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
				s.deps.Warehouse = away
				s.deps.Sleep = func(context.Context, time.Duration) error {
					if lasting := away.acts < away.until; lasting && (len(w.committed) != 0 || s.Ready() && away.acts > 20) {
						t.Errorf("committed %v and ready %v meanwhile", w.committed, s.Ready())
					}
					return nil
				}
			})
			if rows := len(w.final(&schema.Feedback)); rows != events || len(w.letters) != 0 || !w.drained() {
				t.Errorf("%d rows and %d letters of %d events", rows, len(w.letters), events)
			}
		})
	}
}

// One row of a batch of 10,000 is refused: it alone is set aside, at its place
// and with its bytes, and the others are stored in few inserts.
func TestOneBadRowInTenThousand(t *testing.T) {
	const batch, bad = 10_000, 6_789
	w := newWorld(1)
	for n := range batch {
		e := event.Event{Type: event.TypeBehavior, ShopID: "s", UserID: "u", ID: fmt.Sprint(n), Name: "page_view", TS: 1}
		if n == bad {
			e.Name = "refuse me"
		}
		w.append(0, recordOf(e, false))
	}
	c := DefaultConfig()
	c.BatchRows = batch
	inserts := &counted{world: w}
	w.run(t, c, func(s *Sink, source *fakeSource) {
		s.deps.Source, s.deps.Warehouse = whole{source}, inserts
	})
	if rows := len(w.final(&schema.Behaviors)); rows != batch-1 {
		t.Errorf("%d rows, want %d", rows, batch-1)
	}
	if len(w.letters) != 1 || w.letters[0].Offset != bad || w.letters[0].Reason != event.ReasonRefusedRow || w.letters[0].Topic != event.TopicBehaviors {
		t.Fatalf("letters %+v", w.letters)
	}
	if outcomes := receiptsBy(w); outcomes[Fresh] != batch-1 || outcomes[Quarantined] != 1 {
		t.Errorf("receipts %v", outcomes)
	}
	if inserts.n > 40 { // 2 log2(10,000) of the facts, and those of the receipts
		t.Errorf("%d inserts for one bad row", inserts.n)
	}
}

func receiptsBy(w *world) map[Outcome]int {
	n := map[Outcome]int{}
	for _, row := range w.final(&schema.Receipts) {
		n[Outcome(row[slices.Index(schema.Receipts.Columns, "outcome")].(string))]++
	}
	return n
}

type counted struct {
	*world
	n int
}

func (c *counted) Insert(ctx context.Context, name string, columns []string, rows [][]any) error {
	c.n++
	return c.world.Insert(ctx, name, columns, rows)
}

// whole polls all there is at once.
type whole struct{ *fakeSource }

func (s whole) Poll(ctx context.Context, max int) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Record
	for _, p := range s.partitions() {
		all = append(all, s.logs[p][s.next[p]:]...)
		s.next[p] = int64(len(s.logs[p]))
	}
	if len(all) == 0 {
		s.done()
		return nil, context.Canceled
	}
	return all, nil
}

// Records that nobody can read are set aside with their place, reason and
// bytes, one each, and hold nobody up.
func TestPoisonIsSetAside(t *testing.T) {
	w := newWorld(1)
	fine := recordOf(event.Event{Type: event.TypeFeedback, ShopID: "s", UserID: "u", ID: "fine", TS: 1}, false)
	poison := map[string]func(*Record){
		"bad JSON":   func(r *Record) { r.Value = []byte(`{"type":`) },
		"no value":   func(r *Record) { r.Value = nil },
		"wrong type": func(r *Record) { r.Value = []byte(`{"type":"feedback","shop_id":7}`) },
		"a future schema": func(r *Record) {
			r.Headers = append([]event.Header{{Key: event.HeaderSchema, Value: []byte("99")}}, r.Headers[1:]...)
		},
		"no headers":      func(r *Record) { r.Headers = nil },
		"another's topic": func(r *Record) { r.Topic = event.TopicOrders },
	}
	for _, name := range slices.Sorted(maps.Keys(poison)) {
		r := fine
		r.Headers = slices.Clone(fine.Headers)
		poison[name](&r)
		w.append(0, r)
	}
	w.append(0, fine)
	w.run(t, DefaultConfig(), nil)
	if !w.drained() || len(w.final(&schema.Feedback)) != 1 {
		t.Errorf("drained %v, %d rows", w.drained(), len(w.final(&schema.Feedback)))
	}
	if len(w.letters) != len(poison) || receiptsBy(w)[Quarantined] != len(poison) {
		t.Errorf("%d letters, receipts %v, want %d", len(w.letters), receiptsBy(w), len(poison))
	}
	for _, l := range w.letters {
		at := w.logs[Partition{l.Topic, l.Partition}][l.Offset]
		if l.Reason != event.ReasonUndecodable || l.Detail == "" || string(l.Bytes) != string(at.Value) {
			t.Errorf("letter %+v of %q", l, at.Value)
		}
	}
}
