package report

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"askbuy/models/intent"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// Difference is a derived row that is not what the facts say.
type Difference struct {
	Table  string `json:"table"` // message_scores or touches
	ShopID string `json:"shop_id"`
	UserID string `json:"user_id"`
	Key    string `json:"key"`  // event_id or order_id
	What   string `json:"what"` // missing, not due, or differs
	Want   string `json:"want"` // "" when not due, or when a missing score leaves it open
	Got    string `json:"got"`  // "" when missing
}

// Diff is what the derived rows and the facts disagree about.
type Diff struct {
	Rows int64 `json:"rows"` // that differ, in all
	// Differences lists the first of them, Shoppers everybody concerned: a
	// repair of these makes an end of it.
	Differences []Difference    `json:"differences"`
	Shoppers    []event.Shopper `json:"shoppers"`
}

// differencesListed bounds what is listed of each table.
const differencesListed = 500

// AgainstFacts recomputes the touches and the score fold by SQL over facts
// alone, independently of the processors, and compares row by row. Evidence,
// intent and model it takes from the score rows; a message that should have
// one and has none is missing. Models are the parameters of all models that
// ever scored, by id. Rows are comparable once nothing is in flight, and where
// facts expire (expired.go) as far as all that they rest on is surely there.
func AgainstFacts(ctx context.Context, db database, models map[string]*intent.Params) (*Diff, error) {
	if err := everyModel(ctx, db, models); err != nil {
		return nil, err
	}
	d := &Diff{Differences: []Difference{}, Shoppers: []event.Shopper{}}
	known := map[event.Shopper]bool{}
	gone, err := readExpired(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, c := range []comparison{
		{"message_scores", "event_id", dueScores(models, gone), saidScores + gone.orphans()},
		{"touches", "order_id", dueTouches + gone.ordersFrom("any(order_ms)"), saidTouches + gone.ordersFrom("toUnixTimestamp64Milli(t.order_at)")},
	} {
		if err := d.list(ctx, db, c); err != nil {
			return nil, err
		}
		if err := d.concern(ctx, db, c, known); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// comparison is two statements with the columns shop_id, user_id, k, row: what
// is due by the facts and what the table says. A row that is due as ” only
// has to be there.
type comparison struct {
	table, key, due, said string
}

// sql lists the differences as shop_id, user_id, k, what, want, got.
func (c comparison) sql() string {
	return `SELECT shop_id, user_id, k, multiIf(said = 0, 'missing', due = 0, 'not due', 'differs') AS what, want, got
FROM (
	SELECT shop_id, user_id, k, max(x.is_due) AS due, max(x.is_said) AS said, anyIf(x.row, x.is_due = 1) AS want, anyIf(x.row, x.is_said = 1) AS got
	FROM (
		SELECT shop_id, user_id, k, 1 AS is_due, 0 AS is_said, row FROM (` + c.due + `)
		UNION ALL
		SELECT shop_id, user_id, k, 0 AS is_due, 1 AS is_said, row FROM (` + c.said + `)
	) AS x
	GROUP BY shop_id, user_id, k
)
WHERE due != said OR (want != '' AND want != got)`
}

func (d *Diff) list(ctx context.Context, db database, c comparison) error {
	sql := c.sql() + "\nORDER BY shop_id, user_id, k LIMIT " + strconv.Itoa(differencesListed)
	return each(ctx, db, "differences of "+c.table, sql, nil, func(row *cells) {
		d.Differences = append(d.Differences, Difference{c.table, row.text(), row.text(), row.text(), row.text(), row.text(), row.text()})
	})
}

func (d *Diff) concern(ctx context.Context, db database, c comparison, known map[event.Shopper]bool) error {
	sql := "SELECT shop_id, user_id, toInt64(count()) FROM (" + c.sql() + ") GROUP BY shop_id, user_id ORDER BY shop_id, user_id"
	return each(ctx, db, "shoppers to repair in "+c.table, sql, nil, func(row *cells) {
		s := event.Shopper{ShopID: row.text(), UserID: row.text()}
		d.Rows += row.count()
		if !known[s] {
			known[s] = true
			d.Shoppers = append(d.Shoppers, s)
		}
	})
}

// everyModel makes sure that no row is from a model that is not known.
func everyModel(ctx context.Context, db database, models map[string]*intent.Params) (err error) {
	const sql = "SELECT DISTINCT toString(model_id) AS id FROM askbuy.message_scores ORDER BY id"
	asked := each(ctx, db, "models", sql, nil, func(row *cells) {
		if id := row.text(); models[id] == nil {
			err = errors.Join(err, fmt.Errorf("compare scores: rows are from model %q, which is not in the registry: see askbuy model list", id))
		}
	})
	return errors.Join(asked, err)
}

// folded are the messages that have a score, with what their score row says.
const folded = `
	SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.event_id AS event_id, m.conv_id AS conv_id, toUnixTimestamp64Milli(m.ts) AS ms,
		s.evidence AS evidence, s.buy_score AS score, s.act AS act, s.model AS model, s.scored AS scored
	FROM (SELECT shop_id, user_id, event_id, conv_id, ts FROM askbuy.messages FINAL WHERE from_role = 'user' AND is_test = 0) AS m
	LEFT JOIN (SELECT shop_id, user_id, event_id, evidence, buy_score, toString(act) AS act, toString(model_id) AS model, 1 AS scored FROM askbuy.message_scores FINAL) AS s
		ON s.shop_id = m.shop_id AND s.user_id = m.user_id AND s.event_id = m.event_id`

const saidTouches = `
	SELECT shop_id, user_id, order_id AS k, toString((toUnixTimestamp64Milli(t.order_at), t.named_conv_id,
		arraySort(arrayMap(x -> (x.conv_id, toUnixTimestamp64Milli(x.touch_at), x.explicit, x.rank_last, x.rank_first, x.buy_score), t.touches)))) AS row
	FROM askbuy.touches AS t FINAL
	WHERE notEmpty(t.touches)`

// touchWindowMs is how far before its order a touch may lie.
var touchWindowMs = schema.TouchWindow.Milliseconds()

// dueTouches ranks, for every paid order, its shopper's conversations. Empty
// rows and absent ones say the same.
var dueTouches = fmt.Sprintf(`
	SELECT shop_id, user_id, order_id AS k,
		toString((any(order_ms), any(named), arraySort(groupArray((conv_id, touch_ms, explicit, rank_last, rank_first, touch_score))))) AS row
	FROM (
		SELECT *,
			row_number() OVER (PARTITION BY shop_id, order_id ORDER BY explicit DESC, touch_ms DESC, conv_id DESC) AS rank_last,
			row_number() OVER (PARTITION BY shop_id, order_id ORDER BY touch_ms, conv_id) AS rank_first
		FROM (
			SELECT o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, o.ms AS order_ms, o.named AS named, m.conv_id AS conv_id,
				max(m.ms) AS touch_ms, argMax(m.score, (m.ms, m.event_id)) AS touch_score, m.conv_id = o.named AS explicit
			FROM (
				SELECT shop_id, order_id, user_id, named_conv_id AS named, toUnixTimestamp64Milli(assumeNotNull(paid_at)) AS ms
				FROM askbuy.order_fold WHERE paid_at IS NOT NULL AND user_id != ''
			) AS o
			INNER JOIN (%s) AS m ON m.shop_id = o.shop_id AND m.user_id = o.user_id
			WHERE m.ms <= o.ms AND m.ms >= o.ms - %d
			GROUP BY shop_id, order_id, user_id, order_ms, named, conv_id, explicit
		)
	)
	GROUP BY shop_id, user_id, order_id
	HAVING 1`, folded, touchWindowMs)
