package warehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse/meaningtest"
)

// columnsAt are those that conversations_at and orders_at share with the views of today.
const (
	conversationsAt = `shop_id, conv_id, user_id, channel, cohort_date, started_at, last_message_at, last_user_message_at, bot_id, user_messages, bot_messages,
		agent_messages, intent, buy_score, buy_score_peak, p_order, model_id, intent_level, high_intent_at, order_id, ordered_at, orders, order_amount, net_amount,
		other_currency_orders, is_ordered, is_kept, is_carted, experiment, variant`
	ordersAt = `shop_id, order_id, user_id, status, amount, refunded_amount, net_amount, currency, created_at, paid_at, cancelled_at, refunded_at, coupon, conv_id,
		named_conv_id, explicit_unmatched, touches`
)

// TestMomentIsNow: once everything has arrived, the views at a moment are those of today.
func TestMomentIsNow(t *testing.T) {
	cases, err := meaningtest.Load("../testdata/meaning.json")
	must(t, err)
	db := fresh(t)
	l := newSmallShop()
	for _, c := range cases {
		l.play(c)
	}
	l.insert(t.Context(), t, db)
	for _, v := range []struct{ name, columns string }{{"conversations", conversationsAt}, {"orders", ordersAt}} {
		now := ask(t, db, "SELECT "+v.columns+" FROM bi."+v.name+" ORDER BY ALL")
		at := ask(t, db, "SELECT "+v.columns+" FROM bi."+v.name+"_at(as_of = '2026-11-01 00:00:00.000') ORDER BY ALL")
		if !slices.Equal(now, at) || len(now) < 50 {
			t.Errorf("%s: %d rows now, %d at a moment after all of them:\n%s", v.name, len(now), len(at), firstDifference(now, at))
		}
		if before := ask(t, db, "SELECT count() FROM bi."+v.name+"_at(as_of = '2026-10-31 23:59:59.999')"); before[0] != "0" {
			t.Errorf("%s: %s rows before anything had arrived", v.name, before[0])
		}
	}
	sums := ask(t, db, `SELECT sum(high_intent_ordered), sum(high_intent_kept) FROM bi.funnel_daily`)
	check(t, ask(t, db, "SELECT sum(is_high_intent_ordered), sum(is_high_intent_kept) FROM bi.conversations_at(as_of = '2026-11-01 00:00:00.000')"), sums...)
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + "\n" + b[i]
		}
	}
	return ""
}

// later gives every fact that is inserted from now on a later arrival.
func later(t *testing.T, db *clickhouse.DB, l *loader, seconds int) {
	t.Helper()
	for name, rows := range l.rows {
		for _, row := range rows {
			for i, value := range row {
				if value == arrival.UnixMilli() && strings.HasPrefix(name, "askbuy.") {
					row[i] = arrival.UnixMilli() + int64(seconds)*1000
				}
			}
		}
	}
	l.insert(t.Context(), t, db)
}

// TestMomentStands: what a moment said is said again after more has arrived.
func TestMomentStands(t *testing.T) {
	db := fresh(t)
	first := newLoader().said(`
		{"type":"message","event_id":"m1","shop_id":"s1","user_id":"u1","conv_id":"c1","from":"user","text":"有优惠券吗","ts":1791943200000,"channel":"web"}
		{"type":"message","event_id":"m1","shop_id":"s1","user_id":"u2","conv_id":"c2","from":"user","text":"在吗","ts":1791943200000,"channel":"web"}
		{"type":"order","event_id":"p1","shop_id":"s1","user_id":"u1","order_id":"o1","status":"paid","amount":"99.90","currency":"CNY","ts":1791943500000}
		{"type":"behavior","event_id":"b1","shop_id":"s1","user_id":"u1","name":"add_to_cart","ts":1791943300000}`)
	later(t, db, first, 1)
	const moment = "as_of = '2026-11-01 00:00:01.000'"
	questions := []string{
		"SELECT " + conversationsAt + " FROM bi.conversations_at(" + moment + ") ORDER BY ALL",
		"SELECT " + ordersAt + " FROM bi.orders_at(" + moment + ") ORDER BY ALL",
	}
	var said [][]string
	for _, sql := range questions {
		said = append(said, ask(t, db, sql))
	}
	if len(said[0]) != 2 || len(said[1]) != 1 || !strings.Contains(said[0][0], "o1") {
		t.Fatalf("the moment says %v", said)
	}
	second := newLoader()
	second.position = first.position
	second.said(`
		{"type":"message","event_id":"m2","shop_id":"s1","user_id":"u1","conv_id":"c1","from":"user","text":"我要买","ts":1791943600000,"channel":"web"}
		{"type":"message","event_id":"m3","shop_id":"s1","user_id":"u3","conv_id":"c3","from":"user","text":"我要买","ts":1791943600000,"channel":"web"}
		{"type":"order","event_id":"r1","shop_id":"s1","user_id":"u1","order_id":"o1","status":"refunded","refunded_amount":"99.90","ts":1791943900000}
		{"type":"order","event_id":"p2","shop_id":"s1","user_id":"u2","order_id":"o2","status":"paid","amount":"10.00","currency":"CNY","ts":1791943900000}
		{"type":"behavior","event_id":"b2","shop_id":"s1","user_id":"u2","name":"add_to_cart","ts":1791943700000}`)
	later(t, db, second, 2)
	for i, sql := range questions {
		if again := ask(t, db, sql); !slices.Equal(again, said[i]) {
			t.Errorf("the moment said\n%s\nand says now\n%s", strings.Join(said[i], "\n"), strings.Join(again, "\n"))
		}
	}
	check(t, ask(t, db, "SELECT conv_id, is_ordered, is_kept, is_carted FROM bi.conversations_at(as_of = '2026-11-01 00:00:02.000') ORDER BY ALL"), "c1|1|0|1", "c2|1|1|1", "c3|0|0|0")
}

// TestMomentReadsOneShop is in TestGranules; here the parameter comes from a query's own.
func TestMomentAsParameter(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	_, _, rows, err := db.Query(t.Context(), "SELECT count() FROM bi.conversations_at(as_of = {as_of:DateTime64(3, 'UTC')})", map[string]any{"as_of": "2026-11-21 00:00:00.000"})
	if err != nil || fmt.Sprint(rows[0][0]) != "1" {
		t.Errorf("with a query's parameter: %v, %v", rows, err)
	}
}
