package questions

import "slices"

// creditSource is where credit stands by the model and the window asked for. What stands beside the rollups has that of
// orders that were never paid, or by another shopper, too: it has to be joined with the paid ones by shopper as well.
func (d *draft) creditSource() string {
	view := "bi.attribution"
	if d.from != fromViews {
		view = "askbuy.credits"
	}
	return view + "(model = " + quote(d.args["model"]) + ", window_hours = " + d.args["window_hours"] + ")"
}

// credits joins credit (a) with its order, as of the moment, and the conversation (c) that has it. Conversations are
// many, and on the left are not kept in memory.
func (d *draft) credits() string {
	return `FROM
(
SELECT c.shop_id AS shop_id, c.conv_id AS conv_id, c.user_id AS user_id, c.intent AS intent, c.channel AS channel, c.bot_id AS bot_id
` + d.conversationsOf() + `
) AS c
INNER JOIN
(
SELECT a.shop_id AS shop_id, a.order_id AS order_id, a.conv_id AS conv_id, a.user_id AS user_id, a.credit AS credit, o.amount AS amount, o.net_amount AS net_amount, o.coupon AS coupon, o.paid_at AS paid_at, o.is_reporting AS is_reporting, o.currency AS currency
FROM ` + d.creditSource() + ` AS a
INNER JOIN
(
SELECT o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, o.amount AS amount, o.net_amount AS net_amount, o.coupon AS coupon, o.paid_at AS paid_at, o.is_reporting AS is_reporting, o.reporting_currency AS currency
` + d.orders() + ` AND o.paid_at IS NOT NULL
) AS o ON o.shop_id = a.shop_id AND o.order_id = a.order_id AND o.user_id = a.user_id
WHERE ` + conditions(d.shop("a.shop_id")) + `
) AS a ON a.shop_id = c.shop_id AND a.conv_id = c.conv_id AND a.user_id = c.user_id`
}

// conversationsOf are conversations of any day: those that touched may lie before the days of payment.
func (d *draft) conversationsOf() string {
	return "FROM " + d.conversationSource() + " AS c\nWHERE " +
		conditions(d.shop("c.shop_id"), d.equal("c.channel", "channel"), d.equal("c.intent", "intent"), d.equal("c.bot_id", "bot_id"))
}

// creditCuts narrow credit; from and to are days of payment.
var creditCuts = []string{"from", "to", "channel", "intent", "bot_id", "coupon", "model", "window_hours"}

