package report

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	"askbuy/models/intent"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// fixture is a warehouse that tests fill by hand.
type fixture struct {
	*testing.T
	*clickhouse.DB
	position int64
}

// schemaOnce: making the schema takes longer than emptying its tables.
var schemaOnce sync.Once

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, DB: clickhousetest.DB(t)}
	schemaOnce.Do(func() {
		f.DB = clickhousetest.Fresh(t)
		migrations, err := schema.Render(schema.Cluster{})
		f.must(err)
		f.must(clickhouse.Migrate(t.Context(), f.DB, migrations, slog.New(slog.NewTextHandler(io.Discard, nil))))
		views, err := schema.Views(schema.Cluster{})
		f.must(err)
		for _, v := range views {
			f.run(v.SQL)
		}
	})
	for _, table := range schema.Tables() {
		f.run("TRUNCATE TABLE " + table.Name)
	}
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) run(sql string) {
	f.Helper()
	f.must(f.Exec(f.Context(), sql, nil))
}

// put inserts rows: values by column, zero where none is given. The first
// row's columns are those of all.
func (f *fixture) put(t schema.Table, rows ...map[string]any) {
	f.Helper()
	var columns []string
	inserted := make([][]any, len(rows))
	for i, values := range rows {
		f.position++
		defaults := map[string]any{
			"identity": fmt.Sprintf("%016d", f.position), "fp": strings.Repeat("f", 16), "raw_position": f.position, "version": uint64(f.position),
		}
		for _, c := range t.Columns {
			v, given := values[c]
			if !given {
				v, given = defaults[c]
			}
			if given {
				inserted[i] = append(inserted[i], v)
				if i == 0 {
					columns = append(columns, c)
				}
			}
		}
	}
	f.must(f.Insert(f.Context(), t.Name, columns, inserted))
}

// t0 is 2026-06-01 20:00 in Shanghai, long ago when tests run in its future.
const t0 = int64(1780315200000)

const (
	minute = int64(60_000)
	hour   = 60 * minute
	dayMs  = 24 * hour
)

func (f *fixture) message(user, conv, id string, ts int64, more map[string]any) {
	f.Helper()
	row := map[string]any{"shop_id": "s", "user_id": user, "conv_id": conv, "event_id": id, "from_role": "user", "channel": "web", "ts": ts}
	for k, v := range more {
		row[k] = v
	}
	f.put(schema.Messages, row)
}

func (f *fixture) paid(user, order string, ts int64, amount string, more map[string]any) {
	f.Helper()
	row := map[string]any{"shop_id": "s", "user_id": user, "order_id": order, "event_id": order + "-paid", "status": "paid", "currency": "CNY", "amount": amount, "ts": ts}
	for k, v := range more {
		row[k] = v
	}
	f.put(schema.OrderEvents, row)
}

// score writes the rows that the processors would for a conversation.
func (f *fixture) score(user, conv string, evidence map[string]float64, messages ...any) {
	f.Helper()
	var points []intent.Point
	var ids []string
	for i := 0; i < len(messages); i += 2 {
		ids = append(ids, messages[i].(string))
		points = append(points, intent.Point{TS: messages[i+1].(int64), Evidence: evidence[ids[len(ids)-1]], Params: intent.Default().Params()})
	}
	for i, s := range intent.Fold("s", points, nil) {
		f.put(schema.MessageScores, map[string]any{"shop_id": "s", "user_id": user, "conv_id": conv, "event_id": ids[i], "ts": points[i].TS,
			"intent": "price_query", "evidence": points[i].Evidence, "buy_score": s.BuyScore, "p_order": s.POrder, "p_net": s.PNet, "model_id": "m"})
	}
}

func (f *fixture) scoreOf(id string) float64 {
	f.Helper()
	row, err := clickhouse.One[struct {
		V float64 `ch:"v"`
	}](f.Context(), f.DB, "SELECT buy_score AS v FROM askbuy.message_scores FINAL WHERE event_id = {id:String}", map[string]any{"id": id})
	f.must(err)
	return row.V
}

func touch(conv string, at int64, explicit, last, first int, score float64) []any {
	return []any{conv, at, uint8(explicit), uint32(last), uint32(first), score}
}

