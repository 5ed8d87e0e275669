package warehouse_test

import (
	"fmt"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
)

// judged are conversations in shop s, which has closed long ago: c1 has three
// messages, of which the last comes after its order; c2 and c3 have no order,
// c4 one that is cancelled, c5 one that it names but is 100 h late. c6 is open.
func judged(t *testing.T) *clickhouse.DB {
	t.Helper()
	db := fresh(t)
	l := newLoader()
	say := func(conv, id string, ts int64, p float64) {
		l.said(fmt.Sprintf(`{"type":"message","event_id":%q,"shop_id":"s","user_id":"u-%s","conv_id":%q,"from":"user","text":"在吗","ts":%d}`, id, conv, conv, ts))
		l.score("s", "u-"+conv, id, conv, "price", ts, 1, p*2)
	}
	say("c1", "a", ten, 0.1)
	say("c1", "b", ten+minute, 0.3)
	say("c1", "c", ten+hour, 0.49)
	say("c2", "d", ten, 0.1)
	say("c3", "e", ten+20*hour, 0.02) // the day after
	say("c4", "f", ten, 0.2)
	say("c5", "g", ten, 0.28)
	paid := func(conv, order string, ts int64, more string) {
		l.said(fmt.Sprintf(`{"type":"order","event_id":"%s-p","shop_id":"s","user_id":"u-%s","order_id":"%s","status":"paid","amount":"9.00","ts":%d%s}`, order, conv, order, ts, more))
	}
	paid("c1", "o1", ten+30*minute, "")
	paid("c4", "o4", ten+hour, "")
	l.said(fmt.Sprintf(`{"type":"order","event_id":"o4-c","shop_id":"s","order_id":"o4","status":"cancelled","ts":%d}`, ten+2*hour))
	paid("c5", "o5", ten+100*hour, `,"conv_id":"c5"`)
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	must(t, db.Exec(t.Context(), deriveTouches, nil))
	must(t, db.Exec(t.Context(), `INSERT INTO askbuy.message_scores (shop_id, user_id, event_id, conv_id, ts, p_order)
		SELECT 's', 'u-c6', 'h' || toString(number), 'c6', now64(3, 'UTC') - toIntervalHour(100 - 29 * number), 0.4 FROM numbers(2)`, nil))
	return db
}

func TestScoreUnits(t *testing.T) {
	check(t, ask(t, judged(t), "SELECT conv_id, event_id, toString(day), prefix, weight, y FROM askbuy.score_units ORDER BY conv_id, ts"),
		"c1|a|2026-10-14|1|0.5|1", "c1|b|2026-10-14|2|0.5|1", "c2|d|2026-10-14|1|1|0", "c3|e|2026-10-15|1|1|0", "c4|f|2026-10-14|1|1|0", "c5|g|2026-10-14|1|1|0")
}

func TestScoreQuality(t *testing.T) {
	db := judged(t)
	check(t, ask(t, db, "SELECT toString(day), score, prefix, bin, n, messages, sum_p, sum_y FROM bi.score_quality ORDER BY day, score, prefix, bin"),
		"2026-10-14|buy_score|1|20|1.5|2|0.3|0.5", "2026-10-14|buy_score|1|40|1|1|0.4|0", "2026-10-14|buy_score|1|56|1|1|0.56|0", "2026-10-14|buy_score|2|60|0.5|1|0.3|0.5",
		"2026-10-14|p_order|1|5|1.5|2|0.15|0.5", "2026-10-14|p_order|1|10|1|1|0.2|0", "2026-10-14|p_order|1|14|1|1|0.28|0", "2026-10-14|p_order|2|15|0.5|1|0.15|0.5",
		"2026-10-15|buy_score|1|4|1|1|0.04|0", "2026-10-15|p_order|1|1|1|1|0.02|0")
	// Hits: 0.5 at 0.3, above all 3 misses, and 0.5 at 0.1, level with the miss there: 0.5*(3 + 0.5) / (1 * 3).
	// Precision: all of 0.5 at 0.3, then 1 of 4. Brier: (0.5*0.49 + 0.5*0.81 + 0.01 + 0.04 + 0.0784) / 4. Each p is
	// in a bin of its own.
	check(t, ask(t, db, "SELECT toString(day), auc, pr_auc, brier, ece, n, messages, sum_p, sum_y FROM bi.score_quality_daily ORDER BY day"),
		"2026-10-14|0.583333333|0.625|0.1946|0.295|4|5|0.78|1", "2026-10-15|NULL|NULL|0.0004|0.02|1|1|0.02|0")
}

// TestScoredMessagesAt: the messages as of a moment are the units of today, with their orders, and of a later moment
// those of windows that close until then as well; before they arrived there are none.
func TestScoredMessagesAt(t *testing.T) {
	db := judged(t)
	const units = "SELECT shop_id, user_id, conv_id, event_id, ts, toString(day), model_id, buy_score, p_order, prefix, weight, y FROM %s WHERE conv_id != 'c6' ORDER BY ALL"
	const at = "bi.scored_messages_at(as_of = '%s')"
	later, before := fmt.Sprintf(at, "2100-01-01 00:00:00.000"), fmt.Sprintf(at, "2026-10-31 23:59:59.999")
	check(t, ask(t, db, fmt.Sprintf(units, later)), ask(t, db, fmt.Sprintf(units, warehouse.Units))...)
	check(t, ask(t, db, "SELECT DISTINCT conv_id, order_id, is_kept FROM "+later+" ORDER BY ALL"), "c1|o1|1", "c2||0", "c3||0", "c4|o4|0", "c5|o5|1", "c6||0")
	check(t, ask(t, db, "SELECT conv_id FROM "+before))
}

func TestQualityOfNothing(t *testing.T) {
	db := fresh(t)
	check(t, ask(t, db, "SELECT * FROM bi.score_quality"))
	check(t, ask(t, db, "SELECT * FROM ("+warehouse.Quality("shop_id", warehouse.Units)+")"))
}
