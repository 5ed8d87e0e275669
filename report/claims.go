package report

import (
	"context"
)

// ClaimCounts set what shoppers say against what they do.
type ClaimCounts struct {
	Claimed         int64 `json:"claimed"` // conversations in which something is said to be bought
	Messages        int64 `json:"claim_messages"`
	Ordered         int64 `json:"ordered"` // of claimed
	Kept            int64 `json:"kept"`    // of claimed
	Orders          int64 `json:"orders"`  // paid, claimed or not
	Cancelled       int64 `json:"cancelled"`
	Refunded        int64 `json:"refunded"` // wholly, and not cancelled
	Bargaining      int64 `json:"bargaining"`
	BargainedNoCart int64 `json:"bargaining_without_cart"` // of bargaining
	Suspected       int64 `json:"suspected"`               // conversations with a fake_intent_score of 0.5 or more
}

// ClaimRow is the claims of some conversations and orders.
type ClaimRow struct {
	Key string `json:"key"` // the day or shop; "" of the total
	ClaimCounts
	OrderedRate Rate `json:"ordered_rate"` // ordered / claimed
	KeptRate    Rate `json:"kept_rate"`    // kept / claimed
	CancelRate  Rate `json:"cancel_rate"`  // cancelled / orders
	RefundRate  Rate `json:"refund_rate"`  // refunded / orders
	NoCartRate  Rate `json:"no_cart_rate"` // bargaining without cart / bargaining
	// Maturity is the share of claimed whose 72 h are over; null without claims.
	Maturity *float64 `json:"maturity"`

	closed int64
}

// ReasonCount is how many conversations have a reason.
type ReasonCount struct {
	Reason        string  `json:"reason"`
	Conversations int64   `json:"conversations"`
	MeanScore     float64 `json:"mean_fake_intent_score"` // of these
}

// ClaimsReport says what of the shoppers' words comes true.
type ClaimsReport struct {
	Filter  Filter        `json:"filter"`
	Total   ClaimRow      `json:"total"`
	Days    []ClaimRow    `json:"days"`
	Shops   []ClaimRow    `json:"shops"`
	Reasons []ReasonCount `json:"reasons"` // the most conversations first
}

// Claims asks for claims against orders. A filter's channel and intent have no
// meaning here and must be empty.
func Claims(ctx context.Context, db database, f Filter) (*ClaimsReport, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	r := &ClaimsReport{Filter: f, Days: []ClaimRow{}, Shops: []ClaimRow{}, Reasons: []ReasonCount{}}
	where, params := f.where("c.shop_id", "toString(c.day)", "", "")
	sql := `SELECT multiIf(grouping(c.day) = 0, 'day', grouping(c.shop_id) = 0, 'shop', 'total') AS which,
	multiIf(which = 'day', toString(c.day), which = 'shop', c.shop_id, '') AS k,
	toInt64(sum(c.claimed)), toInt64(sum(c.claim_messages)), toInt64(sum(c.ordered)), toInt64(sum(c.kept)),
	toInt64(sum(c.orders)), toInt64(sum(c.cancelled)), toInt64(sum(c.refunded)),
	toInt64(sum(c.bargaining)), toInt64(sum(c.bargaining_without_cart)), toInt64(sum(c.suspected)),
	toInt64(round(sum(ifNull(c.maturity, 0) * c.claimed)))
FROM bi.claims AS c WHERE ` + where + `
GROUP BY GROUPING SETS ((), (c.day), (c.shop_id)) ORDER BY k`
	rows := map[string]*[]ClaimRow{"day": &r.Days, "shop": &r.Shops}
	err := each(ctx, db, "claims", sql, params, func(c *cells) {
		which, row := c.text(), readClaims(c)
		if of, known := rows[which]; known {
			*of = append(*of, row)
		} else {
			r.Total = row
		}
	})
	if err != nil {
		return nil, err
	}
	r.Total.finish()
	return r, r.readReasons(ctx, db)
}

func readClaims(c *cells) ClaimRow {
	row := ClaimRow{Key: c.text(), ClaimCounts: ClaimCounts{c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count()}, closed: c.count()}
	row.finish()
	return row
}

// finish derives rates from sums.
func (r *ClaimRow) finish() {
	r.OrderedRate, r.KeptRate = newRate(r.Ordered, r.Claimed), newRate(r.Kept, r.Claimed)
	r.CancelRate, r.RefundRate = newRate(r.Cancelled, r.Orders), newRate(r.Refunded, r.Orders)
	r.NoCartRate = newRate(r.BargainedNoCart, r.Bargaining)
	r.Maturity = share(r.closed, r.Claimed)
}

func (r *ClaimsReport) readReasons(ctx context.Context, db database) error {
	where, params := r.Filter.where("c.shop_id", "toString(c.cohort_date)", "", "")
	sql := `SELECT why, toInt64(count()), avg(score)
FROM (SELECT c.fake_intent_reasons AS reasons, c.fake_intent_score AS score FROM bi.conversations AS c WHERE ` + where + `)
ARRAY JOIN reasons AS why GROUP BY why ORDER BY count() DESC, why`
	return each(ctx, db, "reasons", sql, params, func(c *cells) {
		r.Reasons = append(r.Reasons, ReasonCount{c.text(), c.count(), next[float64](c)})
	})
}