func (f *fixture) touches(user, order string, at int64, named string, list ...[]any) {
	f.Helper()
	f.put(schema.Touches, map[string]any{"shop_id": "s", "user_id": user, "order_id": order, "order_at": at, "named_conv_id": named, "touches": list})
}

// shop is a small past whose derived rows are right.
func shop(t *testing.T) *fixture {
	f := newFixture(t)
	f.message("u1", "c1", "m1", t0, nil)
	f.message("u1", "c1", "b1", t0+1, map[string]any{"from_role": "bot"})
	f.message("u1", "c1", "m2", t0+minute, nil)
	f.message("u1", "c1", "test", t0+2*minute, map[string]any{"is_test": uint8(1)})
	f.message("u1", "c1", "m3", t0+minute+25*hour, nil)
	f.message("u1", "c2", "m4", t0+minute, map[string]any{"channel": "app"})
	f.message("u2", "c3", "m5", t0-40*dayMs, nil)
	f.message("u3", "c1", "m6", t0, nil)
	f.score("u1", "c1", map[string]float64{"m1": 1.25, "m2": 4.5, "m3": -0.75}, "m1", t0, "m2", t0+minute, "m3", t0+minute+25*hour)
	f.score("u1", "c2", map[string]float64{"m4": 0.5}, "m4", t0+minute)
	f.score("u2", "c3", map[string]float64{"m5": 0.1}, "m5", t0-40*dayMs)
	f.score("u3", "c1", map[string]float64{"m6": -2}, "m6", t0)

	// Two candidates of one time, the named one first; a month to the millisecond.
	f.paid("u1", "o1", t0+hour, "269.00", map[string]any{"conv_id": "c1"})
	f.touches("u1", "o1", t0+hour, "c1", touch("c1", t0+minute, 1, 1, 1, f.scoreOf("m2")), touch("c2", t0+minute, 0, 2, 2, f.scoreOf("m4")))
	f.paid("u2", "o2", t0-10*dayMs, "10.00", map[string]any{"currency": "USD"})
	f.touches("u2", "o2", t0-10*dayMs, "", touch("c3", t0-40*dayMs, 0, 1, 1, f.scoreOf("m5")))
	f.paid("u2", "o3", t0-10*dayMs+1, "10.00", map[string]any{"conv_id": "c1"}) // names another shopper's, a millisecond late
	f.touches("u2", "o3", 0, "")
	f.touches("u3", "o1", 0, "") // another's order, taken back
	return f
}

func (f *fixture) diff() *Diff {
	f.Helper()
	d, err := AgainstFacts(f.Context(), f.DB, map[string]*intent.Params{"m": intent.Default().Params()})
	f.must(err)
	return d
}

func TestAgainstFacts(t *testing.T) {
	f := shop(t)
	if d := f.diff(); d.Rows != 0 || len(d.Shoppers) != 0 {
		t.Fatalf("right rows differ: %+v", d)
	}
	// Each row said wrongly once more, and once unsaid.
	change := func(what, sql, want string) {
		t.Helper()
		f := shop(t)
		f.run(sql)
		var got []string
		d := f.diff()
		for _, x := range d.Differences {
			got = append(got, strings.Join([]string{x.Table, x.UserID, x.Key, x.What}, " "))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s\nwant %s\n%+v", what, strings.Join(got, ", "), want, d.Differences)
		}
		if d.Rows != int64(len(got)) || len(d.Shoppers) == 0 {
			t.Errorf("%s: %d rows of %v", what, d.Rows, d.Shoppers)
		}
	}
	again := func(table schema.Table, where string, replace ...string) string {
		columns := strings.Join(table.Columns, ", ")
		values := columns
		for i := 0; i < len(replace); i += 2 {
			values = strings.Replace(values, replace[i], replace[i+1], 1)
		}
		return "INSERT INTO " + table.Name + " (" + columns + ") SELECT " + strings.Replace(values, "version", "version + 1000", 1) + " FROM " + table.Name + " FINAL WHERE " + where
	}
	change("a score", again(schema.MessageScores, "event_id = 'm3'", "buy_score", "buy_score + 0.001"), "message_scores u1 m3 differs")
	change("a probability", again(schema.MessageScores, "event_id = 'm2'", "p_order", "p_order + 0.000001"), "message_scores u1 m2 differs")
	change("a moved message", again(schema.MessageScores, "event_id = 'm4'", "conv_id", "'c9'"), "message_scores u1 m4 differs")
	change("evidence", again(schema.MessageScores, "event_id = 'm1'", "evidence", "evidence + 1"), "message_scores u1 m1 differs, message_scores u1 m2 differs")
	change("a missing score", "ALTER TABLE askbuy.message_scores DELETE WHERE event_id = 'm6' SETTINGS mutations_sync = 2", "message_scores u3 m6 missing")
	change("a score too many", again(schema.MessageScores, "event_id = 'm6'", "event_id", "'b1'", "user_id", "'u1'"), "message_scores u1 b1 not due")
	change("touches of nobody", again(schema.Touches, "order_id = 'o1' AND user_id = 'u1'", "user_id", "'u3'"), "touches u3 o1 not due")
	change("no touches", again(schema.Touches, "order_id = 'o2'", "touches", "[]"), "touches u2 o2 missing")
	change("a rank", again(schema.Touches, "order_id = 'o2'", "touches", "arrayMap(x -> (x.1, x.2, x.3, x.4, 2, x.6), touches)"), "touches u2 o2 differs")
	change("a named conversation", again(schema.Touches, "order_id = 'o1' AND user_id = 'u1'", "named_conv_id", "'c2'"), "touches u1 o1 differs")
}

