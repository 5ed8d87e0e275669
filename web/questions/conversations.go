package questions

import "slices"

// conversationFilters narrow lists of conversations.
var conversationFilters = slices.Concat(cuts, []string{"step", "within_hours", "at_risk_hours", "compared", "experiment", "user_id"})

var conversationQuestions = []Question{
	{
		Name: "conversations", About: "Conversations, one a row.", Params: slices.Concat(conversationFilters, []string{"sort"}), Behind: "conversation", Pages: true,
		Columns: conversationRow(), sql: func(d *draft) string {
			return conversationSelect(d.currencyOf("c.shop_id")) + "\n" + d.conversations() + "\nORDER BY " + conversationOrder(d.args["sort"])
		},
	},
	{
		Name: "conversations_total", About: "How many conversations a list has, and what has arrived for its shops since.", Params: conversationFilters,
		Columns: slices.Concat([]Column{
			{Name: "conversations", Unit: Count, About: "rows of the list"},
			{Name: "orders", Unit: Count, About: "orders attributed to them"},
			{Name: "order_amount", Unit: Money, About: "amounts of these, cancelled ones too"},
			{Name: "net_amount", Unit: Money, About: "their net amounts"},
			{Name: "currency", Unit: Text, About: "reporting currency; empty when there are several"},
		}, sinceColumns()),
		sql: func(d *draft) string {
			return "SELECT n AS conversations, sales AS orders, " + d.amount("gross") + " AS order_amount, " + d.amount("net") + " AS net_amount, " + d.currency() + " AS currency,\n    " + d.since() +
				"\nFROM (SELECT count() AS n, sum(c.orders) AS sales, sum(c.order_amount) AS gross, sum(c.net_amount) AS net " + d.conversations() + ")"
		},
	},
	{
		Name: "conversation", Most: 10, About: "One conversation.", Params: []string{"conv_id", "user_id"},
		Columns: conversationRow(), sql: func(d *draft) string {
			return conversationSelect(d.currencyOf("c.shop_id")) + "\n" + d.conversationsIn("") + "\nORDER BY started_at, user_id"
		},
	},
	{
		Name: "messages", Most: 2000, About: "The messages of one conversation with what each says about an order.", Params: []string{"conv_id", "user_id"},
		Columns: messageRow(), sql: func(d *draft) string {
			return messageSelect + "\nFROM bi.messages AS m\nWHERE " + conditions(d.shop("m.shop_id"), d.equal("m.user_id", "user_id"), d.equal("m.conv_id", "conv_id"),
				"m.received_at <= "+d.bind("as_of")) + "\nORDER BY m.ts, m.event_id"
		},
	},
	{
		Name: "live", Most: 50, About: "The newest messages.", Params: []string{"channel", "intent"}, Timeless: true,
		Columns: messageRow(), sql: func(d *draft) string {
			return messageSelect + "\nFROM bi.messages AS m\nWHERE " + conditions(d.recentKeys(), d.shop("m.shop_id"), d.equal("m.channel", "channel"), d.equal("m.intent", "intent"),
				"m.is_test = 0", "m.received_at > now64(3, 'UTC') - toIntervalHour(1)") + "\nORDER BY m.received_at DESC, m.ts DESC, m.event_id DESC"
		},
	},
	{
		Name: "shoppers", About: "Shoppers of the conversations that began in the days.", Params: slices.Concat(conversationFilters, []string{"sort"}), Behind: "conversations", Pages: true,
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "conversations", Unit: Count, About: "conversations that began in the days"},
			{Name: "high_intent", Unit: Count, About: "of these: reached a score of 0.7", Step: "high_intent"},
			{Name: "ordered", Unit: Count, About: "of these: ordered", Step: "ordered"},
			{Name: "orders", Unit: Count, About: "orders attributed to them"},
			{Name: "net_amount", Unit: Money, About: "their net amounts"}, {Name: "currency", Unit: Text, About: "reporting currency of the shop"},
			{Name: "best_score", Unit: Score, About: "greatest score, 0 to 1"},
			{Name: "last_message_at", Unit: Time, About: "latest message"},
		}, sql: func(d *draft) string {
			return "SELECT r.shop_id AS shop_id, r.user_id AS user_id, r.n AS conversations, r.high AS high_intent, r.hits AS ordered, r.sales AS orders, r.net AS net_amount, " +
				d.currencyOf("r.shop_id") + " AS currency, r.best AS best_score, r.last_at AS last_message_at\nFROM\n(\nSELECT c.shop_id AS shop_id, c.user_id AS user_id, count() AS n, " +
				d.counts("high_intent") + " AS high, " + d.counts("ordered") + " AS hits, sum(c.orders) AS sales, sum(c.net_amount) AS net, max(c.buy_score_peak) AS best, max(c.last_message_at) AS last_at\n" +
				d.conversations() + "\nGROUP BY shop_id, user_id\n) AS r\nORDER BY " +
				map[string]string{"newest": "r.last_at DESC", "score": "r.best DESC", "amount": "r.net DESC"}[d.args["sort"]] + ", r.shop_id, r.user_id"
		},
	},
	{
		Name: "shoppers_total", About: "How many shoppers a list has, and what has arrived for its shops since.", Params: conversationFilters,
		Columns: slices.Concat([]Column{
			{Name: "shoppers", Unit: Count, About: "rows of the list"}, {Name: "conversations", Unit: Count, About: "their conversations"},
		}, sinceColumns()),
		sql: func(d *draft) string {
			return "SELECT shoppers, n AS conversations,\n    " + d.since() + "\nFROM (SELECT uniqExact(c.shop_id, c.user_id) AS shoppers, count() AS n " + d.conversations() + ")"
		},
	},
}

