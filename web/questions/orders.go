package questions

import "slices"

// orderSteps are states of orders that numbers count.
var orderSteps = []step{
	{"paid", "o.paid_at IS NOT NULL"},
	{"attributed", "o.paid_at IS NOT NULL AND o.conv_id != ''"},
	{"unattributed", "o.paid_at IS NOT NULL AND o.conv_id = ''"},
	{"kept", "o.net_amount > 0"},
	{"attributed_kept", "o.net_amount > 0 AND o.conv_id != ''"},
	{"refunded", "o.paid_at IS NOT NULL AND o.refunded_amount > 0"},
	{"cancelled", "o.cancelled_at IS NOT NULL"},
	{"explicit_unmatched", "o.explicit_unmatched = 1"},
	{"credited", ""}, // condition needs the model and the window: see orderState
}

func orderStepNames() []string {
	names := make([]string, len(orderSteps))
	for i, s := range orderSteps {
		names[i] = s.name
	}
	return names
}

func orderCondition(name string) string {
	for _, s := range orderSteps {
		if s.name == name {
			return s.condition
		}
	}
	return ""
}

// orders is the source of questions on orders: each with its day, of payment or, when never paid, of its first event.
func (d *draft) orders() string {
	return `FROM
(
    SELECT p.*, s.reporting_currency AS reporting_currency, p.currency = '' OR p.currency = s.reporting_currency AS is_reporting,
        formatDateTime(coalesce(p.paid_at, p.created_at, p.cancelled_at, p.refunded_at), '%F', s.time_zone) AS day
    FROM bi.orders_at(as_of = ` + d.bind("as_of") + `) AS p
    INNER JOIN ` + d.shopList() + ` AS s ON s.shop_id = p.shop_id
    WHERE ` + conditions(d.shop("p.shop_id")) + `
) AS o
WHERE ` + conditions(d.orderDays(), d.equal("o.coupon", "coupon"), d.equal("o.user_id", "user_id"), d.equal("o.order_id", "order_id"), d.equal("o.conv_id", "conv_id"), d.orderState())
}

// orderState is the condition of the state asked for.
func (d *draft) orderState() string {
	if d.args["orders"] == "credited" {
		return "o.paid_at IS NOT NULL AND " + d.hasCredit()
	}
	return orderCondition(d.args["orders"])
}

// hasCredit is whether some conversation has credit for an order.
func (d *draft) hasCredit() string {
	return "(o.shop_id, o.order_id, o.user_id) IN (SELECT a.shop_id, a.order_id, a.user_id FROM " + d.creditSource() + " AS a WHERE " + conditions(d.shop("a.shop_id")) + ")"
}

func (d *draft) orderDays() string {
	if !d.question.Takes("from") {
		return ""
	}
	return "o.day BETWEEN toString(" + d.bind("from") + ") AND toString(" + d.bind("to") + ")"
}

var orderFilters = []string{"from", "to", "coupon", "orders", "user_id", "model", "window_hours"}