func creditColumns() []Column {
	return []Column{
		{Name: "conversations", Unit: Count, About: "conversations with credit"}, {Name: "orders", Unit: Count, About: "orders that they have credit for"},
		{Name: "credit", Unit: Score, About: "sum of credit: orders, shared by the model"},
		{Name: "order_amount", Unit: Money, About: "credit times the amount of the order"}, {Name: "net_amount", Unit: Money, About: "credit times its net amount"},
		{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		{Name: "credits", Unit: Count, About: "rows behind"},
	}
}

var attributionQuestions = []Question{
	{
		Name: "attribution", About: "Which conversations led to the orders paid in the days, by a model and a window.", Params: slices.Concat(creditCuts, []string{"by"}), Behind: "credits",
		Columns: slices.Concat([]Column{{Name: "key", Unit: Text, About: "intent, channel, bot or coupon; empty for none"}}, creditColumns()),
		sql: func(d *draft) string {
			key := "c." + d.args["by"]
			if d.args["by"] == "coupon" {
				key = "a.coupon"
			}
			return "SELECT k AS key, convs AS conversations, sales AS orders, shares AS credit, " + d.amount("gross") + " AS order_amount, " + d.amount("net") + " AS net_amount, " + d.currency() + " AS currency, n AS credits\nFROM\n(\nSELECT " + key +
				" AS k, uniqExact(a.shop_id, a.conv_id, a.user_id) AS convs, uniqExact(a.shop_id, a.order_id) AS sales, round(sum(a.credit), 6) AS shares, round(sumIf(a.credit * toFloat64(a.amount), a.is_reporting), 2) AS gross, round(sumIf(a.credit * toFloat64(a.net_amount), a.is_reporting), 2) AS net, count() AS n\n" +
				d.credits() + "\nGROUP BY k\n)\nORDER BY credit DESC, key"
		},
	},
	{
		Name: "attribution_total", About: "How many of the orders paid in the days some conversation led to.", Params: []string{"from", "to", "coupon", "model", "window_hours"}, Behind: "orders",
		Columns: slices.Concat([]Column{
			{Name: "paid", Unit: Count, About: "paid orders", Step: "paid"}, {Name: "attributed", Unit: Count, About: "with credit for some conversation", Step: "credited"},
		}, rateColumns("attributed_rate", "attributed / paid"), []Column{
			{Name: "explicit_unmatched", Unit: Count, About: "name a conversation that is no candidate", Step: "explicit_unmatched"},
			{Name: "net_amount", Unit: Money, About: "net amounts of the paid orders"}, {Name: "attributed_amount", Unit: Money, About: "of the attributed ones"},
			{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		}),
		sql: func(d *draft) string {
			return "SELECT n AS paid, hits AS attributed, " + rate("hits", "n", "attributed_rate") + ", unmatched AS explicit_unmatched, " + d.amount("net") + " AS net_amount, " + d.amount("net_attributed") + " AS attributed_amount, " + d.currency() + ` AS currency
FROM
(
SELECT count() AS n, countIf(o.has_credit) AS hits, countIf(o.explicit_unmatched = 1) AS unmatched, sumIf(o.net_amount, o.is_reporting) AS net, sumIf(o.net_amount, o.is_reporting AND o.has_credit) AS net_attributed
FROM
(
SELECT o.explicit_unmatched AS explicit_unmatched, o.net_amount AS net_amount, o.is_reporting AS is_reporting,
    ` + d.hasCredit() + ` AS has_credit
` + d.orders() + ` AND o.paid_at IS NOT NULL
) AS o
)`
		},
	},
	creditList("credits", "Credit of conversations for orders, one a row.", "conversation", []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "order_id", Unit: ID, About: "order"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper"},
		{Name: "paid_at", Unit: Time, About: "payment"}, {Name: "intent", Unit: Text, About: "topic of the conversation"}, {Name: "channel", Unit: Text, About: "its channel"}, {Name: "coupon", Unit: Text, About: "coupon of the order"},
		{Name: "credit", Unit: Score, About: "above 0; sums to 1 over an order"}, {Name: "order_amount", Unit: Money, About: "of the whole order"}, {Name: "net_amount", Unit: Money, About: "of the whole order"}, {Name: "currency", Unit: Text, About: "reporting currency of the shop"},
	}, "a.shop_id AS shop_id, a.order_id AS order_id, a.conv_id AS conv_id, a.user_id AS user_id, a.paid_at AS paid_at, c.intent AS intent, c.channel AS channel, a.coupon AS coupon, a.credit AS credit, a.amount AS order_amount, a.net_amount AS net_amount, a.currency AS currency, "+
		creditedAmounts("", "", "a.is_reporting"), "", "paid_at DESC, shop_id, order_id, credit DESC, conv_id"),
	creditList("credited_orders", "Orders that conversations of a cut have credit for, one a row.", "order", []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "order_id", Unit: ID, About: "order"}, {Name: "paid_at", Unit: Time, About: "payment"}, {Name: "coupon", Unit: Text, About: "coupon of the order"},
		{Name: "conversations", Unit: Count, About: "conversations of the cut with credit for it"}, {Name: "credit", Unit: Score, About: "their credit"}, {Name: "currency", Unit: Text, About: "reporting currency of the shop"},
	}, "a.shop_id AS shop_id, a.order_id AS order_id, any(a.paid_at) AS paid_at, any(a.coupon) AS coupon, count() AS conversations, sum(a.credit) AS credit, any(a.currency) AS currency, "+
		creditedAmounts("sum(", ")", "a.is_reporting"), "shop_id, order_id", "paid_at DESC, shop_id, order_id"),
	creditList("credited_conversations", "Conversations that have credit for orders, one a row.", "conversation", []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper"}, {Name: "intent", Unit: Text, About: "topic"}, {Name: "channel", Unit: Text, About: "channel"},
		{Name: "orders", Unit: Count, About: "orders that it has credit for"}, {Name: "credit", Unit: Score, About: "its credit for them"}, {Name: "currency", Unit: Text, About: "reporting currency of the shop"},
	}, "a.shop_id AS shop_id, a.conv_id AS conv_id, a.user_id AS user_id, any(c.intent) AS intent, any(c.channel) AS channel, count() AS orders, sum(a.credit) AS credit, any(a.currency) AS currency, "+
		creditedAmounts("sum(", ")", "a.is_reporting"), "shop_id, conv_id, user_id", "credit DESC, shop_id, conv_id, user_id"),
}

// creditedAmounts are amounts times credit, to nine decimals, so that shares of an order add up to it. What is not in
// the reporting currency of its shop is in none.
func creditedAmounts(begin, end, counts string) string {
	times := func(amount string) string {
		return begin + "if(" + counts + ", toDecimal128(round(a.credit * toFloat64(a." + amount + "), 9), 9), 0)" + end
	}
	return times("amount") + " AS credited_order_amount, " + times("net_amount") + " AS credited_net_amount"
}

// creditList is a list behind the numbers of attribution, by what one row of it is.
func creditList(name, about, behind string, columns []Column, selected, group, order string) Question {
	if group != "" {
		group = "\nGROUP BY " + group
	}
	return Question{
		Name: name, About: about, Params: creditCuts, Behind: behind, Pages: true,
		Columns: slices.Concat(columns, []Column{{Name: "credited_order_amount", Unit: Money, About: "credit times the amount of the order, in the reporting currency"}, {Name: "credited_net_amount", Unit: Money, About: "credit times its net amount"}}),
		sql: func(d *draft) string {
			return "SELECT " + selected + "\n" + d.credits() + group + "\nORDER BY " + order
		},
	}
}