// recentKeys narrows messages (m) to the keys of those that arrived within the hour: in millions the view would look for
// them one by one.
func (d *draft) recentKeys() string {
	if d.from == fromViews {
		return ""
	}
	return "(m.shop_id, m.user_id, m.event_id) IN (SELECT f.shop_id, f.user_id, f.event_id FROM askbuy.messages AS f WHERE " +
		conditions(d.shop("f.shop_id"), "f.received_at > now64(3, 'UTC') - toIntervalHour(1)") + ")"
}

// sinceColumns say what has arrived since as_of.
func sinceColumns() []Column {
	return []Column{
		{Name: "messages_since", Unit: Count, About: "messages of these shops that arrived after as_of"},
		{Name: "conversations_since", Unit: Count, About: "conversations that these belong to"},
	}
}

func (d *draft) since() string {
	messages, count := "bi.messages", "count()"
	if d.from != fromViews { // of the facts, which may still hold a copy that goes
		messages, count = "askbuy.messages", "uniqExact(m.shop_id, m.user_id, m.event_id)"
	}
	from := " FROM " + messages + " AS m WHERE " + conditions(d.shop("m.shop_id"), "m.is_test = 0", "m.received_at > "+d.bind("as_of")) + ")"
	return "(SELECT " + count + from + " AS messages_since,\n    (SELECT uniqExact(m.shop_id, m.conv_id, m.user_id)" + from + " AS conversations_since"
}

// currencyOf is the reporting currency of a row's shop.
func (d *draft) currencyOf(shop string) string {
	return "transform(" + shop + ", (SELECT groupArray(s.shop_id) FROM " + d.shopList() + " AS s WHERE " + conditions(d.shop("s.shop_id")) +
		"), (SELECT groupArray(s.reporting_currency) FROM " + d.shopList() + " AS s WHERE " + conditions(d.shop("s.shop_id")) + "), '')"
}

func conversationOrder(by string) string {
	return map[string]string{"newest": "c.started_at DESC", "score": "c.p_order DESC, c.started_at DESC", "amount": "c.net_amount DESC, c.started_at DESC"}[by] + ", c.shop_id, c.conv_id, c.user_id"
}

