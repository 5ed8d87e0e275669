package warehouse_test

import (
	"fmt"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// claimed has a conversation for each reason, and for the lack of each.
func claimed(t *testing.T) *clickhouse.DB {
	t.Helper()
	db := fresh(t)
	l, n := newLoader(), 0
	say := func(user, conv, act string, times int, ts int64) {
		for range times {
			n++
			id := fmt.Sprint("m", n)
			l.message(event.Event{ShopID: "s", UserID: user, ID: id, ConvID: conv, From: event.RoleUser, Text: act, TS: ts}, int64(n))
			l.add(warehouse.MessageScores, "s", user, id, conv, ts, act, act, []string{}, 0.0, 0.5, 0.1, 0.1, [][]any{}, "m1", uint64(1))
		}
	}
	order := func(user, id, status string, ts int64) {
		l.said(fmt.Sprintf(`{"type":"order","event_id":"%s-%s","shop_id":"s","user_id":%q,"order_id":%q,"status":%q,"amount":"9.00","ts":%d}`, id, status, user, id, status, ts))
	}
	say("liar", "c1", "purchase_claim", 2, ten)
	say("liar", "c2", "purchase_claim", 1, ten+day)
	say("liar", "c3", "greeting", 1, ten+day)
	say("true", "c1", "purchase_claim", 1, ten)
	order("true", "o1", "paid", ten+72*hour)
	say("late", "c1", "purchase_claim", 1, ten)
	order("late", "o2", "paid", ten+72*hour+1)
	say("owner", "c1", "purchase_claim", 1, ten)
	order("owner", "o3", "paid", ten-30*day)
	say("former", "c1", "purchase_claim", 1, ten)
	order("former", "o4", "paid", ten-30*day-1)
	say("fickle", "c1", "purchase_claim", 1, ten)
	order("fickle", "o5", "paid", ten+hour)
	order("fickle", "o5", "cancelled", ten+2*hour)
	say("haggler", "c1", "bargain", 2, ten)
	say("haggler", "c2", "bargain", 1, ten)
	say("buyer", "c1", "bargain", 3, ten)
	l.said(fmt.Sprintf(`{"type":"behavior","event_id":"b","shop_id":"s","user_id":"buyer","name":"add_to_cart","ts":%d}`, ten+minute))
	l.said(fmt.Sprintf(`{"type":"message","event_id":"b","shop_id":"s","user_id":"fickle","conv_id":"bot","from":"bot","text":"在","ts":%d}`, ten))
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	must(t, db.Exec(t.Context(), deriveTouches, nil))
	return db
}

func TestFakeIntent(t *testing.T) {
	db := claimed(t)
	check(t, ask(t, db, "SELECT user_id, conv_id, fake_intent_score, fake_intent_reasons FROM bi.conversations ORDER BY user_id, conv_id"),
		"buyer|c1|0|[]",
		"fickle|bot|0|[]", "fickle|c1|0.25|[lost_orders]",
		"former|c1|0.6|[claim_without_order]",
		"haggler|c1|0.278|[bargain_without_cart]", "haggler|c2|0|[]",
		"late|c1|0.6|[claim_without_order]",
		"liar|c1|0.872|[claim_without_order repeated_claims]", "liar|c2|0.744|[claim_without_order repeated_claims]", "liar|c3|0|[]",
		"owner|c1|0|[]", "true|c1|0|[]")
	check(t, ask(t, db, "SELECT user_id, conversations, claimed, not_ordered, paid_orders, lost_orders, kept, fake_intent_score, fake_intent_reasons FROM bi.shopper_claims ORDER BY user_id"),
		"fickle|1|1|0|1|1|0|0.25|[lost_orders]", "former|1|1|1|0|0|0|0.6|[claim_without_order]", "haggler|2|0|0|0|0|0|0.139|[bargain_without_cart]",
		"late|1|1|1|0|0|0|0.6|[claim_without_order]", "liar|3|2|2|0|0|0|0.539|[claim_without_order repeated_claims]", "owner|1|1|0|0|0|0|0|[]", "true|1|1|0|0|0|1|0|[]")
}

func TestClaims(t *testing.T) {
	check(t, ask(t, claimed(t), `SELECT toString(day), claimed, claim_messages, ordered, kept, not_ordered, round(kept_rate, 4), maturity, orders, cancelled, refunded, cancel_rate, refund_rate,
		bargaining, bargaining_without_cart, suspected FROM bi.claims WHERE claimed + bargaining > 0 OR cancelled > 0 ORDER BY day`),
		"2026-10-14|6|7|3|2|3|0.3333|1|1|1|0|1|0|2|1|3", "2026-10-15|1|1|0|0|1|0|1|0|0|0|NULL|NULL|0|0|1")
}
