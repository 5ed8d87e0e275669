package report

import (
	"context"
	"maps"
	"slices"

	"askbuy/schemas/event"
)

// Counts of conversations, added up over days, channels and shops.
type Counts struct {
	Conversations       int64 `json:"conversations"`
	HighIntent          int64 `json:"high_intent"`
	Ordered             int64 `json:"ordered"`
	Carted              int64 `json:"carted"`
	Kept                int64 `json:"kept"`
	HighIntentOrdered   int64 `json:"high_intent_ordered"`
	LowIntentOrdered    int64 `json:"low_intent_ordered"` // ordered, never high
	HighIntentKept      int64 `json:"high_intent_kept"`
	OtherCurrencyOrders int64 `json:"other_currency_orders"` // in no amount
}

// Amount is money of one currency.
type Amount struct {
	Currency string      `json:"currency"`
	Gross    event.Money `json:"gross_amount"` // cancelled orders, too
	Net      event.Money `json:"net_amount"`
}

// FunnelRow is the funnel of some conversations.
type FunnelRow struct {
	Key string `json:"key"` // the day or intent; "" of the total
	Counts
	HighIntentRate Rate     `json:"high_intent_rate"`
	IntentToOrder  Rate     `json:"intent_to_order_rate"` // high_intent_ordered / high_intent
	LowToOrder     Rate     `json:"low_intent_to_order_rate"`
	Lift           *float64 `json:"intent_lift"`
	Amounts        []Amount `json:"amounts"`
	// Maturity is the share of the conversations whose 72 h are over,
	// KeptMaturity that of those whose 15 days are. Below 1 the figures may
	// still rise (and kept ones fall); null when none has a user message.
	Maturity     *float64 `json:"maturity"`
	KeptMaturity *float64 `json:"kept_maturity"`

	answered, closed, settled int64
}

// FunnelReport says how conversations become orders.
type FunnelReport struct {
	Filter  Filter      `json:"filter"`
	Total   FunnelRow   `json:"total"`
	Days    []FunnelRow `json:"days"`
	Intents []FunnelRow `json:"intents"` // the most conversations first
}

// Funnel asks for the funnel of the conversations that the filter keeps.
func Funnel(ctx context.Context, db database, f Filter) (*FunnelReport, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	b := funnelBuilder{days: map[string]*FunnelRow{}, intents: map[string]*FunnelRow{}}
	if err := b.readCounts(ctx, db, f); err != nil {
		return nil, err
	}
	if err := b.readMaturity(ctx, db, f); err != nil {
		return nil, err
	}
	return b.report(f), nil
}

type funnelBuilder struct {
	total         FunnelRow
	days, intents map[string]*FunnelRow
}

// rows are those that a day's share of an intent belongs to.
func (b *funnelBuilder) rows(day, intent string) []*FunnelRow {
	of := func(m map[string]*FunnelRow, key string) *FunnelRow {
		if m[key] == nil {
			m[key] = &FunnelRow{Key: key}
		}
		return m[key]
	}
	return []*FunnelRow{&b.total, of(b.days, day), of(b.intents, intent)}
}

func (b *funnelBuilder) readCounts(ctx context.Context, db database, f Filter) error {
	where, params := f.where("f.shop_id", "toString(f.day)", "f.channel", "f.intent")
	sql := `SELECT toString(f.day), f.intent, s.reporting_currency,
	toInt64(sum(f.conversations)), toInt64(sum(f.high_intent)), toInt64(sum(f.ordered)), toInt64(sum(f.carted)), toInt64(sum(f.kept)),
	toInt64(sum(f.high_intent_ordered)), toInt64(sum(f.low_intent_ordered)), toInt64(sum(f.high_intent_kept)), toInt64(sum(f.other_currency_orders)),
	` + inCents("sum(f.gross_amount)") + `, ` + inCents("sum(f.net_amount)") + `
FROM bi.funnel_daily AS f LEFT JOIN bi.shops AS s ON s.shop_id = f.shop_id
WHERE ` + where + `
GROUP BY f.day, f.intent, s.reporting_currency
ORDER BY f.day, f.intent, s.reporting_currency`
	return each(ctx, db, "funnel", sql, params, func(c *cells) {
		day, intent, currency := c.text(), c.text(), c.text()
		counts := Counts{c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count()}
		amount := Amount{currency, c.cents(), c.cents()}
		for _, row := range b.rows(day, intent) {
			row.Counts.add(counts)
			row.addAmount(amount)
		}
	})
}