var orderQuestions = []Question{
	{
		Name: "orders", About: "Orders by day of payment, or of their first event while unpaid.", Params: slices.Concat(orderFilters, []string{"sort"}), Behind: "order", Pages: true,
		Columns: orderRow(), sql: func(d *draft) string {
			return orderSelect + "\n" + d.orders() + "\nORDER BY " + map[string]string{"newest": "", "score": "", "amount": "o.net_amount DESC, "}[d.args["sort"]] +
				"coalesce(o.paid_at, o.created_at, o.cancelled_at, o.refunded_at) DESC, o.shop_id, o.order_id"
		},
	},
	{
		Name: "orders_total", About: "How many orders a list has and what they are worth.", Params: orderFilters, Behind: "orders",
		Columns: slices.Concat([]Column{
			{Name: "orders", Unit: Count, About: "rows of the list"},
			{Name: "paid", Unit: Count, About: "of these: paid", Step: "paid"}, {Name: "attributed", Unit: Count, About: "of these: a conversation led to it", Step: "attributed"},
			{Name: "kept", Unit: Count, About: "of these: net amount above 0", Step: "kept"}, {Name: "refunded", Unit: Count, About: "paid ones with a refund", Step: "refunded"},
			{Name: "cancelled", Unit: Count, About: "cancelled ones", Step: "cancelled"},
			{Name: "net_amount", Unit: Money, About: "net amounts in the reporting currency; null over shops of several"}, {Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
			{Name: "other_currency_orders", Unit: Count, About: "in no amount"},
		}, sinceColumns()),
		sql: func(d *draft) string {
			return `SELECT n AS orders, n_paid AS paid, n_attributed AS attributed, n_kept AS kept, n_refunded AS refunded, n_cancelled AS cancelled, ` + d.amount("net") + ` AS net_amount, ` + d.currency() + ` AS currency, others AS other_currency_orders,
    ` + d.since() + `
FROM
(
SELECT count() AS n, countIf(` + orderCondition("paid") + `) AS n_paid, countIf(` + orderCondition("attributed") + `) AS n_attributed, countIf(` + orderCondition("kept") + `) AS n_kept,
    countIf(` + orderCondition("refunded") + `) AS n_refunded, countIf(` + orderCondition("cancelled") + `) AS n_cancelled, sumIf(o.net_amount, o.is_reporting) AS net, countIf(NOT o.is_reporting) AS others
` + d.orders() + `
)`
		},
	},
	{
		Name: "payments", About: "Orders by day of payment, as the shop's back office counts them.", Params: []string{"from", "to", "coupon"}, Behind: "orders",
		Columns: []Column{
			{Name: "day", Unit: Day, About: "day of payment"}, {Name: "paid", Unit: Count, About: "paid orders", Step: "paid"},
			{Name: "attributed", Unit: Count, About: "of these: a conversation led to it", Step: "attributed"}, {Name: "kept", Unit: Count, About: "of these: net amount above 0", Step: "kept"},
			{Name: "attributed_kept", Unit: Count, About: "of the attributed ones: net amount above 0", Step: "attributed_kept"}, {Name: "refunded", Unit: Count, About: "with a refund", Step: "refunded"},
			{Name: "net_amount", Unit: Money, About: "net amounts in the reporting currency"}, {Name: "attributed_amount", Unit: Money, About: "of the attributed ones"},
			{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		}, sql: func(d *draft) string {
			return "SELECT day, paid, n_attributed AS attributed, n_kept AS kept, n_attributed_kept AS attributed_kept, n_refunded AS refunded, " + d.amount("net") + " AS net_amount, " + d.amount("net_attributed") + " AS attributed_amount, " + d.currency() + " AS currency\nFROM\n(\nSELECT toDate(o.day) AS day, count() AS paid, countIf(" + orderCondition("attributed") + ") AS n_attributed, countIf(" + orderCondition("kept") +
				") AS n_kept, countIf(" + orderCondition("attributed_kept") + ") AS n_attributed_kept, countIf(" + orderCondition("refunded") + ") AS n_refunded, sumIf(o.net_amount, o.is_reporting) AS net, sumIf(o.net_amount, o.is_reporting AND o.conv_id != '') AS net_attributed\n" + d.orders() + " AND o.paid_at IS NOT NULL\nGROUP BY day\n)\nORDER BY day"
		},
	},
	{
		Name: "order", Most: 10, About: "One order.", Params: []string{"order_id"}, Columns: orderRow(),
		sql: func(d *draft) string { return orderSelect + "\n" + d.orders() + "\nORDER BY o.shop_id" },
	},
	{
		Name: "conversation_orders", Most: 200, About: "The orders that are attributed to one conversation.", Params: []string{"conv_id", "user_id"}, Columns: orderRow(),
		sql: func(d *draft) string {
			return orderSelect + "\n" + d.orders() + "\nORDER BY o.paid_at, o.order_id"
		},
	},
	{
		Name: "touches", Most: 500, About: "What may have led to an order, or which orders a conversation may have led to, and why the attributed one is it.", Params: []string{"order_id", "conv_id", "user_id"}, Behind: "conversation",
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "order_id", Unit: ID, About: "paid order"}, {Name: "conv_id", Unit: ID, About: "conversation that may have led to it"}, {Name: "user_id", Unit: ID, About: "shopper"},
			{Name: "touch_at", Unit: Time, About: "latest message of the shopper at or before the payment"}, {Name: "order_at", Unit: Time, About: "payment"},
			{Name: "gap_seconds", Unit: Second, About: "between them"}, {Name: "rank_last", Unit: Count, About: "1: the named conversation, else the latest touch"},
			{Name: "rank_first", Unit: Count, About: "1: the earliest touch"}, {Name: "touches", Unit: Count, About: "candidates of the order"},
			{Name: "evidence", Unit: Text, About: "explicit when the order names the conversation, else time"}, {Name: "buy_score_at_touch", Unit: Score, About: "score then"},
			{Name: "is_attributed", Unit: Flag, About: "the attributed one: last touch, 72 h"},
		}, sql: func(d *draft) string {
			return `SELECT t.shop_id AS shop_id, t.order_id AS order_id, t.conv_id AS conv_id, t.user_id AS user_id, t.touch_at AS touch_at, t.order_at AS order_at, t.gap_seconds AS gap_seconds,
    t.rank_last AS rank_last, t.rank_first AS rank_first, t.touches AS touches, t.evidence AS evidence, t.buy_score_at_touch AS buy_score_at_touch, t.conv_id = p.conv_id AS is_attributed
FROM bi.touches AS t
INNER JOIN bi.orders_at(as_of = ` + d.bind("as_of") + `) AS p ON p.shop_id = t.shop_id AND p.order_id = t.order_id AND p.user_id = t.user_id
WHERE ` + conditions(d.shop("t.shop_id"), d.shop("p.shop_id"), d.equal("t.order_id", "order_id"), d.equal("t.conv_id", "conv_id"), d.equal("t.user_id", "user_id")) + `
ORDER BY t.order_at, t.order_id, t.rank_last`
		},
	},
}

