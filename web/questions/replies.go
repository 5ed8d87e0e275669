package questions

// unansweredDays is for how long a question that nobody answered waits.
const unansweredDays = "90"

// unanswered are the shoppers' messages that the bot put off or asked back
// about. Messages are looked up by their key: those of a shop may be millions.
func (d *draft) unanswered() string {
	replies := `FROM bi.replies AS r
    WHERE ` + conditions(d.shop("r.shop_id"), "r.is_answered = 0", "r.is_test = 0", "r.received_at >= now64(3, 'UTC') - toIntervalDay("+unansweredDays+")")
	return `FROM
(
    SELECT r.shop_id AS shop_id, r.user_id AS user_id, r.question_event_id AS question_event_id, r.conv_id AS conv_id, r.language AS language, r.route AS route, r.ts AS ts
    ` + replies + `
) AS r
INNER JOIN
(
    SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.event_id AS event_id, m.text AS text
    FROM bi.messages AS m
    WHERE ` + conditions(d.shop("m.shop_id"), "(m.shop_id, m.user_id, m.event_id) IN (SELECT r.shop_id, r.user_id, r.question_event_id "+replies+")", "m.text != ''", d.equal("m.text", "text"), d.anyOf("m.text", "texts")) + `
) AS m ON m.shop_id = r.shop_id AND m.user_id = r.user_id AND m.event_id = r.question_event_id`
}

// replyQuestions are about what the bot said. The queue of unanswered questions
// is of now.
var replyQuestions = []Question{
	{
		Name: "unanswered", About: "Wordings of the last 90 days that the bot put off or asked back about, those asked most often first.", Params: []string{"text"}, Behind: "unanswered_messages", Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "text", Unit: Text, About: "wording, personal data masked"}, {Name: "language", Unit: Text, About: "language of the reply, zh or en"},
			{Name: "asked", Unit: Count, About: "messages with this wording"}, {Name: "first_at", Unit: Time, About: "the first of them"}, {Name: "last_at", Unit: Time, About: "the last"},
		},
		sql: func(d *draft) string {
			return "SELECT r.shop_id AS shop_id, m.text AS text, any(r.language) AS language, count() AS asked, min(r.ts) AS first_at, max(r.ts) AS last_at\n" + d.unanswered() + "\nGROUP BY shop_id, text\nORDER BY asked DESC, first_at, shop_id, text"
		},
	},
	{
		Name: "unanswered_messages", About: "The messages behind: what the bot put off or asked back about, newest first.", Params: []string{"text", "texts"}, Behind: "conversation", Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "ts", Unit: Time, About: "when the bot replied"}, {Name: "shop_id", Unit: ID, About: "shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "text", Unit: Text, About: "what was asked, personal data masked"}, {Name: "route", Unit: Text, About: "step that replied: clarify or preset"}, {Name: "language", Unit: Text, About: "language of the reply, zh or en"},
		},
		sql: func(d *draft) string {
			return "SELECT r.ts AS ts, r.shop_id AS shop_id, r.conv_id AS conv_id, r.user_id AS user_id, m.text AS text, r.route AS route, r.language AS language\n" + d.unanswered() + "\nORDER BY ts DESC, shop_id, user_id, conv_id"
		},
	},
	{
		Name: "replies", About: "The bot's replies by the step that made them, over the days in which the questions arrived.", Params: []string{"from", "to"}, Timeless: true,
		Columns: []Column{
			{Name: "route", Unit: Text, About: "hot, cache, rule, faq, llm, clarify or preset"}, {Name: "replies", Unit: Count, About: "replies"}, {Name: "answered", Unit: Count, About: "that answer the question"},
			{Name: "answered_rate", Unit: Share, About: "answered / replies"}, {Name: "answered_rate_low", Unit: Share, About: "lower end of its 95 % interval (Wilson)"}, {Name: "answered_rate_high", Unit: Share, About: "upper end"},
			{Name: "latency_p50", Unit: Second, About: "half of them were made within"}, {Name: "latency_p99", Unit: Second, About: "99 of 100 were made within"},
		},
		sql: func(d *draft) string {
			return "SELECT route, n AS replies, hits AS answered, " + rate("hits", "n", "answered_rate") + `, half / 1000 AS latency_p50, slow / 1000 AS latency_p99
FROM
(
SELECT r.route AS route, count() AS n, countIf(r.is_answered = 1) AS hits, quantileExact(0.5)(r.latency_ms) AS half, quantileExact(0.99)(r.latency_ms) AS slow
FROM bi.replies AS r
INNER JOIN bi.shops AS s ON s.shop_id = r.shop_id
WHERE ` + conditions(d.shop("r.shop_id"), "r.is_test = 0", "formatDateTime(r.received_at, '%F', s.time_zone) BETWEEN toString("+d.bind("from")+") AND toString("+d.bind("to")+")") + `
GROUP BY route
)
ORDER BY replies DESC, route`
		},
	},
}
