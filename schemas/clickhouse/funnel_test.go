package warehouse_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// TestFunnelRates has 40 conversations of one shopper each: 25 high, of which
// 10 ordered later and one before it was high; 3 of the 15 others ordered.
func TestFunnelRates(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	for i := range 40 {
		var ordered string
		switch {
		case i < 10 || i >= 37:
			ordered = order(i, ten+2*minute)
		case i == 10:
			ordered = order(i, ten)
		}
		l.said(fmt.Sprintf(`{"type":"message","event_id":"a","shop_id":"s1","user_id":"u%d","conv_id":"c","from":"user","text":"在吗","ts":%d}`, i, ten-minute) + "\n" + ordered)
		score := 0.699
		if i < 25 {
			score = 0.7
		}
		l.score("s1", fmt.Sprint("u", i), "b", "c", "price", ten+minute, 1, score)
	}
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	must(t, db.Exec(t.Context(), deriveTouches, nil))
	check(t, ask(t, db, "SELECT toString(day), intent, conversations, high_intent, ordered, high_intent_ordered, low_intent_ordered, high_intent_kept, kept FROM bi.funnel_daily"),
		"2026-10-14|price|40|25|14|10|3|10|14")
	const rates = "SELECT high_intent_rate, intent_to_order_rate, intent_to_order_low, intent_to_order_high, intent_lift, maturity, kept_maturity FROM bi.funnel_daily"
	// Wilson's interval for 10 of 25, 95 %: 0.2340 to 0.5926.
	want := []float64{0.625, 0.4, 0.2340, 0.5926, 0.4 / (3.0 / 15), 1, 1}
	for i, text := range strings.Split(ask(t, db, rates)[0], "|") {
		if got, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(got-want[i]) > 5e-5 {
			t.Errorf("rate %d is %s, want %v", i, text, want[i])
		}
	}
}

func order(i int, paidAt int64) string {
	return fmt.Sprintf(`{"type":"order","event_id":"p","shop_id":"s1","user_id":"u%d","order_id":"o%d","status":"paid","amount":"1.00","ts":%d}`, i, i, paidAt)
}

// TestNoneAndAll has one high conversation in each of two shops: the ends of
// the interval stay on the scale, exactly.
func TestNoneAndAll(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	l.question("all", "c", ten)
	l.question("none", "c", ten)
	l.order("all", "o1", "1.00", "CNY", ten+minute)
	l.score("all", "u1", "c", "c", "price", ten, 1, 0.8)
	l.score("none", "u1", "c", "c", "price", ten, 1, 0.8)
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	must(t, db.Exec(t.Context(), deriveTouches, nil))
	check(t, ask(t, db, "SELECT shop_id, round(intent_to_order_low, 4), round(intent_to_order_high, 4), intent_to_order_high <= 1, intent_to_order_low >= 0 FROM bi.funnel_daily ORDER BY shop_id"),
		"all|0.2065|1|1|1", "none|0|0.7935|1|1")
}

// TestNothingToMeasure shows NULL, never 0 or NaN, where there is nothing.
func TestNothingToMeasure(t *testing.T) {
	db := fresh(t)
	l := newLoader().said(`{"type":"message","event_id":"a","shop_id":"s1","user_id":"u1","conv_id":"c","from":"bot","text":"您好","ts":1791943200000}`)
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT high_intent_rate, intent_to_order_rate, intent_to_order_low, intent_to_order_high, intent_lift, maturity, kept_maturity FROM bi.funnel_daily"),
		"0|NULL|NULL|NULL|NULL|NULL|NULL")
	check(t, ask(t, db, "SELECT buy_score, buy_score_peak, score_percentile, p_order, high_intent_at, ordered_at, last_user_message_at, intent, intent_level, model_id, order_id FROM bi.conversations"),
		"NULL|NULL|NULL|NULL|NULL|NULL|NULL||||")
}

// TestMaturity takes windows from the present: open, closed for orders, closed
// for what is kept.
func TestMaturity(t *testing.T) {
	db := fresh(t)
	must(t, db.Exec(t.Context(), `INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, ts)
		SELECT 's1', 'u1', 'm' || toString(number), 'c' || toString(number), 'user', now64(3, 'UTC') - toIntervalHour([1, 71, 73, 359, 361][number + 1]) FROM numbers(5)`, nil))
	check(t, ask(t, db, "SELECT sum(maturity * conversations), sum(kept_maturity * conversations) FROM bi.funnel_daily"), "3|1")
}

func TestScores(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	for i, conv := range []string{"c1", "c2", "c3", "c4"} {
		l.question("s1", conv, ten+int64(i)*minute)
	}
	l.score("s1", "u1", "a", "c1", "price", ten, 3, 0.9)
	l.score("s1", "u1", "b", "c1", "size", ten, 3, 0.2) // as much evidence, later
	l.score("s1", "u1", "c2", "c2", "price", ten, 1, 0.2)
	l.score("s1", "u1", "c3", "c3", "price", ten, 1, 0.7)
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	check(t, ask(t, db, "SELECT conv_id, intent, intent_path, buy_score, buy_score_peak, round(score_percentile, 4), p_order, intent_level, high_intent_at FROM bi.conversations ORDER BY conv_id"),
		"c1|price|[price]|0.2|0.9|0|0.1|low|2026-10-14 02:00:00.000",
		"c2|price|[price]|0.2|0.2|0|0.1|low|NULL",
		"c3|price|[price]|0.7|0.7|0.6667|0.35|high|2026-10-14 02:00:00.000",
		"c4||[]|NULL|NULL|NULL|NULL||NULL")
}

func TestDocuments(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT _id, shopId, userId, arrayMap(m -> concat(m.`from`, ' ', m.text, ' ', toString(toUnixTimestamp64Milli(m.ts))), msgs), buyScore > 0, orderId, createTime FROM bi.conversation_documents"),
		"c1|small|u1|[user 有优惠券吗 1791943200000 bot 有的 1791943205000]|1|o1|2026-10-14 02:00:00.000")
}

// TestModelsAsColumns shows both attribution views equal, on the touches of
// every case.
func TestModelsAsColumns(t *testing.T) {
	db := fresh(t)
	seed(t, db, 2000)
	const of = "shop_id, order_id, conv_id, user_id, round(credit, 12), order_amount, net_amount"
	for _, model := range []string{"last_touch", "first_touch", "linear", "position", "time_decay", "no_such_model"} {
		for _, hours := range []int{1, 24, 72, 168, 720} {
			one := fmt.Sprintf("SELECT %s FROM bi.attribution(model = '%s', window_hours = %d)", of, model, hours)
			other := fmt.Sprintf("SELECT %s FROM bi.attribution_models WHERE model = '%s' AND window_hours = %d", of, model, hours)
			for _, d := range ask(t, db, "(("+one+") EXCEPT ALL ("+other+")) UNION ALL (("+other+") EXCEPT ALL ("+one+"))") {
				t.Errorf("%s %d h: %s", model, hours, d)
			}
		}
	}
	for _, sum := range ask(t, db, "SELECT model, window_hours, order_id, sum(credit) AS whole FROM bi.attribution_models GROUP BY ALL HAVING abs(whole - 1) > 1e-9") {
		t.Errorf("the credit of an order is not 1: %s", sum)
	}
	if n := ask(t, db, "SELECT count() > 1000 FROM bi.attribution_models"); n[0] != "1" {
		t.Error("nothing was compared")
	}
}
