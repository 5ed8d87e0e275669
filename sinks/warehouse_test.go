package sinks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// tables is a real warehouse with the schema of this version.
func tables(t testing.TB) *Tables {
	db := clickhousetest.Fresh(t)
	migrations, err := schema.Render(schema.Cluster{})
	if err != nil {
		t.Fatal(err)
	}
	if err := clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	views, err := schema.Views(schema.Cluster{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if err := db.Exec(t.Context(), v.SQL, nil); err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
	}
	return &Tables{DB: db}
}

// strict is the real warehouse, which the rows that the tests call bad offend
// for real, through the world's crashes and outages.
type strict struct {
	*Tables
	world *world
}

func (s *strict) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	for n, row := range rows {
		for _, cell := range row {
			if cell == "refuse me" { // no string fits a number
				rows[n] = append(append([]any{}, row[:len(row)-1]...), "no number")
			}
		}
	}
	var inner error
	if err := s.world.act(func() { inner = s.Tables.Insert(ctx, table, columns, rows) }); err != nil {
		return err
	}
	return inner
}

// copyBack brings what the real tables hold into the world's, as
// differences() reads them.
func (s *strict) copyBack(t *testing.T) {
	t.Helper()
	s.world.tables = map[string][][]any{}
	read := func(table schema.Table, replace map[string]string) {
		columns := make([]string, len(table.Columns))
		for n, c := range table.Columns {
			columns[n] = c
			if r, ok := replace[c]; ok {
				columns[n] = r
			}
		}
		_, _, rows, err := s.DB.Query(t.Context(), fmt.Sprintf("SELECT %s FROM %s FINAL", strings.Join(columns, ", "), table.Name), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.world.tables[table.Name] = rows
	}
	read(schema.Receipts, nil)
	read(schema.Messages, nil)
	read(schema.Behaviors, nil)
}

func TestRealTables(t *testing.T) {
	for seed := range uint64(3) {
		dice := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(seed)
		w.away = 0.1
		history(w, dice, 2)
		s := &strict{tables(t), w}
		live(t, w, dice, func(sink *Sink, _ *fakeSource) { sink.deps.Warehouse = s })
		s.copyBack(t)
		for _, d := range differences(w) {
			t.Errorf("seed %d: %s", seed, d)
		}
	}
}

// TestRealRows shows that every table takes every shape of row, and that what
// comes out is what went in.
func TestRealRows(t *testing.T) {
	s := tables(t)
	w := newWorld(1)
	amount, dwell, stars, yes := event.Money(999999999999999999), int64(5), int64(4), true
	long := strings.Repeat("长", 300)
	for _, e := range []event.Event{
		{Type: event.TypeMessage, ShopID: "s'\\\x01\n", UserID: "u,.", ID: "m\t", ConvID: "c", From: event.RoleUser, Text: long, TS: -62135596800000, Attrs: []byte(`{"a":1}`)},
		{Type: event.TypeOrder, ShopID: "s", UserID: "u", OrderID: "o", ID: "e", Status: event.StatusPaid, Amount: &amount, Currency: "CNY", TS: -2300000000000,
			Items: []event.Item{{ItemID: "i", Quantity: 2, Amount: 150}}},
		{Type: event.TypeOrder, ShopID: "s", OrderID: "o", ID: "e2", Status: event.StatusRefunded, TS: 5},
		{Type: event.TypeOrder, ShopID: "s", OrderID: "o", ID: "e3", Status: event.StatusCreated, TS: 5, Items: []event.Item{}},
		{Type: event.TypeBehavior, ShopID: "s", UserID: "u", ID: "b", Name: "dwell", DwellMS: &dwell, TS: 5},
		{Type: event.TypeExposure, ShopID: "s", UserID: "u", ID: "x", Experiment: "e", Variant: "v", TS: 5},
		{Type: event.TypeFeedback, ShopID: "s", UserID: "u", ID: "f", Rating: &stars, Resolved: &yes, TS: 5},
		{Type: event.TypeAlias, ShopID: "s", UserID: "u", ID: "a", Alias: "z", TS: 5},
	} {
		w.append(0, recordOf(e, false))
		w.append(0, recordOf(e, true)) // a duplicate, looked up or remembered
	}
	w.append(0, Record{Topic: event.TopicMessageScores, Value: []byte(`{"shop_id":"s","user_id":"u","event_id":"m","ts":-2300000000000,"intent":"price","intent_path":["a","b"],"evidence":0.5,"buyScore":0.7,"terms":{"views":0.5,"message":-1},"version":9}`)})
	w.append(0, Record{Topic: event.TopicTouches, Value: []byte(`{"shop_id":"s","order_id":"o","user_id":"u","order_at":9,"touches":[{"conv_id":"c","touch_at":-5,"explicit":true,"rank_last":1,"rank_first":2,"buyScore":0.1}],"version":9}`)})
	w.append(0, Record{Topic: event.TopicTouches, Value: []byte(`{"shop_id":"s","order_id":"o","user_id":"v","touches":[],"version":9}`)})
	w.append(0, Record{Topic: event.TopicDeadLetters, Value: []byte(`{"id":"i","stage":"ingest","reason":"malformed","bytes":"/w=="}`)})
	w.cuts = []Cut{{event.TopicMessages, 0, 0, 2, 2}}
	for range 2 { // again from the start: the same rows
		clear(w.committed)
		w.run(t, DefaultConfig(), func(sink *Sink, _ *fakeSource) {
			sink.deps.Warehouse, sink.deps.Offsets = s, w
			if err := sink.noteCut(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if len(w.letters) != 0 {
		t.Errorf("set aside: %+v", w.letters)
	}
	f := func(sql, want string) {
		t.Helper()
		_, _, rows, err := s.DB.Query(t.Context(), sql, nil)
		if got := fmt.Sprint(rows); err != nil || got != want {
			t.Errorf("%s\ngot  %s, %v\nwant %s", sql, got, err, want)
		}
	}
	f(`SELECT hex(shop_id), toUnixTimestamp64Milli(ts), lengthUTF8(text), attrs, raw_position FROM askbuy.messages FINAL`, `[[73275C010A -9223372036854 300 {"a":1} 0]]`)
	f(`SELECT event_id, toUnixTimestamp64Milli(ts), toString(amount), has_items, toString(items) FROM askbuy.order_events FINAL ORDER BY event_id`,
		`[[e -2300000000000 9999999999999999.99 1 [('i','',2,1.5,'')]] [e2 5 <nil> 0 []] [e3 5 <nil> 1 []]]`)
	f(`SELECT dwell_ms FROM askbuy.behaviors FINAL`, `[[5]]`)
	f(`SELECT rating, resolved FROM askbuy.feedback FINAL`, `[[4 1]]`)
	f(`SELECT experiment, variant FROM askbuy.exposures FINAL`, `[[e v]]`)
	f(`SELECT alias FROM askbuy.aliases FINAL`, `[[z]]`)
	f(`SELECT outcome, count() FROM askbuy.receipts FINAL GROUP BY outcome ORDER BY outcome`, `[[duplicate 8] [stored 8]]`)
	f(`SELECT toUnixTimestamp64Milli(ts), intent_path, toString(terms) FROM askbuy.message_scores FINAL`, `[[-2300000000000 [a b] [('message',-1),('views',0.5)]]]`)
	f(`SELECT user_id, toUnixTimestamp64Milli(touches[1].touch_at), touches[1].rank_first, length(touches) FROM askbuy.touches FINAL ORDER BY user_id`, `[[u -5 2 1] [v 0 0 0]]`)
	f(`SELECT id, topic, position FROM askbuy.dead_letters FINAL`, `[[i deadletters.v1 0]]`)
	f(`SELECT topic, end_offset, committed_offset FROM askbuy.offset_cuts FINAL`, `[[messages.v1 2 2]]`)
	if n, err := s.Unexplained(t.Context()); n != 0 || err != nil {
		t.Errorf("unexplained %d, %v", n, err)
	}
	if err := s.Probe(t.Context(), "askbuy.messages", []string{"no_such"}); err == nil {
		t.Error("a probe for a missing column succeeded")
	}
}

func BenchmarkProcess(b *testing.B) {
	s := tables(b)
	sink, err := New(DefaultConfig(), Deps{Warehouse: s, Key: make([]byte, 32)})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	records := make([]Record, 5000)
	for b.Loop() {
		for i := range records {
			n++
			e := event.Event{Type: event.TypeMessage, ShopID: "s", UserID: fmt.Sprint(n % 999), ID: fmt.Sprint(n), ConvID: "c", From: event.RoleUser, Text: "有优惠券吗", TS: int64(n)}
			records[i] = recordOf(e, false)
			records[i].Offset = int64(n)
		}
		if err := sink.process(b.Context(), records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
