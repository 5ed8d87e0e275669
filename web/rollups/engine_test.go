package rollups

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	schema "askbuy/schemas/clickhouse"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// start is the first moment of the tests: to come, so that what was stored before it is told by its storing alone.
var start = time.Now().UTC().Truncate(time.Second).Add(time.Hour)

// world is a warehouse that things happen to.
type world struct {
	t    *testing.T
	db   *clickhouse.DB
	at   time.Time           // all that arrived until then is stored
	n    int64               // of the next event: its position, and what names it
	rows map[string][]string // that are to be inserted, by the beginning of the statement
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: clickhousetest.Fresh(t), at: start, n: 1000, rows: map[string][]string{}}
	migrations, err := schema.Render(schema.Cluster{})
	w.must(err)
	w.must(clickhouse.Migrate(t.Context(), w.db, migrations, slog.New(slog.DiscardHandler)))
	views, err := schema.Views(schema.Cluster{})
	w.must(err)
	rollups, err := schema.Rollups(schema.Cluster{})
	w.must(err)
	for _, v := range append(views, rollups...) {
		w.must(w.db.Exec(t.Context(), v.SQL, nil))
	}
	for _, what := range []string{"WAIT", "STOP"} {
		w.do("SYSTEM %s VIEW askbuy.lights_refresh", what)
	}
	w.do("INSERT INTO askbuy.shops VALUES ('s1', '', 'CNY', 1)") // s2 has the currency of its first order
	for i := range 40 {
		w.conversation(i%4/3+1, i/2, i, time.Duration(i)*11*time.Hour)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(format string, args ...any) {
	w.t.Helper()
	sql := fmt.Sprintf(format, args...)
	if err := w.db.Exec(w.t.Context(), sql, nil, clickhouse.Settings{"mutations_sync": 2}); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// insert stores a row with the next flush: one statement a table.
func (w *world) insert(into, format string, args ...any) {
	w.rows[into] = append(w.rows[into], fmt.Sprintf(format, args...))
}

func (w *world) flush() {
	w.t.Helper()
	for into, rows := range w.rows {
		w.do("%s", "INSERT INTO "+into+" VALUES "+strings.Join(rows, ", "))
	}
	clear(w.rows)
}

func (w *world) next() int64 { w.n++; return w.n }

func stamp(at time.Time) string { return "'" + at.Format("2006-01-02 15:04:05.000") + "'" }

func shop(n int) string { return fmt.Sprintf("'s%d'", n) }

const fact = "ts, received_at, raw_position, version"

// fact writes the end of a fact's row: it arrived just before the moment.
func (w *world) fact(ts time.Time) string {
	n := w.next()
	return fmt.Sprintf("%s, %s, %d, %d", stamp(ts), stamp(w.at), n, 1_000_000-n)
}

func (w *world) message(s, user, conv int, id, role, channel string, ts time.Time) {
	w.insert("askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, channel, bot_id, "+fact+")", "(%s, 'u%d', '%s', 'c%d', '%s', '在吗', '%s', 'b1', %s)", shop(s), user, id, conv, role, channel, w.fact(ts))
}

func (w *world) score(s, user, conv int, id string, score float64, intent string, ts time.Time) {
	w.insert("askbuy.message_scores (shop_id, user_id, event_id, conv_id, ts, act, intent, intent_path, evidence, buy_score, p_order, p_net, model_id, version)", "(%s, 'u%d', '%s', 'c%d', %s, 'bargain', '%s', ['%s'], %g, %g, %g, %g, 'm1', %d)",
		shop(s), user, id, conv, stamp(ts), intent, intent, 3*score-1, score, score/2, score/3, w.next())
}

func (w *world) order(s, order int, user, status, values string, ts time.Time) {
	w.insert("askbuy.order_events (shop_id, order_id, event_id, user_id, status, amount, refunded_amount, currency, coupon, "+fact+")", "(%s, 'o%d', 'o%d-%d', '%s', '%s', %s, %s)", shop(s), order, order, w.next(), user, status, values, w.fact(ts))
}

// touched says which conversation an order touched; none takes it back.
func (w *world) touched(s, order, user, conv int, at time.Time) {
	touches := "[]"
	if conv >= 0 {
		touches = fmt.Sprintf("[('c%d', %s, 0, 1, 1, 0.8)]", conv, stamp(at.Add(-time.Hour)))
	}
	w.insert("askbuy.touches (shop_id, order_id, user_id, order_at, touches, version)", "(%s, 'o%d', 'u%d', %s, %s, %d)", shop(s), order, user, stamp(at), touches, w.next())
}

// conversation is one of three messages that began some time before, and of every third an order.
func (w *world) conversation(s, user, conv int, ago time.Duration) {
	began := start.Add(-ago - 3*time.Hour)
	for k, role := range []string{"user", "bot", "user"} {
		id, ts := fmt.Sprintf("m%d-%d", conv, k), began.Add(time.Duration(k)*time.Minute)
		w.message(s, user, conv, id, role, []string{"web", "app"}[conv%2], ts)
		if role == "user" {
			w.score(s, user, conv, id, []float64{0.2, 0, 0.3 + 0.1*float64(conv%6)}[k], []string{"price", "size"}[conv%2], ts)
		}
	}
	if conv%3 == 0 {
		w.buy(s, conv, user, conv, began.Add(time.Hour), "CNY")
	}
}

func (w *world) buy(s, order, user, conv int, at time.Time, currency string) {
	w.order(s, order, fmt.Sprintf("u%d", user), "paid", fmt.Sprintf("%d, NULL, '%s', 'NEW30'", 100+order, currency), at)
	w.touched(s, order, user, conv, at)
}

// pass lets a minute pass: all that happened is stored.
func (w *world) pass() {
	w.t.Helper()
	w.flush()
	w.at = w.at.Add(time.Minute)
	w.do("TRUNCATE TABLE askbuy.lights")
	w.do("INSERT INTO askbuy.lights VALUES (%s, 1, 0, 0)", stamp(w.at))
}

// step lets a minute pass and brings the rollup up to date.
func (w *world) step(k *Keeper) outcome {
	w.t.Helper()
	w.pass()
	did, err := k.Turn(w.t.Context())
	w.must(err)
	return did
}

func keeper(t *testing.T, db *clickhouse.DB, c Config) *Keeper {
	t.Helper()
	lineages := uint64(0)
	k, err := New(c, Deps{
		DB: db, Now: time.Now, Token: func() uint64 { lineages++; return lineages }, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// columns are those that views and rollup share, but for what depends on nothing else.
var columns = strings.Join([]string{
	"shop_id", "conv_id", "user_id", "channel", "cohort_date", "started_at", "last_message_at", "last_user_message_at", "first_received_at", "last_received_at",
	"bot_id", "user_messages", "bot_messages", "agent_messages", "intent", "buy_score", "buy_score_peak", "p_order", "model_id", "intent_level", "high_intent_at",
	"order_id", "ordered_at", "orders", "coupon", "order_amount", "net_amount", "other_currency_orders", "is_ordered", "is_kept", "is_carted", "high_intent_ordered_at",
	"is_high_intent_ordered", "is_high_intent_kept", "is_closed", "is_settled", "experiment", "variant",
}, ", ")

func (w *world) ask(sql string) []string {
	w.t.Helper()
	_, _, rows, err := w.db.Query(w.t.Context(), sql, nil, asWritten)
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	var told []string
	for _, row := range rows {
		told = append(told, fmt.Sprint(row...))
	}
	return told
}

// rolled is the rollup as of a moment, as SQL.
func (w *world) rolled(at time.Time) string {
	w.t.Helper()
	lineage := w.ask("SELECT toString(g.lineage) FROM askbuy.rollup_generations AS g WHERE g.as_of = " + stamp(at) + " ORDER BY g.published_at DESC LIMIT 1")
	if len(lineage) != 1 {
		w.t.Fatalf("no generation is of %v", at)
	}
	return fmt.Sprintf("askbuy.rolled_conversations(lineage = %s, as_of = %s)", lineage[0], stamp(at))
}

// judged are the columns of the messages that scores are judged by.
const judged = "shop_id, user_id, conv_id, event_id, ts, day, model_id, buy_score, p_order, prefix, weight, y, order_id, is_kept"

// same wants two sources of unlike rows to have the same, and some.
func (w *world) same(after, columns, one, other string) {
	w.t.Helper()
	for _, pair := range [][2]string{{one, other}, {other, one}} {
		for _, row := range w.ask("SELECT " + columns + " FROM " + pair[0] + " EXCEPT SELECT " + columns + " FROM " + pair[1]) {
			w.t.Errorf("after %s, %s alone has %s", after, pair[0], row)
		}
	}
	if n, m := w.ask("SELECT count() FROM " + one)[0], w.ask("SELECT count() FROM " + other)[0]; n != m || n == "0" {
		w.t.Errorf("after %s, %s has %s rows, %s %s", after, one, n, other, m)
	}
}

// equal wants the rollup to say what the views say, row by row, and its sums what the rows add up to.
func (w *world) equal(after string) {
	w.t.Helper()
	rolled, views := w.rolled(w.at), fmt.Sprintf("bi.conversations_at(as_of = %s)", stamp(w.at))
	w.same(after, columns, rolled, views)
	w.same(after, judged, strings.Replace(rolled, "rolled_conversations", "rolled_scores", 1), fmt.Sprintf("bi.scored_messages_at(as_of = %s)", stamp(w.at)))
	all := w.ask("SELECT count(), uniqExact(shop_id, user_id, conv_id) FROM " + rolled)
	if n := w.ask("SELECT count(), count() FROM " + views); n[0] != all[0] {
		w.t.Errorf("after %s the rollup has %s conversations, the views %s", after, all, n)
	}
	old := " WHERE p.paid_at <= " + stamp(w.at.AddDate(0, 0, -15)) + " AND p.conv_id != '' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	want := w.ask("SELECT p.shop_id, p.user_id, p.conv_id, countIf(p.refunded_amount > 0), count() FROM bi.orders_at(as_of = " + stamp(w.at) + ") AS p" + old)
	if got := w.ask("SELECT c.shop_id, c.user_id, c.conv_id, c.refunds, c.old_orders FROM " + rolled + " AS c WHERE c.old_orders > 0 ORDER BY 1, 2, 3"); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("after %s the rollup tells of old orders\n%v\nviews\n%v", after, got, want)
	}
	const by = "shop_id, cohort_date, channel, intent, bot_id, coupon"
	sums := w.ask("SELECT " + by + ", conversations, high_intent, carted, ordered, kept, high_intent_kept, answered, closed, order_amount, net_amount FROM askbuy.conversation_sums WHERE as_of = " + stamp(w.at) + " ORDER BY " + by)
	added := w.ask("SELECT " + by + ", count(), count(high_intent_at), sum(is_carted), sum(is_ordered), sum(is_kept), sum(is_high_intent_kept), count(last_user_message_at), sum(is_closed), sum(order_amount), sum(net_amount) FROM " + views + " GROUP BY " + by + " ORDER BY " + by)
	if fmt.Sprint(sums) != fmt.Sprint(added) {
		w.t.Errorf("after %s the sums are\n%v\nviews add up to\n%v", after, sums, added)
	}
}
