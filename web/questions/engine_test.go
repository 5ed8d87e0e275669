package questions

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
	schema "askbuy/schemas/clickhouse"
)

// engine has user bi with the grants of production: what runs here runs for an analyst.
var engine *embedded.Engine

const password = "of-this-test-alone"

func TestMain(m *testing.M) {
	embedded.Main()
	code, err := withEngine(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func withEngine(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "questions")
	if err != nil {
		return 1, err
	}
	defer func() {
		if cleanErr := os.RemoveAll(dir); err == nil {
			err = cleanErr
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bi := embedded.Reader{Name: embedded.BIUser, Hash: embedded.Hash(password), Grants: schema.Reader{}.Grants()}
	engine, err = embedded.Start(ctx, embedded.Options{Dir: dir, ServicePassword: password, Readers: []embedded.Reader{bi}})
	if err != nil {
		return 1, fmt.Errorf("start ClickHouse (run make engine when it is missing): %w", err)
	}
	if err := setUp(ctx); err != nil {
		return 1, err
	}
	code = run()
	return code, engine.Close()
}

// setUp makes tables and views and fills them.
func setUp(ctx context.Context) error {
	db, err := clickhouse.Open(ctx, engine.DSN())
	if err != nil {
		return err
	}
	defer func() { err = db.Close() }()
	migrations, err := schema.Render(schema.Cluster{})
	if err != nil {
		return err
	}
	if err := clickhouse.Migrate(ctx, db, migrations, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	views, err := schema.Views(schema.Cluster{})
	if err != nil {
		return err
	}
	for _, v := range views {
		if err := db.Exec(ctx, v.SQL, nil); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
	}
	for _, sql := range seed(0, 240) {
		if err := db.Exec(ctx, sql, nil); err != nil {
			return fmt.Errorf("%w in\n%s", err, sql)
		}
	}
	return nil
}

// asOf is the moment of the tests, days after most events; firstDay and lastDay are those of the conversations.
const (
	asOf     = "2026-11-20T00:00:00.000Z"
	firstDay = "2026-11-01"
	lastDay  = "2026-11-21"
)

// seed makes conversations number from to from + n: of three shops, with scores, touches, carts, orders, refunds and
// cancellations. Number 200 and later have arrived after asOf.
func seed(from, n int) []string {
	const (
		keys = "concat('s', toString(number % 3)) AS shop, concat('u', toString(intDiv(number, 6) * 3 + number % 3)) AS shopper, concat('c', toString(number)) AS conv, " +
			"toDateTime64('2026-11-01 03:00:00', 3, 'UTC') + toIntervalSecond(number * 7000) AS began, cityHash64(number) AS h, " +
			"if(number >= 200, toDateTime64('2026-11-20 01:00:00', 3, 'UTC'), toDateTime64('2026-11-19 00:00:00', 3, 'UTC')) AS arrived"
		fact = "ts, received_at, is_test, attrs, source, identity, fp_version, fp, no_ts, raw_partition, raw_position, version"
	)
	tail := func(ts string) string {
		return ts + ", arrived, 0, '', 'events', toFixedString('', 16), 1, toFixedString('', 16), 0, 0, number, 9223372036854775807 - number"
	}
	rows := fmt.Sprintf(" FROM (SELECT number, %s FROM numbers(%d, %d))", keys, from, n)
	twice := fmt.Sprintf(" FROM (SELECT number, arrayJoin([0, 1, 2]) AS k, %s FROM numbers(%d, %d))", keys, from, n)
	return []string{
		"INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, channel, bot_id, " + fact + ") SELECT shop, shopper, concat('m', toString(number), '-', toString(k)), conv, ['user', 'bot', 'user'][k + 1], '有优惠券吗', ['web', 'app', ''][h % 3 + 1], ['b1', ''][h % 2 + 1], " + tail("began + toIntervalSecond(60 * k)") + twice,
		"INSERT INTO askbuy.message_scores (shop_id, user_id, event_id, conv_id, ts, act, intent, intent_path, evidence, buy_score, p_order, p_net, terms, model_id, version) SELECT shop, shopper, concat('m', toString(number), '-', toString(k)), conv, began + toIntervalSecond(60 * k), 'bargain', ['price', 'coupon', 'size'][h % 3 + 1], ['goods'], 1.5, if(k = 0, 0.2, (h % 11) / 10), (h % 11) / 12, (h % 11) / 13, [], 'm1', number" + twice + " WHERE k != 1",
		"INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, amount, currency, coupon, " + fact + ") SELECT shop, concat('o', toString(number)), 'paid', shopper, 'paid', 100 + number, 'CNY', ['SAVE', ''][h % 2 + 1], " + tail("began + toIntervalSecond(600 + h % 200000)") + rows + " WHERE h % 5 < 3",
		"INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, refunded_amount, " + fact + ") SELECT shop, concat('o', toString(number)), 'refunded', shopper, 'refunded', if(h % 2 = 0, 1000, 10), " + tail("began + toIntervalSecond(300000)") + rows + " WHERE h % 5 = 1",
		"INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, " + fact + ") SELECT shop, concat('o', toString(number)), 'cancelled', shopper, 'cancelled', " + tail("began + toIntervalSecond(300000)") + rows + " WHERE h % 5 = 2 AND h % 2 = 0",
		"INSERT INTO askbuy.behaviors (shop_id, user_id, event_id, name, " + fact + ") SELECT shop, shopper, concat('b', toString(number)), 'add_to_cart', " + tail("began + toIntervalSecond(200)") + rows + " WHERE h % 4 = 0",
		"INSERT INTO askbuy.exposures (shop_id, user_id, event_id, experiment, variant, conv_id, " + fact + ") SELECT shop, shopper, concat('x', toString(number)), 'greeting', ['control', 'treatment'][h % 2 + 1], conv, " + tail("began") + rows,
		"INSERT INTO askbuy.handoffs (shop_id, user_id, event_id, conv_id, handoff_id, step, reason, agent, " + fact + ") SELECT shop, shopper, concat('h', toString(number), step), conv, concat('h', toString(number)), step, if(step = 'requested', ['asked', 'anger'][number % 2 + 1], ''), '', " + tail("began") + " FROM (SELECT *, arrayJoin(if(number < 9, ['requested'], ['requested', 'taken'])) AS step" + rows + " WHERE number < 12)",
		"INSERT INTO askbuy.replies (shop_id, user_id, event_id, conv_id, question_event_id, route, language, latency_ms, is_answered, " + fact + ") SELECT shop, shopper, concat('m', toString(number), '-1'), conv, concat('m', toString(number), '-0'), if(number % 4 = 0, 'faq', 'preset'), 'zh', 20, number % 4 = 0, " + tail("began") + rows,
		deriveTouches,
		"INSERT INTO askbuy.receipts (topic, raw_partition, raw_position, outcome, source, shop_id, identity, received_at) SELECT 'messages', 0, 1099511627776 + number, 'stored', 'events', '', toFixedString('', 16), arrived" + rows,
		"INSERT INTO askbuy.offset_cuts (topic, partition, epoch, start_offset, end_offset, committed_offset, noted_at) VALUES ('messages', 0, 1, 0, 240, 240, '2026-11-20 00:00:00')",
		"INSERT INTO askbuy.dead_letters (id, stage, reason, detail, source, shop_id, type, event_id, received_at, topic, partition, position) SELECT concat('d', toString(number)), ['ingest', 'sink'][number % 2 + 1], ['bad_field', 'conflict'][number % 2 + 1], 'amount: below 0', 'events', if(number % 4 = 3, '', concat('s', toString(number % 3))), 'order', toString(number), '2026-11-19 00:00:00', 'messages', 0, number FROM numbers(12)",
	}
}

// deriveTouches says the contract's paragraphs on touches and ranks in SQL.
const deriveTouches = `
INSERT INTO askbuy.touches
SELECT shop_id, order_id, user_id, order_at, '', groupArray((conv_id, touch_at, 0, toUInt32(rank_last), toUInt32(rank_first), 0.5)), 1
FROM
(
    SELECT *, row_number() OVER (PARTITION BY shop_id, order_id ORDER BY touch_at DESC, conv_id DESC) AS rank_last, row_number() OVER (PARTITION BY shop_id, order_id ORDER BY touch_at, conv_id) AS rank_first
    FROM
    (
        SELECT o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, assumeNotNull(o.paid_at) AS order_at, m.conv_id AS conv_id, max(m.ts) AS touch_at
        FROM askbuy.order_fold AS o
        INNER JOIN (SELECT * FROM askbuy.messages FINAL WHERE from_role = 'user') AS m USING (shop_id, user_id)
        WHERE o.paid_at IS NOT NULL AND m.ts <= o.paid_at
        GROUP BY shop_id, order_id, user_id, order_at, conv_id
        HAVING order_at - touch_at <= 30 * 86400
    )
)
GROUP BY shop_id, order_id, user_id, order_at`

// bi connects as an analyst.
func bi(t *testing.T) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), "clickhouse://"+embedded.BIUser+":"+password+"@"+engine.NativeAddr()+"/bi")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func desk(t *testing.T) *Desk {
	t.Helper()
	return New(bi(t), func() time.Time { return time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC) }, func(string) *time.Location { return time.FixedZone("CST", 8*3600) })
}

// given is a query string as pairs; the days and the moment of the tests are filled in.
func given(q Question, pairs ...string) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"from": firstDay, "to": lastDay, "as_of": asOf} {
		if q.Takes(name) {
			v.Set(name, value)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

var all = Scope{All: true}

// ask gives the rows of an answer as maps, all pages of it.
func ask(t *testing.T, k *Desk, scope Scope, name string, pairs ...string) []map[string]any {
	t.Helper()
	q, err := Find(name)
	must(t, err)
	a, err := k.AskWhole(t.Context(), name, given(q, pairs...), scope, 10000)
	must(t, err)
	rows := make([]map[string]any, len(a.Rows))
	for i, row := range a.Rows {
		rows[i] = map[string]any{}
		for j, c := range q.Columns {
			rows[i][c.Name] = row[j]
		}
	}
	return rows
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