func conversationRow() []Column {
	return []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
		{Name: "channel", Unit: Text, About: "channel"}, {Name: "bot_id", Unit: ID, About: "bot"},
		{Name: "started_at", Unit: Time, About: "earliest message"}, {Name: "last_message_at", Unit: Time, About: "latest message"},
		{Name: "user_messages", Unit: Count, About: "messages of the shopper"}, {Name: "bot_messages", Unit: Count, About: "messages of bots"},
		{Name: "agent_messages", Unit: Count, About: "messages of people"},
		{Name: "intent", Unit: Text, About: "topic"}, {Name: "intent_level", Unit: Text, About: "high or low by the latest score"},
		{Name: "buy_score", Unit: Score, About: "latest score, 0 to 1"}, {Name: "buy_score_peak", Unit: Score, About: "greatest score"},
		{Name: "p_order", Unit: Share, About: "calibrated probability of an order, latest"},
		{Name: "high_intent_at", Unit: Time, About: "first message with a score of 0.7"},
		{Name: "is_carted", Unit: Flag, About: "last touch within 72 h of an add_to_cart"},
		{Name: "order_id", Unit: ID, About: "first attributed order"}, {Name: "ordered_at", Unit: Time, About: "its payment"},
		{Name: "orders", Unit: Count, About: "attributed orders"}, {Name: "order_amount", Unit: Money, About: "their amounts, cancelled ones too"}, {Name: "net_amount", Unit: Money, About: "their net amounts"},
		{Name: "currency", Unit: Text, About: "reporting currency of the shop"},
		{Name: "is_kept", Unit: Flag, About: "some order with a net amount above 0"}, {Name: "is_closed", Unit: Flag, About: "its 72 h were over"},
		{Name: "experiment", Unit: Text, About: "the one experiment that exposed it"}, {Name: "variant", Unit: Text, About: "its variant"},
	}
}

func conversationSelect(currency string) string {
	return `SELECT c.shop_id AS shop_id, c.conv_id AS conv_id, c.user_id AS user_id, c.channel AS channel, c.bot_id AS bot_id, c.started_at AS started_at, c.last_message_at AS last_message_at,
    c.user_messages AS user_messages, c.bot_messages AS bot_messages, c.agent_messages AS agent_messages, c.intent AS intent, c.intent_level AS intent_level, c.buy_score AS buy_score,
    c.buy_score_peak AS buy_score_peak, c.p_order AS p_order, c.high_intent_at AS high_intent_at, c.is_carted AS is_carted, c.order_id AS order_id, c.ordered_at AS ordered_at,
    c.orders AS orders, c.order_amount AS order_amount, c.net_amount AS net_amount, ` + currency + ` AS currency, c.is_kept AS is_kept, c.is_closed AS is_closed, c.experiment AS experiment, c.variant AS variant`
}

func messageRow() []Column {
	return []Column{
		{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "event_id", Unit: ID, About: "message"},
		{Name: "user_id", Unit: ID, About: "shopper"}, {Name: "from_role", Unit: Text, About: "user, bot or agent"}, {Name: "bot_id", Unit: ID, About: "bot"},
		{Name: "text", Unit: Text, About: "text, personal data masked"}, {Name: "ts", Unit: Time, About: "event time"}, {Name: "received_at", Unit: Time, About: "arrival"},
		{Name: "channel", Unit: Text, About: "channel"}, {Name: "act", Unit: Text, About: "likeliest act"}, {Name: "intent", Unit: Text, About: "topic"},
		{Name: "evidence", Unit: Score, About: "log-odds that this message speaks for an order"},
		{Name: "buy_score", Unit: Score, About: "score of the conversation after this message, 0 to 1"}, {Name: "p_order", Unit: Share, About: "calibrated probability of an order after it"},
		{Name: "terms", Unit: Terms, About: "what the score is the sum of, in log-odds"}, {Name: "model_id", Unit: ID, About: "model that scored it"},
		{Name: "is_test", Unit: Flag, About: "test traffic, in no figure"},
	}
}

const messageSelect = `SELECT m.shop_id AS shop_id, m.conv_id AS conv_id, m.event_id AS event_id, m.user_id AS user_id, m.from_role AS from_role, m.bot_id AS bot_id, m.text AS text,
    m.ts AS ts, m.received_at AS received_at, m.channel AS channel, m.act AS act, m.intent AS intent, m.evidence AS evidence, m.buy_score AS buy_score, m.p_order AS p_order,
    m.terms AS terms, m.model_id AS model_id, m.is_test AS is_test`
