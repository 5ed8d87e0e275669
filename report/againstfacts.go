package report

import (
	"context"
	"fmt"
	"strconv"
	"strings"

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
// alone, independently of the processors, and compares row by row. Evidence
// and intent it takes from the score rows; a message that should have one and
// has none is missing. Rows are comparable once nothing is in flight, and where
// facts expire (expired.go) as far as all that they rest on is surely there.
func AgainstFacts(ctx context.Context, db database, p intent.Params) (*Diff, error) {
	d := &Diff{Differences: []Difference{}, Shoppers: []event.Shopper{}}
	known := map[event.Shopper]bool{}
	gone, err := readExpired(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, c := range []comparison{
		{"message_scores", "event_id", dueScores(p, gone), saidScores + gone.orphans()},
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

// folded are the messages that have a score, with what their score row says.
const folded = `
	SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.event_id AS event_id, m.conv_id AS conv_id, toUnixTimestamp64Milli(m.ts) AS ms,
		s.evidence AS evidence, s.buy_score AS score, s.scored AS scored
	FROM (SELECT shop_id, user_id, event_id, conv_id, ts FROM askbuy.messages FINAL WHERE from_role = 'user' AND is_test = 0) AS m
	LEFT JOIN (SELECT shop_id, user_id, event_id, evidence, buy_score, 1 AS scored FROM askbuy.message_scores FINAL) AS s
		ON s.shop_id = m.shop_id AND s.user_id = m.user_id AND s.event_id = m.event_id`

const saidScores = `
	SELECT shop_id, user_id, event_id AS k, toString((conv_id, toUnixTimestamp64Milli(ts), buy_score, p_order)) AS row
	FROM askbuy.message_scores AS s FINAL
	WHERE 1`

// dueScores is the fold of intent.Params over each conversation. When one of
// its messages has no evidence, nothing is said of the others' scores.
func dueScores(p intent.Params, gone expired) string {
	number := func(v float64) string { return "toFloat64('" + strconv.FormatFloat(v, 'g', -1, 64) + "')" }
	return strings.NewReplacer(
		"{folded}", folded, "{gap}", strconv.FormatInt(p.SessionGapMs, 10), "{gamma}", number(p.Gamma), "{half}", number(p.HalfLifeMs),
		"{a}", number(p.HeadA), "{b}", number(p.HeadB), "{ref}", number(p.RefLogit),
		"{whole since}", strconv.FormatInt(gone.sessionsFrom(p.SessionGapMs), 10),
		"{ca}", number(p.CalA), "{cb}", number(p.CalB), "{cc}", number(p.CalC),
	).Replace(`
	SELECT shop_id, user_id, point.1 AS k,
		{a} * point.3 + {b} AS z,
		if(whole AND point.4 >= {whole since}, toString((conv_id, point.2,
			round(1 / (1 + exp(-(z - {ref}))), 3),
			round(1 / (1 + exp(-({cc} - {ca} * log1p(exp(-z)) + {cb} * log1p(exp(z))))), 6))), '') AS row
	FROM (
		SELECT shop_id, user_id, conv_id,
			arraySort(groupArray((ms, event_id, evidence, scored))) AS points,
			points.1 AS times,
			arrayMap((t, before) -> t - before, times, arrayPushFront(arrayPopBack(times), times[1] - {gap} - 1)) AS gaps,
			arrayFold((states, gap, e) -> arrayPushBack(states, if(gap > {gap}, e, {gamma} * pow(2, -gap / {half}) * states[-1] + e)),
				gaps, points.3, CAST([], 'Array(Float64)')) AS states,
			arrayFold((begun, gap, t) -> arrayPushBack(begun, if(gap > {gap}, t, begun[-1])), gaps, times, CAST([], 'Array(Int64)')) AS sessions,
			min(scored) = 1 AS whole
		FROM ({folded})
		GROUP BY shop_id, user_id, conv_id
	)
	ARRAY JOIN arrayZip(points.2, times, states, sessions) AS point`)
}

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
