package sinks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// broken is a warehouse whose table lacks a column until it is repaired: it
// refuses everything, and a probe says why.
type broken struct {
	*world
	probes, repairedAfter int
}

func (b *broken) Insert(ctx context.Context, name string, columns []string, rows [][]any) error {
	if b.probes < b.repairedAfter {
		return fmt.Errorf("no such column: %w", errRefused)
	}
	return b.world.Insert(ctx, name, columns, rows)
}

func (b *broken) Probe(context.Context, string, []string) error {
	if b.probes++; b.probes < b.repairedAfter {
		return errors.New("no such column")
	}
	return nil
}

func TestATableThatTakesNothingBuriesNothing(t *testing.T) {
	w := newWorld(1)
	for n := range 5 {
		w.append(0, recordOf(event.Event{Type: event.TypeFeedback, ShopID: "s", UserID: "u", ID: fmt.Sprint(n), TS: 1}, false))
	}
	pauses, ready := 0, true
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Warehouse = &broken{world: w, repairedAfter: 4}
		s.deps.Sleep = func(context.Context, time.Duration) error {
			pauses++
			ready = ready && s.Ready()
			return nil
		}
	})
	if len(w.letters) != 0 || len(w.final(&schema.Feedback)) != 5 {
		t.Errorf("%d letters and %d rows, want none and five", len(w.letters), len(w.final(&schema.Feedback)))
	}
	if pauses == 0 || ready {
		t.Errorf("%d pauses, ready meanwhile %v", pauses, ready)
	}
}

func TestAwayIsWaitedOutWithoutACommit(t *testing.T) {
	w := newWorld(1)
	w.append(0, recordOf(event.Event{Type: event.TypeAlias, ShopID: "s", UserID: "u", ID: "a", Alias: "b", TS: 1}, false))
	w.away = 1
	pauses, longest := 0, time.Duration(0)
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Sleep = func(_ context.Context, d time.Duration) error {
			if w.away > 0 && len(w.committed) != 0 {
				t.Error("committed while the warehouse was away")
			}
			longest = max(longest, d)
			if pauses++; pauses == 100 {
				w.away = 0
			}
			return nil
		}
	})
	if !w.drained() || len(w.final(&schema.Aliases)) != 1 {
		t.Error("the row is missing")
	}
	if longest > DefaultConfig().BackoffMax {
		t.Errorf("paused for %v", longest)
	}
}

func TestARefusedDeadLetterStopsTheSink(t *testing.T) {
	w := newWorld(1)
	s, err := New(DefaultConfig(), Deps{Warehouse: w, Letters: w, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Topic: event.TopicDeadLetters, Value: []byte(`{"id":"refuse me"}`)}
	if err := s.process(t.Context(), []Record{r}); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want the refusal", err)
	}
	if len(w.letters) != 0 {
		t.Error("a letter bred a letter")
	}
}

// FuzzOpen shows that no bytes in any topic make the sink fail: a record is a
// row of the right length or set aside.
func FuzzOpen(f *testing.F) {
	f.Add(0, []byte(`{"type":"message"}`), []byte("x"))
	f.Add(6, []byte(`{"event_id":"e","touches":[{}]}`), []byte("\xff"))
	s, err := New(DefaultConfig(), Deps{Key: make([]byte, 32)})
	if err != nil {
		f.Fatal(err)
	}
	topics := Topics()
	f.Fuzz(func(t *testing.T, n int, value, source []byte) {
		r := Record{Topic: topics[uint(n)%uint(len(topics))], Value: value, Headers: []event.Header{{Key: event.HeaderSource, Value: source}}}
		i := s.open(&r)
		if (i.letter == nil) != (i.table != nil) || i.table != nil && len(i.row) != len(i.table.Columns) {
			t.Errorf("%s: letter %v, row %v", r.Topic, i.letter, i.row)
		}
	})
}

func TestEveryTypeFillsItsTable(t *testing.T) {
	for _, typ := range slices.Concat(event.Types(), event.OwnTypes()) {
		e := event.Event{Type: typ, ShopID: "s", UserID: "u", OrderID: "o", ID: "e", TS: 1, Items: []event.Item{{ItemID: "i"}}}
		v := event.Envelope{Identity: e.Identity()}
		table := facts(typ.Topic())
		if row := factRow(&Record{}, 1, &e, &v); len(row) != len(table.Columns) {
			t.Errorf("%s: %d values for %d columns", typ, len(row), len(table.Columns))
		}
	}
}
