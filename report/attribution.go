package report

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"askbuy/schemas/event"
)

// Models lists the attribution models, the default first.
func Models() []string {
	return []string{"last_touch", "first_touch", "linear", "position", "time_decay"}
}

// DefaultWindowHours is the window of the funnel's attribution.
const DefaultWindowHours = 72

// AttributionRow is the credit of some conversations. Amounts are weighted by
// credit, rounded to the cent, in the shop's reporting currency.
type AttributionRow struct {
	Key                 string      `json:"key"` // intent or channel; "" of the total
	Currency            string      `json:"currency"`
	Orders              int64       `json:"orders"` // that gave any credit
	OtherCurrencyOrders int64       `json:"other_currency_orders"`
	Credit              float64     `json:"credit"`
	Gross               event.Money `json:"gross_amount"`
	Net                 event.Money `json:"net_amount"`
}

// TopConversation is a conversation with much credit.
type TopConversation struct {
	ShopID  string `json:"shop_id"`
	ConvID  string `json:"conv_id"`
	UserID  string `json:"user_id"`
	Intent  string `json:"intent"`
	Channel string `json:"channel"`
	AttributionRow
}

// AttributionReport says which conversations led to orders under one model.
type AttributionReport struct {
	Filter      Filter `json:"filter"` // days are those of payment
	Model       string `json:"model"`
	WindowHours int    `json:"window_hours"`
	// Of the paid orders of the shop and days, whatever channel and intent:
	Orders            int64 `json:"orders"`
	Unattributed      int64 `json:"unattributed_orders"` // no conversation has credit
	ExplicitUnmatched int64 `json:"explicit_unmatched"`  // name a conversation that is no candidate

	Total    []AttributionRow  `json:"total"` // one a currency
	Intents  []AttributionRow  `json:"intents"`
	Channels []AttributionRow  `json:"channels"`
	Top      []TopConversation `json:"top"`
}

// topConversations is how many are listed.
const topConversations = 20

// Attribution asks which conversations led to orders, by a model and a window
// in whole hours.
func Attribution(ctx context.Context, db database, model string, windowHours int, f Filter) (*AttributionReport, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if !slices.Contains(Models(), model) {
		return nil, fmt.Errorf("report attribution: unknown model %q: want one of %s", model, strings.Join(Models(), ", "))
	}
	if windowHours < 1 || windowHours > 24*365*10 {
		return nil, fmt.Errorf("report attribution: window of %d hours: want 1 hour to 10 years", windowHours)
	}
	r := &AttributionReport{Filter: f, Model: model, WindowHours: windowHours}
	if err := r.readOrders(ctx, db); err != nil {
		return nil, err
	}
	if err := r.readCredit(ctx, db); err != nil {
		return nil, err
	}
	return r, r.readTop(ctx, db)
}

// credits is the parameterised view; what stands in it was checked.
func (r *AttributionReport) credits() string {
	return fmt.Sprintf("bi.attribution(model = '%s', window_hours = %d)", r.Model, r.WindowHours)
}

// paid is the paid orders with their day and whether their amount counts.
const paid = `(
	SELECT o.shop_id AS shop_id, o.order_id AS order_id, s.reporting_currency AS currency, o.explicit_unmatched AS explicit_unmatched,
		o.currency = '' OR o.currency = s.reporting_currency AS counts, formatDateTime(assumeNotNull(o.paid_at), '%F', s.time_zone) AS day
	FROM bi.orders AS o INNER JOIN bi.shops AS s ON s.shop_id = o.shop_id
	WHERE o.paid_at IS NOT NULL
)`

func (r *AttributionReport) readOrders(ctx context.Context, db database) error {
	where, params := r.Filter.where("o.shop_id", "o.day", "", "")
	sql := `SELECT toInt64(count()), toInt64(countIf(a.n = 0)), toInt64(sum(o.explicit_unmatched))
FROM ` + paid + ` AS o
LEFT JOIN (SELECT shop_id, order_id, count() AS n FROM ` + r.credits() + ` GROUP BY shop_id, order_id) AS a
	ON a.shop_id = o.shop_id AND a.order_id = o.order_id
WHERE ` + where
	return each(ctx, db, "orders", sql, params, func(c *cells) {
		r.Orders, r.Unattributed, r.ExplicitUnmatched = c.count(), c.count(), c.count()
	})
}

// credited joins credit with its order and conversation.
func (r *AttributionReport) credited() string {
	return `FROM ` + r.credits() + ` AS a
INNER JOIN ` + paid + ` AS o ON o.shop_id = a.shop_id AND o.order_id = a.order_id
INNER JOIN bi.conversations AS c ON c.shop_id = a.shop_id AND c.conv_id = a.conv_id AND c.user_id = a.user_id`
}

// sums are the columns of an AttributionRow behind its key.
const sums = `o.currency, toInt64(uniqExact(a.shop_id, a.order_id)), toInt64(uniqExactIf((a.shop_id, a.order_id), NOT o.counts)),
	round(sum(a.credit), 9),
	toInt64(round(sumIf(a.credit * toFloat64(a.order_amount), o.counts) * 100)), toInt64(round(sumIf(a.credit * toFloat64(a.net_amount), o.counts) * 100))`

func readSums(c *cells, key string) AttributionRow {
	return AttributionRow{key, c.text(), c.count(), c.count(), next[float64](c), c.cents(), c.cents()}
}

// readCredit asks once for all three tables, because the join is what costs.
func (r *AttributionReport) readCredit(ctx context.Context, db database) error {
	r.Total, r.Intents, r.Channels = []AttributionRow{}, []AttributionRow{}, []AttributionRow{}
	by := map[string]*[]AttributionRow{"total": &r.Total, "intent": &r.Intents, "channel": &r.Channels}
	where, params := r.Filter.where("a.shop_id", "o.day", "c.channel", "c.intent")
	sql := `SELECT multiIf(grouping(c.intent) = 0, 'intent', grouping(c.channel) = 0, 'channel', 'total') AS which,
	multiIf(which = 'intent', toString(c.intent), which = 'channel', toString(c.channel), '') AS k, ` + sums + `
` + r.credited() + `
WHERE ` + where + `
GROUP BY GROUPING SETS ((o.currency), (o.currency, c.intent), (o.currency, c.channel))
ORDER BY sum(a.credit) DESC, k, o.currency`
	return each(ctx, db, "credit", sql, params, func(c *cells) {
		rows, known := by[c.text()]
		if row := readSums(c, c.text()); known {
			*rows = append(*rows, row)
		}
	})
}

func (r *AttributionReport) readTop(ctx context.Context, db database) error {
	r.Top = []TopConversation{}
	where, params := r.Filter.where("a.shop_id", "o.day", "c.channel", "c.intent")
	sql := `SELECT a.shop_id, a.conv_id, a.user_id, any(c.intent), any(c.channel), ` + sums + `
` + r.credited() + `
WHERE ` + where + `
GROUP BY a.shop_id, a.conv_id, a.user_id, o.currency
ORDER BY sumIf(a.credit * toFloat64(a.net_amount), o.counts) DESC, sum(a.credit) DESC, a.shop_id, a.conv_id, a.user_id
LIMIT ` + fmt.Sprint(topConversations)
	return each(ctx, db, "top conversations", sql, params, func(c *cells) {
		t := TopConversation{ShopID: c.text(), ConvID: c.text(), UserID: c.text(), Intent: c.text(), Channel: c.text()}
		t.AttributionRow = readSums(c, "")
		r.Top = append(r.Top, t)
	})
}
