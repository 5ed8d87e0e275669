// Package webtest gives tests of the dashboard a warehouse with shops in it,
// and a browser.
package webtest

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/web/rollups"
)

// Conversations is how many there are, of the last 40 days, in the shops
// 1024 (four of five) and 2048.
const Conversations = 2000

// Warehouse is a server with tables, views and shops in it, made by SQL alone:
// whatever has to be true of a number can be said of the rows below. Use it
// once a package; clickhousetest.Main has to be its TestMain.
func Warehouse(t testing.TB) *clickhouse.DB {
	t.Helper()
	db := clickhousetest.Fresh(t)
	Fill(t, db, Conversations)
	return db
}

// Fill makes tables, views and rollups, and n conversations; a warehouse that
// has some keeps those.
func Fill(t testing.TB, db *clickhouse.DB, n int) {
	t.Helper()
	makeTables(t, db)
	if _, _, found, err := db.Query(t.Context(), "SELECT 1 FROM askbuy.messages LIMIT 1", nil); err != nil || len(found) == 0 {
		must(t, err)
		now := "'" + time.Now().UTC().Format(time.DateTime) + "'"
		for _, sql := range rows(n) {
			must(t, db.Exec(t.Context(), strings.ReplaceAll(sql, "{now}", now), nil))
		}
	}
	rollUp(t, db)
}

func makeTables(t testing.TB, db *clickhouse.DB) {
	t.Helper()
	migrations, err := warehouse.Render(warehouse.Cluster{})
	must(t, err)
	must(t, clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.DiscardHandler)))
	views, err := warehouse.Views(warehouse.Cluster{})
	must(t, err)
	for _, v := range views {
		must(t, db.Exec(t.Context(), v.SQL, nil))
	}
}

