package sinks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"askbuy/internal/erasure"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// listed is a list of the erased that comes into force at a refresh.
type listed struct {
	*erasure.List
	after int // refreshes
	seen  bool
}

func (l *listed) Refresh(context.Context) (bool, error) {
	l.after--
	changed := l.after <= 0 && !l.seen
	l.seen = l.seen || changed
	return changed, nil
}

func (l *listed) EventGone(e *event.Event) bool { return l.seen && l.List.EventGone(e) }

func (l *listed) LetterGone(d *event.DeadLetter) bool { return l.seen && l.List.LetterGone(d) }

var erasureKey = make([]byte, 32)

func eraseUser(user string, upTo int64) *erasure.List {
	h := erasure.NewHasher(erasureKey)
	return erasure.Of(h, erasure.Entry{Subject: h.Shopper(event.Shopper{ShopID: "s", UserID: user}), UpTo: upTo})
}

// Once the list is in force and the log is read again, nothing of the erased
// comes into any table, and all of it has a receipt that says so and no more.
func TestErasedLeaveReceiptsAlone(t *testing.T) {
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 5))
		w := newWorld(seed)
		history(w, dice, 2)
		for n := range 10 {
			w.append(int32(n%2), recordOf(event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "other", ID: fmt.Sprint("m", n), ConvID: "c", From: event.RoleUser, Text: "a", TS: 5}, false))
		}
		list := &listed{List: eraseUser("u", 1_790_000_000_000), after: dice.IntN(3)} // of its two event times the first
		heed := func(s *Sink, _ *fakeSource) { s.deps.Erasures = list }
		live(t, w, dice, heed)
		list.after, list.seen = 0, false
		for _, table := range []*schema.Table{&schema.Messages, &schema.Behaviors} {
			w.tables[table.Name] = slices.DeleteFunc(w.tables[table.Name], func(row []any) bool {
				return row[1] == "u" && column[int64](table, row, "ts") <= 1_790_000_000_000
			})
		}
		w.letters = nil
		clear(w.committed)
		live(t, w, dice, heed)

		outcomes := map[string][]any{}
		for _, row := range w.final(&schema.Receipts) {
			outcomes[fmt.Sprint(row[:3])] = row
		}
		for p, log := range w.logs {
			for _, r := range log {
				row := outcomes[fmt.Sprint([]any{p.Topic, p.Index, r.Offset})]
				e, _, err := event.Open(r.Headers, r.Value)
				gone := err == nil && list.List.EventGone(e)
				if got := row[3] == string(Erased); got != gone {
					t.Fatalf("seed %d: %s is %v, gone is %v", seed, r.Value, row[3], gone)
				}
				if gone && row[6] != string(make([]byte, 16)) {
					t.Fatalf("seed %d: an erased record's receipt has an identity", seed)
				}
			}
		}
		for _, table := range []*schema.Table{&schema.Messages, &schema.Behaviors} {
			for _, row := range w.tables[table.Name] {
				if row[1] == "u" && column[int64](table, row, "ts") <= 1_790_000_000_000 {
					t.Fatalf("seed %d: %s has %v", seed, table.Name, row)
				}
			}
		}
		for _, l := range w.letters {
			if list.List.LetterGone(&l) {
				t.Fatalf("seed %d: a letter repeats %s", seed, l.Bytes)
			}
		}
	}
}

// An event that an erased one shares its id with is no copy of it.
func TestErasedCopyIsForgotten(t *testing.T) {
	w := newWorld(1)
	e := event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: "m", ConvID: "c", From: event.RoleUser, Text: "then", TS: 5}
	w.append(0, recordOf(e, false))
	list := &listed{List: eraseUser("u", 5), after: 2}
	ctx := t.Context()
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Erasures = list
		if err := s.process(ctx, w.logs[Partition{event.TopicMessages, 0}]); err != nil {
			t.Fatal(err)
		}
		clear(w.tables) // the erasure's deletion
		e.Text, e.TS = "now", 6
		w.append(0, recordOf(e, false))
		if err := s.process(ctx, w.logs[Partition{event.TopicMessages, 0}][1:]); err != nil {
			t.Fatal(err)
		}
	})
	rows := w.final(&schema.Messages)
	for _, row := range rows {
		if column[string](&schema.Messages, row, "text") == "now" && len(rows) == 1 {
			return
		}
	}
	t.Errorf("facts are %v, want the new shopper's", rows)
}

// Derived rows and letters of the erased, late from processors, are left out.
func TestErasedDerivedRows(t *testing.T) {
	w := newWorld(1)
	put := func(topic, value string) { w.append(0, Record{Topic: topic, Value: []byte(value)}) }
	put(event.TopicMessageScores, `{"shop_id":"s","user_id":"u","event_id":"then","ts":5,"version":1}`)
	put(event.TopicMessageScores, `{"shop_id":"s","user_id":"u","event_id":"now","ts":6,"version":1}`)
	put(event.TopicTouches, `{"shop_id":"s","order_id":"then","user_id":"u","touches":[],"named_at":5,"version":1}`)
	put(event.TopicTouches, `{"shop_id":"s","order_id":"now","user_id":"u","touches":[],"named_at":6,"version":1}`)
	put(event.TopicDeadLetters, `{"id":"then","stage":"ingest","reason":"malformed","shop_id":"s","received_at":5,"bytes":"eyJ1c2VyX2lkIjoidSJ9"}`)
	put(event.TopicDeadLetters, `{"id":"now","stage":"ingest","reason":"malformed","shop_id":"s","received_at":6,"bytes":"eyJ1c2VyX2lkIjoidSJ9"}`)
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Erasures = &listed{List: eraseUser("u", 5), seen: true}
	})
	for table, id := range map[*schema.Table]string{&schema.MessageScores: "event_id", &schema.Touches: "order_id", &schema.DeadLetters: "id"} {
		if rows := w.tables[table.Name]; len(rows) != 1 || column[string](table, rows[0], id) != "now" {
			t.Errorf("%s has %v", table.Name, rows)
		}
	}
}

// outage is a warehouse that is away for some inserts of facts; when it comes
// back somebody has been erased, and the partition has moved on.
type outage struct {
	*world
	away  int
	erase func()
}

func (o *outage) Insert(ctx context.Context, name string, columns []string, rows [][]any) error {
	if name == schema.Messages.Name && o.away > 0 {
		if o.away--; o.away == 0 {
			o.erase()
		}
		return errAway
	}
	return o.world.Insert(ctx, name, columns, rows)
}

// Who is erased while a batch waits for the warehouse comes in by none of its
// later attempts; the others do.
func TestErasedWhileABatchWaits(t *testing.T) {
	w := newWorld(1)
	for _, user := range []string{"u", "other"} {
		w.append(0, recordOf(event.Event{Type: event.TypeMessage, ShopID: "s", UserID: user, ID: "m", ConvID: "c", From: event.RoleUser, Text: "a", TS: 5}, false))
	}
	list := &listed{List: eraseUser("u", 5), after: 1 << 30}
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Erasures = list
		s.deps.Warehouse = &outage{w, 3, func() { list.after = 0 }}
		if err := s.process(t.Context(), w.logs[Partition{event.TopicMessages, 0}]); err != nil {
			t.Fatal(err)
		}
		for _, row := range w.tables[schema.Messages.Name] {
			if row[1] != "other" {
				t.Errorf("after the erasure came %v", row)
			}
		}
	})
	if rows, by := w.final(&schema.Messages), receiptsBy(w); len(rows) != 1 || by[Erased] != 1 || by[Fresh] != 1 {
		t.Errorf("facts are %v, receipts %v", rows, by)
	}
}