func (b *funnelBuilder) readMaturity(ctx context.Context, db database, f Filter) error {
	where, params := f.where("c.shop_id", "toString(c.cohort_date)", "c.channel", "c.intent")
	sql := `SELECT toString(c.cohort_date), c.intent, toInt64(count()),
	toInt64(countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalHour(72))),
	toInt64(countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalDay(15)))
FROM bi.conversations AS c
WHERE c.last_user_message_at IS NOT NULL AND ` + where + `
GROUP BY c.cohort_date, c.intent`
	return each(ctx, db, "maturity", sql, params, func(c *cells) {
		day, intent, answered, closed, settled := c.text(), c.text(), c.count(), c.count(), c.count()
		for _, row := range b.rows(day, intent) {
			row.answered, row.closed, row.settled = row.answered+answered, row.closed+closed, row.settled+settled
		}
	})
}

func (b *funnelBuilder) report(f Filter) *FunnelReport {
	r := &FunnelReport{Filter: f, Total: b.total, Days: []FunnelRow{}, Intents: []FunnelRow{}}
	r.Total.finish()
	for _, key := range slices.Sorted(maps.Keys(b.days)) {
		b.days[key].finish()
		r.Days = append(r.Days, *b.days[key])
	}
	for _, key := range slices.Sorted(maps.Keys(b.intents)) {
		b.intents[key].finish()
		r.Intents = append(r.Intents, *b.intents[key])
	}
	slices.SortStableFunc(r.Intents, func(a, b FunnelRow) int { return int(b.Conversations - a.Conversations) })
	return r
}

func (c *Counts) add(o Counts) {
	c.Conversations += o.Conversations
	c.HighIntent += o.HighIntent
	c.Ordered += o.Ordered
	c.Carted += o.Carted
	c.Kept += o.Kept
	c.HighIntentOrdered += o.HighIntentOrdered
	c.LowIntentOrdered += o.LowIntentOrdered
	c.HighIntentKept += o.HighIntentKept
	c.OtherCurrencyOrders += o.OtherCurrencyOrders
}

// addAmount keeps currencies apart: shops may report in different ones.
func (r *FunnelRow) addAmount(a Amount) {
	i, found := slices.BinarySearchFunc(r.Amounts, a.Currency, func(has Amount, currency string) int {
		switch {
		case has.Currency < currency:
			return -1
		case has.Currency > currency:
			return 1
		}
		return 0
	})
	if !found {
		r.Amounts = slices.Insert(r.Amounts, i, Amount{Currency: a.Currency})
	}
	r.Amounts[i].Gross += a.Gross
	r.Amounts[i].Net += a.Net
}

// finish derives rates from sums.
func (r *FunnelRow) finish() {
	r.HighIntentRate = newRate(r.HighIntent, r.Conversations)
	r.IntentToOrder = newRate(r.HighIntentOrdered, r.HighIntent)
	r.LowToOrder = newRate(r.LowIntentOrdered, r.Conversations-r.HighIntent)
	r.Lift = lift(r.IntentToOrder, r.LowToOrder)
	r.Maturity, r.KeptMaturity = share(r.closed, r.answered), share(r.settled, r.answered)
	r.Amounts = slices.DeleteFunc(r.Amounts, func(a Amount) bool { return a == Amount{} })
	if r.Amounts == nil {
		r.Amounts = []Amount{}
	}
}
