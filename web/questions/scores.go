package questions

import schema "askbuy/schemas/clickhouse"

// scoreCuts narrow the messages that scores are judged by.
var scoreCuts = []string{"from", "to", "model_id"}

// judged is the source of questions on scores: the messages that they are judged by, as of the moment, with the bins
// of the promised view.
func (d *draft) judged() string {
	source := "bi.scored_messages_at(as_of = " + d.bind("as_of") + ")"
	if d.from != fromViews {
		source = "askbuy.rolled_scores(lineage = " + d.boundLineage() + ", as_of = " + d.bind("as_of") + ")"
	}
	bin := ""
	if d.has("bin") {
		bin = orderBin + " = toUInt8(" + d.bind("bin") + ")"
	}
	return "FROM " + source + " AS q\nWHERE " + conditions(d.shop("q.shop_id"), d.days("q.day"), d.equal("q.model_id", "model_id"), bin)
}

// orderBin is one of 20 bins of the probability, each of two and a half of bi.score_quality; scoreBin one of 100 of the
// buy score.
const (
	orderBin = "intDiv(toUInt8(least(49, floor(round(q.p_order * 50, 6)))) * 2, 5)"
	scoreBin = "toUInt8(least(99, floor(round(q.buy_score * 100, 6))))"
)

// scoreQuestions are about windows that were closed at the moment.
var scoreQuestions = []Question{
	{
		Name: "reliability", About: "Mean of the probability beside the share that ordered, by bin of the probability.", Params: scoreCuts, Behind: "scored_messages",
		Columns: []Column{
			{Name: "bin", Unit: Count, About: "from 0; bin b holds b / 20 to (b + 1) / 20"}, {Name: "n", Unit: Score, About: "sum of weights: a conversation weighs 1"},
			{Name: "messages", Unit: Count, About: "messages"}, {Name: "mean_p", Unit: Share, About: "mean of p_order"},
			{Name: "rate", Unit: Share, About: "share that ordered and kept"}, {Name: "rate_low", Unit: Share, About: "lower end of its 95 % interval (Wilson, n conversations)"}, {Name: "rate_high", Unit: Share, About: "upper end"},
		},
		sql: func(d *draft) string {
			return "SELECT b AS bin, round(w, 6) AS n, k AS messages, round(divideOrNull(p, w), 9) AS mean_p, " + rate("y", "w", "rate") +
				"\nFROM\n(\nSELECT " + orderBin + " AS b, sum(q.weight) AS w, count() AS k, sum(q.weight * q.p_order) AS p, sum(q.weight * q.y) AS y\n" + d.judged() + "\nGROUP BY b\n)\nORDER BY bin"
		},
	},
	{
		Name: "thresholds", About: "What a threshold on the buy score would flag and catch.", Params: scoreCuts,
		Columns: []Column{
			{Name: "threshold", Unit: Score, About: "buy score from which a message is flagged"}, {Name: "flagged", Unit: Score, About: "weight of what is flagged"}, {Name: "caught", Unit: Score, About: "weight of orders among it"},
			{Name: "precision", Unit: Share, About: "caught / flagged"}, {Name: "recall", Unit: Share, About: "caught / all orders"}, {Name: "volume", Unit: Share, About: "flagged / all"},
		},
		sql: func(d *draft) string {
			return `SELECT b / 100 AS threshold, round(flagged_n, 6) AS flagged, round(caught_n, 6) AS caught, round(divideOrNull(caught_n, flagged_n), 9) AS precision,
    round(divideOrNull(caught_n, sum(y) OVER ()), 9) AS recall, round(divideOrNull(flagged_n, sum(w) OVER ()), 9) AS volume
FROM
(
    SELECT b, w, y, sum(w) OVER (ORDER BY b DESC) AS flagged_n, sum(y) OVER (ORDER BY b DESC) AS caught_n
    FROM
    (
        SELECT ` + scoreBin + ` AS b, sum(q.weight) AS w, sum(q.weight * q.y) AS y
        ` + d.judged() + `
        GROUP BY b
    )
)
ORDER BY threshold`
		},
	},
	{
		Name: "scored_messages", About: "The messages that scores are judged by: those of shoppers before the first attributed order, in conversations whose 72 h are over.", Params: append([]string{"bin"}, scoreCuts...), Behind: "conversation", Pages: true, limits: true,
		Columns: []Column{
			{Name: "ts", Unit: Time, About: "event time"}, {Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "text", Unit: Text, About: "text, personal data masked"}, {Name: "p_order", Unit: Share, About: "calibrated probability of an order"}, {Name: "buy_score", Unit: Score, About: "score of the conversation, 0 to 1"},
			{Name: "model_id", Unit: ID, About: "model that scored it"}, {Name: "order_id", Unit: ID, About: "first attributed order of the conversation"}, {Name: "is_kept", Unit: Flag, About: "some attributed order of it is kept"},
		},
		sql: scoredMessagesSQL,
	},
	{
		Name: "score_days", About: "How good the probability was, by day and model.", Params: scoreCuts, Behind: "scored_messages",
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "day", Unit: Day, About: "day of the message"}, {Name: "model_id", Unit: ID, About: "model"},
			{Name: "auc", Unit: Share, About: "area under the ROC curve"}, {Name: "pr_auc", Unit: Share, About: "average precision"}, {Name: "brier", Unit: Score, About: "mean squared error"},
			{Name: "ece", Unit: Share, About: "expected calibration error, 15 bins"}, {Name: "n", Unit: Score, About: "conversations"}, {Name: "messages", Unit: Count, About: "messages"},
			{Name: "sum_p", Unit: Score, About: "orders that were expected"}, {Name: "sum_y", Unit: Score, About: "orders that came"},
		},
		sql: func(d *draft) string {
			return "SELECT shop_id, day, model_id, auc, pr_auc, brier, ece, n, messages, sum_p, sum_y\nFROM (" +
				schema.Quality("shop_id, model_id, day", "(SELECT q.shop_id AS shop_id, q.model_id AS model_id, q.day AS day, q.p_order AS p_order, q.weight AS weight, q.y AS y "+d.judged()+")") + ")\nORDER BY day, model_id, shop_id"
		},
	},
}

// scoredMessagesSQL lists the messages. Which they are is settled before their texts are read.
func scoredMessagesSQL(d *draft) string {
	if d.counted {
		return "SELECT q.event_id " + d.judged()
	}
	shown := d.judged() + "\nORDER BY q.ts DESC, q.shop_id, q.user_id, q.conv_id, q.event_id" + d.tail
	return `SELECT q.ts AS ts, q.shop_id AS shop_id, q.conv_id AS conv_id, q.user_id AS user_id, m.text AS text, q.p_order AS p_order, q.buy_score AS buy_score, q.model_id AS model_id, q.order_id AS order_id, q.is_kept AS is_kept
FROM
(
SELECT q.ts AS ts, q.shop_id AS shop_id, q.conv_id AS conv_id, q.user_id AS user_id, q.event_id AS event_id, q.p_order AS p_order, q.buy_score AS buy_score, q.model_id AS model_id, q.order_id AS order_id, q.is_kept AS is_kept
` + shown + `
) AS q
LEFT JOIN
(
SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.event_id AS event_id, m.text AS text
FROM bi.messages AS m
WHERE (m.shop_id, m.user_id, m.event_id) IN (SELECT q.shop_id, q.user_id, q.event_id ` + shown + `)
) AS m ON m.shop_id = q.shop_id AND m.user_id = q.user_id AND m.event_id = q.event_id
ORDER BY ts DESC, shop_id, user_id, conv_id, q.event_id`
}