func TestFunnelOfAShop(t *testing.T) {
	f := shop(t)
	r, err := Funnel(t.Context(), f.DB, Filter{})
	f.must(err)
	c := r.Total.Counts
	want := Counts{Conversations: 4, HighIntent: 1, Ordered: 1, Kept: 1, HighIntentOrdered: 1, HighIntentKept: 1, OtherCurrencyOrders: 1}
	if c != want {
		t.Errorf("counts %+v, want %+v", c, want)
	}
	if len(r.Days) != 2 || len(r.Intents) != 1 || r.Days[1].Key != "2026-06-01" || r.Days[1].Conversations != 3 {
		t.Errorf("days %+v, intents %+v", r.Days, r.Intents)
	}
	// The first paid order's currency is the shop's: the other's counts, its amount does not.
	if fmt.Sprint(r.Total.Amounts) != "[{USD 0.00 0.00}]" {
		t.Errorf("amounts %v", r.Total.Amounts)
	}
	one := 1.0
	if *r.Total.Maturity != one || *r.Total.KeptMaturity != one {
		t.Errorf("maturity %v, %v", *r.Total.Maturity, *r.Total.KeptMaturity)
	}
	for _, none := range []Filter{{Shop: "x"}, {Channel: "x"}, {From: "2026-06-02"}, {To: "2026-01-01"}, {Intent: "'"}} {
		r, err := Funnel(t.Context(), f.DB, none)
		f.must(err)
		if r.Total.Conversations != 0 || r.Total.IntentToOrder.Warning != NothingToMeasure {
			t.Errorf("%+v: %+v", none, r.Total)
		}
	}
	r, err = Funnel(t.Context(), f.DB, Filter{Shop: "s", From: "2026-06-01", To: "2026-06-01", Channel: "app", Intent: "price_query"})
	f.must(err)
	if r.Total.Conversations != 1 {
		t.Errorf("filtered: %+v", r.Total)
	}
}

func TestAttributionOfAShop(t *testing.T) {
	f := shop(t)
	f.put(schema.Shops, map[string]any{"shop_id": "s", "time_zone": "Asia/Shanghai", "reporting_currency": "CNY"})
	r, err := Attribution(t.Context(), f.DB, "linear", 720, Filter{Shop: "s"})
	f.must(err)
	if r.Orders != 3 || r.Unattributed != 1 || r.ExplicitUnmatched != 1 {
		t.Errorf("orders %+v", r)
	}
	if fmt.Sprint(r.Total) != "[{ CNY 2 1 2 269.00 269.00}]" {
		t.Errorf("total %v", r.Total)
	}
	if fmt.Sprint(r.Channels) != "[{web CNY 2 1 1.5 134.50 134.50} {app CNY 1 0 0.5 134.50 134.50}]" {
		t.Errorf("channels %v", r.Channels)
	}
	if len(r.Top) != 3 || r.Top[0].ConvID != "c1" || r.Top[2].ConvID != "c3" {
		t.Errorf("top %v", r.Top)
	}
	r, err = Attribution(t.Context(), f.DB, "last_touch", 72, Filter{From: "2026-06-01", Intent: "price_query", Channel: "web"})
	f.must(err)
	if r.Orders != 1 || r.Unattributed != 0 || fmt.Sprint(r.Intents) != "[{price_query CNY 1 0 1 269.00 269.00}]" {
		t.Errorf("last touch %+v", r)
	}
	for _, bad := range []func() error{
		func() error { _, err := Attribution(t.Context(), f.DB, "best", 72, Filter{}); return err },
		func() error { _, err := Attribution(t.Context(), f.DB, "linear", 0, Filter{}); return err },
	} {
		if bad() == nil {
			t.Error("want an error")
		}
	}
}

