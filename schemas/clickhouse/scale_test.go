package warehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
)

// seed fills the tables with n conversations of 5 messages in 20 shops, by
// SQL alone. Each has an order, and every fifth a cart.
func seed(t *testing.T, db *clickhouse.DB, n int) {
	t.Helper()
	const (
		of      = "concat('s', toString(c % 20)) AS shop, concat('u', toString(intDiv(c, 2))) AS shopper, concat('c', toString(c)) AS conv"
		began   = "toDateTime64('2026-08-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(intDiv(c, 2)) % 3000000 + c % 2 * 90000)"
		columns = "ts, received_at, is_test, attrs, source, identity, fp_version, fp, no_ts, raw_partition, raw_position, version"
		suffix  = "toDateTime64('2026-11-01 00:00:00', 3, 'UTC'), 0, '', 'events', toFixedString('', 16), 1, toFixedString('', 16), 0, 0, number, 9223372036854775807 - number"
	)
	rows := func(count int, c string) string {
		return fmt.Sprintf(" FROM (SELECT number, %s AS c, %s FROM numbers(%d))", c, of, count)
	}
	for _, sql := range []string{
		"INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, channel, bot_id, " + columns + ") SELECT shop, shopper, concat('m', toString(number)), conv, if(number % 5 % 2 = 0, 'user', 'bot'), concat('有优惠券吗 ', toString(number % 1000)), 'web', 'b1', " +
			began + " + toIntervalSecond(number % 5 * 30), " + suffix + rows(5*n, "intDiv(number, 5)"),
		"INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, amount, currency, " + columns + ") SELECT shop, concat('o', toString(number)), k, shopper, k, 100, 'CNY', " +
			began + " + toIntervalSecond(3600 + if(k = 'paid', 60, 0)), " + suffix +
			" FROM (SELECT *, arrayJoin(['created', 'paid']) AS k " + rows(n, "number") + ")",
		"INSERT INTO askbuy.behaviors (shop_id, user_id, event_id, name, " + columns + ") SELECT shop, shopper, concat('b', toString(number)), if(number % 25 = 0, 'add_to_cart', 'page_view'), " +
			began + " + toIntervalSecond(1000), " + suffix + rows(5*n, "intDiv(number, 5)"),
		"INSERT INTO askbuy.exposures (shop_id, user_id, event_id, experiment, variant, conv_id, " + columns + ") SELECT shop, shopper, concat('x', toString(number)), 'greeting', 'treatment', conv, " +
			began + ", " + suffix + rows(2*n, "intDiv(number, 2)"),
		"INSERT INTO askbuy.experiment_units (experiment, generation, shop_id, user_id, variant, bucket) SELECT 'greeting', 1, shop, concat('u', toString(number)), 'control', 0.5" + rows(2*n, "number"),
		"INSERT INTO askbuy.feedback (shop_id, user_id, event_id, conv_id, " + columns + ") SELECT shop, shopper, concat('f', toString(number)), conv, " +
			began + ", " + suffix + rows(2*n, "intDiv(number, 2)"),
		"INSERT INTO askbuy.handoffs (shop_id, user_id, event_id, conv_id, handoff_id, step, reason, " + columns + ") SELECT shop, shopper, concat('h', toString(number)), conv, toString(number), 'requested', 'anger', " +
			began + ", " + suffix + rows(2*n, "intDiv(number, 2)"),
		"INSERT INTO askbuy.replies (shop_id, user_id, event_id, conv_id, question_event_id, route, is_answered, " + columns + ") SELECT shop, shopper, concat('m', toString(5 * number + 1)), conv, concat('m', toString(5 * number)), 'faq', 1, " +
			began + ", " + suffix + rows(n, "number"),
		deriveScores, deriveTouches,
		"INSERT INTO askbuy.second_opinions (shop_id, user_id, event_id, scorer, ts, outcome) SELECT shop_id, user_id, event_id, 'bert', ts, 'timeout' FROM askbuy.message_scores",
		"INSERT INTO askbuy.shadow_scores (shop_id, user_id, event_id, model_id, conv_id, ts, buy_score, p_order) SELECT shop_id, user_id, event_id, 'candidate', conv_id, ts, buy_score, p_order FROM askbuy.message_scores",
	} {
		must(t, db.Exec(t.Context(), sql, nil))
	}
}

// TestGranules seeds enough that reading a table whole would show.
func TestGranules(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	seed(t, db, 60_000)
	t.Run("shop", func(t *testing.T) { testShop(t, db) })
	t.Run("shopper", func(t *testing.T) { testShopper(t, db) })
}

// testShop asks EXPLAIN how much of each large table a view
// reads for one shop of twenty.
func testShop(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	views := biViews(t, db)
	// Few rows, or of the ledger, which all shops share, or of an experiment as a whole: its shop is that of the file.
	for _, global := range []string{"bi.dead_letters", "bi.freshness", "bi.ledger", "bi.receipts", "bi.experiments", "bi.experiment_results", "bi.experiment_live"} {
		views = slices.DeleteFunc(views, func(view string) bool { return view == global })
	}
	reader := connectAs(t, ofThird.Name) // whose condition on rows finds the shop as a filter does
	for _, view := range views {
		shop := "shop_id"
		if strings.Contains(view, "documents") {
			shop = "shopId"
		}
		large := 0
		for _, read := range append(explain(t, db, "SELECT * FROM "+view+" WHERE "+shop+" = 's3'"), explain(t, reader, "SELECT * FROM "+view)...) {
			selected, all := read.granules()
			if all < 7 {
				continue
			}
			large++
			if selected > 2+all/10 { // a shop may begin and end within a granule
				t.Errorf("%s reads %d of %d granules of %s", view, selected, all, read.table())
			}
		}
		if large == 0 {
			t.Errorf("%s reads no large table: this test shows nothing", view)
		}
	}
}

// testShopper looks one conversation up.
func testShopper(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	for _, read := range explain(t, db, "SELECT conv_id, started_at, user_messages FROM bi.conversations WHERE shop_id = 's3' AND user_id = 'u1' AND conv_id = 'c3'") {
		selected, _ := read.granules()
		if read.table() == "messages" && selected > 2 {
			t.Errorf("one conversation reads %d granules of messages", selected)
		}
	}
}