// rollUp has the server make the rollups, and then no more: the numbers stay.
func rollUp(t testing.TB, db *clickhouse.DB) {
	t.Helper()
	made, err := warehouse.Rollups(warehouse.Cluster{})
	must(t, err)
	for _, r := range made {
		must(t, db.Exec(t.Context(), r.SQL, nil))
	}
	for _, table := range []string{"lights", "shop_list"} {
		for _, what := range []string{"WAIT", "STOP"} {
			must(t, db.Exec(t.Context(), "SYSTEM "+what+" VIEW askbuy."+table+"_refresh", nil))
		}
	}
	keeper, err := rollups.New(rollups.DefaultConfig(), rollups.Deps{
		DB: db, Now: time.Now, Token: rand.Uint64, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	_, err = keeper.Turn(t.Context())
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("webtest: %v", err)
	}
}

// More adds conversations of this moment, from number first on, and notes that
// all is stored.
func More(t testing.TB, db *clickhouse.DB, first, n int) {
	t.Helper()
	now := time.Now().UTC()
	for _, sql := range talk(first, n, "200 + h % 60") {
		must(t, db.Exec(t.Context(), strings.ReplaceAll(sql, "{now}", "'"+now.Format(time.DateTime)+"'"), nil))
	}
	must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.receipts SELECT 'messages', 0, number, 'stored', 'events', '1024', toFixedString('', 16), now64(3) FROM numbers(%d, %d)", 5*first, 5*n), nil))
	must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.offset_cuts VALUES ('messages', 0, 0, 0, %d, %d, now64(3))", 5*(first+n), 5*(first+n)), nil))
}

// Columns that end a fact, and values of theirs.
const (
	fact   = "ts, received_at, is_test, attrs, source, identity, fp_version, fp, no_ts, raw_partition, raw_position, version"
	stored = "if(c < 5, toDateTime64({now}, 3, 'UTC') - number - 10, at + toIntervalSecond(2)), 0, '', 'events', toFixedString('', 16), 1, toFixedString('', 16), 0, 0, number, 9223372036854775807 - number"
)

// numbered is a source of what conversations are; ago is how many seconds ago
// one began.
func numbered(first, count int, more, ago string) string {
	return fmt.Sprintf(`FROM (SELECT number, %s, cityHash64(c) AS h, if(c %% 5 = 0, '2048', '1024') AS shop, concat('u_', toString(c)) AS shopper, concat('c_', toString(c)) AS conv,
	toDateTime64({now}, 3, 'UTC') - toIntervalSecond(%s) AS began, h %% 5 = 0 AS high, intDiv(h, 7) %% 100 < if(high, 45, 4) AS orders,
	['coupon_query', 'price_query', 'size_query', 'stock_query', 'shipping_query', 'purchase_commit', 'return_policy'][intDiv(h, 11) %% 7 + 1] AS topic,
	['miniprogram', 'web', ''][intDiv(h, 13) %% 3 + 1] AS via FROM numbers(%d, %d))`, more, ago, first, count)
}

// lately is any time of the last 40 days.
const lately = "7200 + h % 3456000"

// talk is the inserts of messages and of their scores.
func talk(first, n int, ago string) []string {
	messages := numbered(5*first, 5*n, "intDiv(number, 5) AS c, number % 5 AS n", ago)
	return []string{
		"INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, channel, bot_id, " + fact + `)
SELECT shop, shopper, concat('m_', toString(number)), conv, if(n % 2 = 0, 'user', 'bot'),
	if(n % 2 = 0, ['有优惠券吗?', '这件有 M 码吗,今天能发货吗?', '我现在就想下单'][intDiv(n, 2) + 1], '亲,稍等,马上为您查询。'), via, 'b1', began + toIntervalSecond(n * 30) AS at, ` + stored + " " + messages,
		`INSERT INTO askbuy.message_scores (shop_id, user_id, event_id, conv_id, ts, act, intent, intent_path, evidence, buy_score, p_order, p_net, terms, model_id, version)
SELECT shop, shopper, concat('m_', toString(number)), conv, began + toIntervalSecond(n * 30), topic, topic, ['shopping', topic], if(n = 4, 2, -n / 4.),
	if(high, 0.4 + 0.1 * n, 0.05 + 0.01 * (h % 50)) AS score, round(score * 0.4, 3), round(score * 0.35, 3), [('message', 1.2), ('earlier', 0.4)], 'm1', number ` + messages + " WHERE n % 2 = 0",
	}
}

// rows are the inserts. Every fifth conversation is of high intent, at its
// third message; of 100 high ones 45 order, of 100 others 4; every tenth order
// is refunded whole, every fifteenth in part, every twentieth cancelled.
func rows(n int) []string {
	from := func(count int, more string) string { return numbered(0, count, more, lately) }
	return append(talk(0, n, lately), []string{
		"INSERT INTO askbuy.shops VALUES ('1024', 'Asia/Shanghai', 'CNY', 1), ('2048', 'Asia/Shanghai', 'CNY', 1)",
		"INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, amount, currency, coupon, refunded_amount, " + fact + `)
SELECT shop, concat('o_', toString(c)), concat('o_', toString(c), '-', status), shopper, status, if(status = 'paid', toDecimal64(100 + h % 400, 2), NULL), 'CNY', if(h % 3 = 0, 'NEW30', ''),
	if(status = 'refunded', toDecimal64(if(c % 10 = 0, 100 + h % 400, 30), 2), NULL), began + toIntervalSecond(3600 + if(status = 'paid', 0, 1800)) AS at, ` + stored + `
FROM (SELECT *, arrayJoin(arrayConcat(['paid'], if(c % 10 = 0 OR c % 15 = 0, ['refunded'], []), if(c % 20 = 0, ['cancelled'], []))) AS status ` + from(n, "number AS c") + ") WHERE orders",
		`INSERT INTO askbuy.touches SELECT shop, concat('o_', toString(c)), shopper, began + toIntervalSecond(3600), '', [(conv, began + toIntervalSecond(120), 0, 1, 1, if(high, 0.8, 0.3))], number ` + from(n, "number AS c") + " WHERE orders",
		"INSERT INTO askbuy.behaviors (shop_id, user_id, event_id, name, " + fact + `)
SELECT shop, shopper, concat('b_', toString(c)), 'add_to_cart', began + toIntervalSecond(600) AS at, ` + stored + " " + from(n, "number AS c") + " WHERE high",
		`INSERT INTO askbuy.experiments (experiment, config_hash, hypothesis, owner, assignment, mode, alpha, running_level, power, n_star, hash_version, seed, coverage, start_at, planned_end, final_at, variants, metrics, version)
SELECT 'greeting', 'h', '热情的开场白带来更多订单', 'lin', 'askbuy', 'hybrid', 0.05, 0.01, 0.8, 4000, 2, 'greeting', 1, toDateTime64({now}, 3, 'UTC') - toIntervalDay(12), toDateTime64({now}, 3, 'UTC') + toIntervalDay(9), toDateTime64({now}, 3, 'UTC') + toIntervalDay(24),
	[('control', 0.5, 1, 0, 0.5), ('treatment', 0.5, 0, 0.5, 1)], [('conversation_to_order', 'success', 0, 0)], 1`,
		`INSERT INTO askbuy.experiment_results (experiment, look, metric, variant, snapshot_at, data_cutoff, role, control, n_c, n_t, value_c, value_t, lift, lift_lo, lift_hi, p_always_valid, verdict, reason)
SELECT 'greeting', 'today', r.1, 'treatment', toDateTime64({now}, 3, 'UTC'), toDateTime64({now}, 3, 'UTC'), r.2, 'control', 812, 796, r.3, r.4, r.4 / r.3 - 1, r.4 / r.3 - 1 - r.5, r.4 / r.3 - 1 + r.5, r.6, 'KEEP RUNNING', 'no_boundary_crossed'
FROM (SELECT arrayJoin([('conversation_to_order', 'success', 0.101, 0.114, 0.21, 0.21), ('refund_rate', 'guardrail', 0.080, 0.075, 0.4, 0.8), ('add_to_cart', 'diagnostic', 0.20, 0.26, 0.18, 0.004), ('slow_reply_rate', 'guardrail', 0.05, 0.07, 0.3, 0.03)]) AS r)`,
		"INSERT INTO askbuy.experiment_refreshes VALUES ('greeting', 1, {now}, [])",
		`INSERT INTO askbuy.experiment_units (experiment, generation, shop_id, user_id, variant, first_exposure_at, exposures, bucket)
SELECT 'greeting', 1, shop, shopper, if(h % 2 = 0, 'control', 'treatment'), began, 1, 0.5 ` + from(n, "number AS c") + " WHERE began > toDateTime64({now}, 3, 'UTC') - toIntervalDay(12)",
		"INSERT INTO askbuy.handoffs (shop_id, user_id, event_id, conv_id, handoff_id, step, reason, confidence, buy_score, agent, " + fact + `)
SELECT shop, shopper, concat('h_', toString(c), '-', step), conv, concat('h_', toString(c)), step, if(step = 'requested', ['asked', 'anger', 'failures'][c % 3 + 1], ''), NULL, 0.55, if(step = 'taken', 'lin', ''),
	toDateTime64({now}, 3, 'UTC') - toIntervalSecond(60 + c * 90) + indexOf(['requested', 'taken', 'closed'], step) * 20 AS at, ` + stored + `
FROM (SELECT *, arrayJoin(multiIf(c < 12, ['requested'], c < 16, ['requested', 'taken'], ['requested', 'taken', 'closed'])) AS step ` + from(18, "number AS c") + ")",
		"INSERT INTO askbuy.replies (shop_id, user_id, event_id, conv_id, question_event_id, route, language, latency_ms, is_answered, " + fact + `)
SELECT shop, shopper, concat('m_', toString(5 * c + 1 + n)), conv, concat('m_', toString(5 * c + n)), ['clarify', 'preset', 'faq'][c % 3 + 1], 'zh', 12 + c % 40, c % 3 = 2, toDateTime64({now}, 3, 'UTC') - toIntervalSecond(60 + c * 90 + n) AS at, ` + stored + `
FROM (SELECT *, arrayJoin([0, 2]) AS n ` + from(60, "number AS c") + ")",
		fmt.Sprintf("INSERT INTO askbuy.receipts SELECT 'messages', 0, number, if(number %% 400 = 7, 'duplicate', 'stored'), 'events', '1024', toFixedString('', 16), now64(3) - 60 FROM numbers(%d)", 5*n),
		fmt.Sprintf("INSERT INTO askbuy.offset_cuts VALUES ('messages', 0, 0, 0, %d, %d, now64(3))", 5*n, 5*n),
		"INSERT INTO askbuy.dead_letters SELECT concat('l', toString(number)), 'ingest', ['future_ts', 'missing_field'][number % 2 + 1], 'ts: is 9 min ahead, 5 at most', 'events', '1024', 'message', concat('m_x', toString(number)), now64(3) - number, 'deadletters', 0, number FROM numbers(7)",
	}...)
}
