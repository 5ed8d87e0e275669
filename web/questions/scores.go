package questions

// scoreCuts narrow the messages that scores are judged by.
var scoreCuts = []string{"from", "to", "model_id"}

func (d *draft) scores(view string) string {
	return "FROM bi." + view + " AS q\nWHERE " + conditions(d.shop("q.shop_id"), d.days("q.day"), d.equal("q.model_id", "model_id"))
}

// scoreQuestions are about closed windows at the time of the query: they take no as_of.
var scoreQuestions = []Question{
	{
		Name: "reliability", About: "Mean of the probability beside the share that ordered, by bin of the probability.", Params: scoreCuts, Timeless: true,
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
		Name: "score_days", About: "How good the probability was, by day and model.", Params: scoreCuts, Timeless: true,
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
