package questions

import "slices"

// conversationCounts are the columns that every cut of conversations shares.
func conversationCounts() []Column {
	return []Column{
		{Name: "conversations", Unit: Count, About: "conversations that began in the days"},
		{Name: "high_intent", Unit: Count, About: "of these: reached a score of 0.7", Step: "high_intent"},
		{Name: "carted", Unit: Count, About: "of these: last touch within 72 h of an add_to_cart", Step: "carted"},
		{Name: "ordered", Unit: Count, About: "of these: last touch within 72 h of a paid order", Step: "ordered"},
		{Name: "kept", Unit: Count, About: "of these: an order with a net amount above 0", Step: "kept"},
		{Name: "high_intent_ordered", Unit: Count, About: "of these: some order at or after high intent", Step: "high_intent_ordered"},
		{Name: "high_intent_kept", Unit: Count, About: "of these: some kept order at or after high intent", Step: "high_intent_kept"},
		{Name: "low_intent_ordered", Unit: Count, About: "of these: ordered, never high", Step: "low_intent_ordered"},
		{Name: "waiting", Unit: Count, About: "of these: high intent in the last 48 h, no order yet", Step: "waiting"},
	}
}

// conversationAmounts follow the rates.
func conversationAmounts() []Column {
	return []Column{
		{Name: "order_amount", Unit: Money, About: "amounts of the attributed orders, cancelled ones too; null over shops of several currencies"},
		{Name: "net_amount", Unit: Money, About: "net amounts of the attributed orders"},
		{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		{Name: "maturity", Unit: Share, About: "share of conversations whose 72 h are over; below 1 the rates may still rise"},
		{Name: "kept_maturity", Unit: Share, About: "share whose 15 days are over"},
	}
}

func conversationColumns() []Column {
	return slices.Concat(conversationCounts(), rateColumns("high_intent_rate", "high_intent / conversations"),
		rateColumns("intent_to_order_rate", "high_intent_ordered / high_intent"), conversationAmounts())
}

// sums gives the columns of conversationColumns by a key (” for none), over whatever the draft narrows to.
func (d *draft) sums(key string) string {
	group, keyed := "", ""
	if key != "" {
		group, keyed = "\nGROUP BY k", key+" AS k, "
	}
	inner := "SELECT " + keyed + d.countAll() + " AS n, " + d.counts("high_intent") + " AS high, " + d.counts("carted") + " AS carts, " + d.counts("ordered") + " AS hits_all, " +
		d.counts("kept") + " AS kept_all, " + d.counts("high_intent_ordered") + " AS hits, " + d.counts("high_intent_kept") + " AS kept_high, " +
		d.counts("low_intent_ordered") + " AS hits_low, " + d.counts("waiting") + " AS waits,\n    sum(c.order_amount) AS gross, sum(c.net_amount) AS net," +
		" " + d.countAnswered() + " AS answered, " + d.countClosed() + " AS closed, " + d.countSettled() + " AS settled\n" + d.conversations() + group
	return `n AS conversations, high AS high_intent, carts AS carted, hits_all AS ordered, kept_all AS kept, hits AS high_intent_ordered,
    kept_high AS high_intent_kept, hits_low AS low_intent_ordered, waits AS waiting,
    ` + rate("high", "n", "high_intent_rate") + `,
    ` + rate("hits", "high", "intent_to_order_rate") + `,
    ` + d.amount("gross") + ` AS order_amount, ` + d.amount("net") + ` AS net_amount, ` + d.currency() + ` AS currency,
    divideOrNull(closed, answered) AS maturity, divideOrNull(settled, answered) AS kept_maturity
FROM
(
` + inner + `
)`
}

var funnelQuestions = []Question{
	{
		Name: "overview", Summed: true, About: "The numbers of the first page.", Params: cuts, Behind: "conversations",
		Columns: conversationColumns(), sql: func(d *draft) string { return "SELECT " + d.sums("") },
	},
	{
		Name: "compare", Summed: true, About: "The same numbers beside those of the period before, over days whose windows are closed in both.", Params: cuts,
		Columns: []Column{
			{Name: "days", Unit: Count, About: "days that are compared"},
			{Name: "conversations", Unit: Count, About: "of those days"}, {Name: "conversations_before", Unit: Count, About: "of the days before"},
			{Name: "high_intent", Unit: Count, About: "of those days"}, {Name: "high_intent_before", Unit: Count, About: "of the days before"},
			{Name: "ordered", Unit: Count, About: "of those days"}, {Name: "ordered_before", Unit: Count, About: "of the days before"},
			{Name: "high_intent_ordered", Unit: Count, About: "of those days"}, {Name: "high_intent_ordered_before", Unit: Count, About: "of the days before"},
			{Name: "net_amount", Unit: Money, About: "of those days"}, {Name: "net_amount_before", Unit: Money, About: "of the days before"},
			{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		}, sql: compareSQL,
	},
	{
		Name: "funnel", About: "The steps from the conversation to the order that is kept, and the low-intent orders beside them.", Params: slices.Concat(cuts, []string{"unit", "net"}), Behind: "conversations",
		Columns: slices.Concat([]Column{
			{Name: "step", Unit: Text, About: "conversations, high_intent, high_intent_ordered (not with net), high_intent_kept; low_intent_ordered, with net low_intent_kept, stands beside them"},
			{Name: "conversations", Unit: Count, About: "that reached the step; with unit shoppers, those of them"},
			{Name: "of", Unit: Count, About: "of so many: of the step before, of low_intent_ordered those never high"},
		}, rateColumns("rate", "conversations / of"), []Column{{Name: "rate_of_all", Unit: Share, About: "of all conversations"}}),
		sql: funnelSQL,
	},
	{
		Name: "daily", Summed: true, About: "The numbers of each day of the conversations' start.", Params: cuts, Behind: "conversations",
		Columns: slices.Concat([]Column{{Name: "day", Unit: Day, About: "day of the start"}}, conversationColumns()),
		sql:     func(d *draft) string { return "SELECT k AS day, " + d.sums("c.cohort_date") + "\nORDER BY day" },
	},
	{
		Name: "cut", Summed: true, About: "The numbers by intent, channel, bot or coupon.", Params: slices.Concat(cuts, []string{"by"}), Behind: "conversations",
		Columns: slices.Concat([]Column{{Name: "key", Unit: Text, About: "intent, channel, bot or coupon; empty for none"}}, conversationColumns(), refundColumns()),
		sql:     cutSQL,
	},
	{
		Name: "time_to_order", About: "How soon after high intent orders come: Kaplan-Meier over the hours, conversations without an order leaving at as_of.", Params: cuts, Behind: "conversations",
		Columns: []Column{
			{Name: "hours", Unit: Hours, About: "hours since high intent, rounded up; 168 at most"},
			{Name: "orders", Unit: Count, About: "first orders in this hour"},
			{Name: "orders_until", Unit: Count, About: "first orders until then: the conversations within_hours", Step: "within_hours"},
			{Name: "at_risk", Unit: Count, About: "conversations that had not ordered and could still be seen"},
			{Name: "ordered_share", Unit: Share, About: "share that had ordered by then, 1 - Kaplan-Meier"},
		}, sql: timeToOrderSQL,
	},
	{
		Name: "cohorts", About: "By day of the start: how many of the high-intent conversations had ordered within a day, two, three and a week.", Params: cuts, Behind: "conversations",
		Columns: []Column{
			{Name: "day", Unit: Day, About: "day of the start"},
			{Name: "high_intent", Unit: Count, About: "conversations that reached a score of 0.7", Step: "high_intent"},
			{Name: "within_24", Unit: Count, About: "ordered within 24 h of it"}, {Name: "within_48", Unit: Count, About: "within 48 h"},
			{Name: "within_72", Unit: Count, About: "within 72 h"}, {Name: "within_168", Unit: Count, About: "within 168 h"},
			{Name: "seen_hours", Unit: Hours, About: "hours since the last of them was high: a column beyond it may still rise"},
		}, sql: cohortsSQL,
	},
}

func funnelSQL(d *draft) string {
	reached := func(step string) string {
		for _, s := range steps {
			if s.name == step && d.args["unit"] == "shoppers" {
				return "uniqExactIf((c.shop_id, c.user_id), " + s.condition + ")"
			}
		}
		return d.counts(step)
	}
	all, middle, beside := "count()", "('high_intent_ordered', hits, high), ('high_intent_kept', kept, hits)", "low_intent_ordered"
	if d.args["unit"] == "shoppers" {
		all = "uniqExact(c.shop_id, c.user_id)"
	}
	if d.args["net"] == "yes" {
		middle, beside = "('high_intent_kept', kept, high)", "low_intent_kept"
	}
	return `SELECT one.1 AS step, one.2 AS conversations, one.3 AS of,
    ` + rate("conversations", "of", "rate") + `,
    divideOrNull(conversations, n) AS rate_of_all
FROM
(
SELECT ` + all + ` AS n, ` + reached("high_intent") + ` AS high, ` + reached("high_intent_ordered") + ` AS hits, ` + reached("high_intent_kept") + ` AS kept, ` + reached(beside) + ` AS low, ` + reached("low_intent") + ` AS never
` + d.conversations() + `
)
ARRAY JOIN [('conversations', n, n), ('high_intent', high, n), ` + middle + `, ('` + beside + `', low, never)] AS one`
}

// refundColumns stand beside what is kept. They are of the orders that are attributed to the row's conversations.
func refundColumns() []Column {
	return slices.Concat([]Column{
		{Name: "refunds", Unit: Count, About: "orders with a refund, of these"},
		{Name: "old_orders", Unit: Count, About: "paid orders older than 15 days"},
	}, rateColumns("refund_rate", "refunds / old_orders"))
}

func cutSQL(d *draft) string {
	column := "c." + d.args["by"] // one of those allowed
	if d.from != fromViews {
		return rolledCutSQL(d, column)
	}
	return `SELECT r.k AS key, r.* EXCEPT (k), o.refunds AS refunds, o.old_orders AS old_orders, ` + rate("refunds", "old_orders", "refund_rate") + `
FROM
(
SELECT k, ` + d.sums(column) + `
) AS r
LEFT JOIN
(
SELECT ` + column + ` AS k, countIf(p.refunded_amount > 0) AS refunds, count() AS old_orders
FROM bi.orders_at(as_of = ` + d.bind("as_of") + `) AS p
INNER JOIN
(
SELECT c.shop_id AS shop_id, c.conv_id AS conv_id, c.user_id AS user_id, c.` + d.args["by"] + ` AS ` + d.args["by"] + `
` + d.conversations() + `
) AS c ON c.shop_id = p.shop_id AND c.conv_id = p.conv_id AND c.user_id = p.user_id
WHERE p.paid_at <= ` + d.bind("as_of") + ` - toIntervalDay(15)
GROUP BY k
) AS o ON o.k = r.k
ORDER BY conversations DESC, key`
}

// rolledCutSQL: rollups have the refunds of a conversation's orders beside it.
func rolledCutSQL(d *draft, column string) string {
	return `SELECT r.k AS key, r.* EXCEPT (k), o.refunds AS refunds, o.old_orders AS old_orders, ` + rate("refunds", "old_orders", "refund_rate") + `
FROM
(
SELECT k, ` + d.sums(column) + `
) AS r
LEFT JOIN
(
SELECT ` + column + ` AS k, sum(c.refunds) AS refunds, sum(c.old_orders) AS old_orders
` + d.conversations() + `
GROUP BY k
) AS o ON o.k = r.k
ORDER BY conversations DESC, key`
}

func timeToOrderSQL(d *draft) string {
	return `SELECT hours, orders, sum(orders) OVER (ORDER BY hours) AS orders_until, at_risk,
    1 - exp(sum(log(greatest(1 - orders / at_risk, 1e-12))) OVER (ORDER BY hours)) AS ordered_share
FROM
(
    SELECT hours, countIf(ordered) AS orders, sum(count()) OVER (ORDER BY hours ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at_risk
    FROM
    (
        SELECT ` + d.elapsed() + ` AS elapsed,
            c.is_high_intent_ordered = 1 AND elapsed <= 168 AS ordered, toUInt32(greatest(1, least(168, elapsed))) AS hours
        ` + d.conversations() + ` AND c.high_intent_at IS NOT NULL
    )
    GROUP BY hours
)
ORDER BY hours`
}

func cohortsSQL(d *draft) string {
	within := func(hours string) string {
		return "countIf(c.high_intent_ordered_at <= c.high_intent_at + toIntervalHour(" + hours + ")) AS within_" + hours
	}
	return `SELECT c.cohort_date AS day, count() AS high_intent, ` + within("24") + ", " + within("48") + ", " + within("72") + ", " + within("168") + `,
    intDiv(dateDiff('second', max(assumeNotNull(c.high_intent_at)), ` + d.bind("as_of") + `), 3600) AS seen_hours
` + d.conversations() + ` AND c.high_intent_at IS NOT NULL
GROUP BY day
ORDER BY day`
}