func orderRow() []Column {
	return []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "order_id", Unit: ID, About: "order"}, {Name: "user_id", Unit: ID, About: "shopper"},
		{Name: "status", Unit: Text, About: "highest of created < paid < refunded < cancelled"}, {Name: "amount", Unit: Money, About: "as told last"},
		{Name: "refunded_amount", Unit: Money, About: "refunded of it"}, {Name: "net_amount", Unit: Money, About: "amount less refunds; 0 when cancelled or never paid"},
		{Name: "currency", Unit: Text, About: "currency of the order"}, {Name: "created_at", Unit: Time, About: "first created event"}, {Name: "paid_at", Unit: Time, About: "payment"},
		{Name: "cancelled_at", Unit: Time, About: "cancellation"}, {Name: "refunded_at", Unit: Time, About: "first refund"}, {Name: "coupon", Unit: Text, About: "coupon"},
		{Name: "conv_id", Unit: ID, About: "attributed conversation"}, {Name: "named_conv_id", Unit: ID, About: "conversation that the order names"},
		{Name: "explicit_unmatched", Unit: Flag, About: "the named conversation is no candidate"}, {Name: "touches", Unit: Count, About: "candidates"}, {Name: "day", Unit: Day, About: "day of payment"},
	}
}

const orderSelect = `SELECT o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, o.status AS status, o.amount AS amount, o.refunded_amount AS refunded_amount, o.net_amount AS net_amount,
    o.currency AS currency, o.created_at AS created_at, o.paid_at AS paid_at, o.cancelled_at AS cancelled_at, o.refunded_at AS refunded_at, o.coupon AS coupon, o.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id, o.explicit_unmatched AS explicit_unmatched, o.touches AS touches, o.day AS day`
