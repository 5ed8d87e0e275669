package questions

// scoreCuts narrow the messages that scores are judged by.
var scoreCuts = []string{"from", "to", "model_id"}

func (d *draft) scores(view string) string {
	return "FROM bi." + view + " AS q\nWHERE " + conditions(d.shop("q.shop_id"), d.days("q.day"), d.equal("q.model_id", "model_id"))
}

// scoreQuestions are about closed windows at the time of the query: they take no as_of.
var scoreQuestions = []Question{
	{
		Name: "reliability", About: "Mean of the probability beside the share that ordered, by bin of the probability.", Params: scoreCuts, Behind: "scored_messages", Timeless: true,
		Columns: []Column{
			{Name: "bin", Unit: Count, About: "from 0; bin b holds b / 20 to (b + 1) / 20"}, {Name: "n", Unit: Score, About: "sum of weights: a conversation weighs 1"},
			{Name: "messages", Unit: Count, About: "messages"}, {Name: "mean_p", Unit: Share, About: "mean of p_order"},
			{Name: "rate", Unit: Share, About: "share that ordered and kept"}, {Name: "rate_low", Unit: Share, About: "lower end of its 95 % interval (Wilson, n conversations)"}, {Name: "rate_high", Unit: Share, About: "upper end"},
		},
		sql: func(d *draft) string {
			return "SELECT b AS bin, w AS n, k AS messages, round(divideOrNull(p, w), 9) AS mean_p, " + rate("y", "w", "rate") +
				"\nFROM\n(\nSELECT intDiv(q.bin * 2, 5) AS b, sum(q.n) AS w, sum(q.messages) AS k, sum(q.sum_p) AS p, sum(q.sum_y) AS y\n" + d.scores("score_quality") + " AND q.score = 'p_order'\nGROUP BY b\n)\nORDER BY bin"
		},
	},
	{
		Name: "thresholds", About: "What a threshold on the buy score would flag and catch.", Params: scoreCuts, Timeless: true,
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
        SELECT q.bin AS b, sum(q.n) AS w, sum(q.sum_y) AS y
        ` + d.scores("score_quality") + ` AND q.score = 'buy_score'
        GROUP BY b
    )
)
ORDER BY threshold`
		},
	},
	{
		Name: "scored_messages", About: "The messages that scores are judged by: those of shoppers before the first attributed order, in conversations whose 72 h are over.", Params: append([]string{"bin"}, scoreCuts...), Behind: "conversation", Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "ts", Unit: Time, About: "event time"}, {Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "text", Unit: Text, About: "text, personal data masked"}, {Name: "p_order", Unit: Share, About: "calibrated probability of an order"}, {Name: "buy_score", Unit: Score, About: "score of the conversation, 0 to 1"},
			{Name: "model_id", Unit: ID, About: "model that scored it"}, {Name: "order_id", Unit: ID, About: "first attributed order of the conversation"}, {Name: "is_kept", Unit: Flag, About: "some attributed order of it is kept"},
		},
		sql: scoredMessagesSQL,
	},
	{
		Name: "score_days", About: "How good the probability was, by day and model.", Params: scoreCuts, Behind: "scored_messages", Timeless: true,
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "day", Unit: Day, About: "day of the message"}, {Name: "model_id", Unit: ID, About: "model"},
			{Name: "auc", Unit: Share, About: "area under the ROC curve"}, {Name: "pr_auc", Unit: Share, About: "average precision"}, {Name: "brier", Unit: Score, About: "mean squared error"},
			{Name: "ece", Unit: Share, About: "expected calibration error, 15 bins"}, {Name: "n", Unit: Score, About: "conversations"}, {Name: "messages", Unit: Count, About: "messages"},
			{Name: "sum_p", Unit: Score, About: "orders that were expected"}, {Name: "sum_y", Unit: Score, About: "orders that came"},
		},
		sql: func(d *draft) string {
			return "SELECT q.shop_id AS shop_id, q.day AS day, q.model_id AS model_id, q.auc AS auc, q.pr_auc AS pr_auc, q.brier AS brier, q.ece AS ece, q.n AS n, q.messages AS messages, q.sum_p AS sum_p, q.sum_y AS sum_y\n" +
				d.scores("score_quality_daily") + "\nORDER BY day, model_id, shop_id"
		},
	},
}

// scoredMessagesSQL says in bi.messages what bi.score_quality counts.
func scoredMessagesSQL(d *draft) string {
	bin := ""
	if d.has("bin") {
		bin = "intDiv(toUInt8(least(49, floor(round(m.p_order * 50, 6)))) * 2, 5) = toUInt8(" + d.bind("bin") + ")"
	}
	return `SELECT m.ts AS ts, m.shop_id AS shop_id, m.conv_id AS conv_id, m.user_id AS user_id, m.text AS text, m.p_order AS p_order, m.buy_score AS buy_score, m.model_id AS model_id, c.order_id AS order_id, c.is_kept AS is_kept
FROM bi.messages AS m
INNER JOIN
(
    SELECT c.shop_id AS shop_id, c.conv_id AS conv_id, c.user_id AS user_id, c.order_id AS order_id, c.ordered_at AS ordered_at, c.is_kept AS is_kept
    FROM bi.conversations AS c
    WHERE ` + conditions(d.shop("c.shop_id"), "c.last_user_message_at <= now64(3, 'UTC') - toIntervalHour(72)") + `
) AS c ON c.shop_id = m.shop_id AND c.conv_id = m.conv_id AND c.user_id = m.user_id
INNER JOIN bi.shops AS s ON s.shop_id = m.shop_id
WHERE ` + conditions(d.shop("m.shop_id"), "m.from_role = 'user'", "m.is_test = 0", "m.p_order IS NOT NULL", "(c.ordered_at IS NULL OR m.ts < c.ordered_at)",
		"formatDateTime(m.ts, '%F', s.time_zone) BETWEEN toString("+d.bind("from")+") AND toString("+d.bind("to")+")", d.equal("m.model_id", "model_id"), bin) + `
ORDER BY ts DESC, shop_id, user_id, conv_id`
}