func TestLedgerOfAShop(t *testing.T) {
	f := newFixture(t)
	for offset, outcome := range []string{"stored", "duplicate", "conflict", "quarantined", "erased"} {
		f.put(schema.Receipts, map[string]any{"topic": event.TopicMessages, "raw_position": int64(offset), "outcome": outcome, "source": "coze", "received_at": t0})
	}
	f.put(schema.OffsetCuts, map[string]any{"topic": event.TopicMessages, "partition": int32(0), "end_offset": int64(8), "committed_offset": int64(5), "noted_at": t0})
	f.put(schema.DeadLetters, map[string]any{"id": "x", "stage": "sink", "reason": "conflict", "position": int64(2)})
	r, err := Ledger(t.Context(), f.DB)
	f.must(err)
	if want := (LedgerRow{event.TopicMessages, 8, 1, 1, 1, 1, 1, 3, 0}); !slices.Equal(r.Topics, []LedgerRow{want}) || !r.NothingLost {
		t.Errorf("got %+v", r)
	}
	if want := []LedgerPart{{"", LedgerRow{event.TopicMessages, 3, 0, 0, 0, 0, 0, 3, 0}}, {"coze", LedgerRow{event.TopicMessages, 5, 1, 1, 1, 1, 1, 0, 0}}}; !slices.Equal(r.Sources, want) {
		t.Errorf("by source %+v", r.Sources)
	}
	if fmt.Sprint(r.SetAside) != "[{sink conflict 1 1}]" {
		t.Errorf("set aside %v", r.SetAside)
	}
	f.put(schema.OffsetCuts, map[string]any{"topic": event.TopicMessages, "partition": int32(0), "end_offset": int64(8), "committed_offset": int64(7), "noted_at": t0 + 1})
	r, err = Ledger(t.Context(), f.DB)
	f.must(err)
	if r.NothingLost || r.Total.Unexplained != 2 || r.Total.InFlight != 1 {
		t.Errorf("got %+v", r)
	}
}

// signalled are the default's parameters with a weight on every signal.
func signalled() *intent.Params {
	p := *intent.Default().Params()
	p.Signals, p.Loss, p.LossB, p.Shops = map[string]float64{}, map[string]float64{}, -2, map[string]float64{"s": .25, "o'er \\": -1}
	for i, name := range intent.SignalNames() {
		p.Signals[name], p.Loss[name] = .1*float64(i+1), -.05*float64(i+1)
	}
	return &p
}

// The scores by SQL are those of the fold, signals included, at the edges of
// their windows too; and a behaviour, an order, a claim or a bargain that is gone shows.
func TestAgainstFactsReadsSignals(t *testing.T) {
	f := newFixture(t)
	p := signalled()
	times := []int64{t0, t0 + minute, t0 + 30*minute, t0 + dayMs, t0 + dayMs + hour, t0 + 30*dayMs, t0 + 30*dayMs + minute}
	past := &intent.Past{Claims: []int64{times[1], times[5]}}
	behave := func(name string, at int64, test uint8) {
		f.put(schema.Behaviors, map[string]any{"shop_id": "s", "user_id": "u", "event_id": fmt.Sprint(name, at), "name": name, "ts": at, "is_test": test})
		if test == 0 {
			past.Behaviors = append(past.Behaviors, intent.Behavior{TS: at, Signal: intent.SignalOf(name)})
		}
	}
	for _, name := range []string{"page_view", "item_click", "add_to_cart", "checkout", "favorite", "stared"} {
		behave(name, t0, 0)
		behave(name, t0+2*minute, 0)
		behave(name, t0+29*dayMs+minute, 1)
	}
	behave("page_view", t0+30*dayMs, 0)
	pay := func(order string, at, lost int64) {
		f.paid("u", order, at, "10.00", nil)
		if lost > 0 {
			f.put(schema.OrderEvents, map[string]any{"shop_id": "s", "user_id": "u", "order_id": order, "event_id": order + "-x", "status": "cancelled", "ts": lost})
		}
		past.Purchases = append(past.Purchases, intent.Purchase{PaidAt: at, LostAt: max(lost, 1)})
		if lost == 0 {
			past.Purchases[len(past.Purchases)-1].LostAt = 1 << 62
		}
	}
	pay("o1", t0+minute, t0+30*minute)
	pay("o2", t0+10*dayMs, 0)
	past.Sort()
	var points []intent.Point
	for i, at := range times {
		points = append(points, intent.Point{TS: at, Evidence: .3 * float64(i), Bargain: i == 2 || i == 6, Params: p})
	}
	topics := map[int]string{1: intent.Claim, 5: intent.Claim, 2: intent.Bargain, 6: intent.Bargain}
	for i, s := range intent.Fold("s", points, past) {
		id := fmt.Sprint("m", i)
		f.message("u", "c", id, times[i], nil)
		f.put(schema.MessageScores, map[string]any{"shop_id": "s", "user_id": "u", "conv_id": "c", "event_id": id, "ts": times[i], "act": topics[i], "intent": "promotion",
			"evidence": points[i].Evidence, "buy_score": s.BuyScore, "p_order": s.POrder, "p_net": s.PNet, "model_id": "m"})
	}
	scores := func() (differ []string) {
		d, err := AgainstFacts(f.Context(), f.DB, map[string]*intent.Params{"m": p, "another": intent.Default().Params()})
		f.must(err)
		for _, x := range d.Differences {
			if x.Table == "message_scores" {
				differ = append(differ, x.Key+" "+x.Want+" "+x.Got)
			}
		}
		return differ
	}
	if got := scores(); len(got) > 0 {
		t.Fatalf("right scores differ: %q", got)
	}
	for _, gone := range []string{
		"askbuy.behaviors WHERE name = 'page_view'", "askbuy.behaviors WHERE name = 'add_to_cart'", "askbuy.behaviors WHERE name = 'checkout'",
		"askbuy.behaviors WHERE name = 'favorite'", "askbuy.order_events WHERE order_id = 'o1' AND status = 'cancelled'", "askbuy.order_events WHERE order_id = 'o2'",
	} {
		table, _, _ := strings.Cut(gone, " ")
		f.run("CREATE OR REPLACE TABLE askbuy.kept AS " + table)
		f.run("INSERT INTO askbuy.kept SELECT * FROM " + table)
		f.run("DELETE FROM " + gone)
		if len(scores()) == 0 {
			t.Errorf("nothing differs without %s", gone)
		}
		f.run("TRUNCATE TABLE " + table)
		f.run("INSERT INTO " + table + " SELECT * FROM askbuy.kept")
	}
	f.run("DROP TABLE askbuy.kept")
	columns := strings.Join(schema.MessageScores.Columns, ", ")
	for id, act := range map[string]string{"m5": intent.Claim, "m2": intent.Bargain} {
		set := func(act string) {
			values := strings.Replace(strings.Replace(columns, "act", "'"+act+"'", 1), "version", "version + 1", 1)
			f.run("INSERT INTO askbuy.message_scores (" + columns + ") SELECT " + values + " FROM askbuy.message_scores FINAL WHERE event_id = '" + id + "'")
		}
		set("other")
		if len(scores()) == 0 {
			t.Errorf("nothing differs when %s is no %s", id, act)
		}
		set(act)
	}
	if got := scores(); len(got) > 0 {
		t.Fatalf("scores differ after all is put back: %q", got)
	}
	if _, err := AgainstFacts(f.Context(), f.DB, map[string]*intent.Params{"another": p}); err == nil || !strings.Contains(err.Error(), `"m"`) {
		t.Errorf("an unknown model: %v", err)
	}
}
