package questions

// handoffQuestions are of now: a queue is worked on as it stands.
var handoffQuestions = []Question{
	{
		Name: "handoffs", About: "Conversations that were handed over to a person: those that wait first, the angry before the others, then the longest wait.", Params: []string{"state", "handoff_id"}, Behind: "conversation", Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "handoff_id", Unit: ID, About: "handoff, unique in its shop"}, {Name: "conv_id", Unit: ID, About: "conversation"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "reason", Unit: Text, About: "why it was handed over"}, {Name: "state", Unit: Text, About: "pending, human or closed"}, {Name: "buy_score", Unit: Score, About: "score of the conversation at the request"},
			{Name: "requested_at", Unit: Time, About: "request"}, {Name: "waited_seconds", Unit: Second, About: "until a person took it, or until now"}, {Name: "agent", Unit: Text, About: "who took it"}, {Name: "closed_at", Unit: Time, About: "end"},
		},
		sql: func(d *draft) string {
			return `SELECT h.shop_id AS shop_id, h.handoff_id AS handoff_id, h.conv_id AS conv_id, h.user_id AS user_id, h.reason AS reason, h.state AS state, h.buy_score AS buy_score, h.requested_at AS requested_at,
    toFloat64(coalesce(h.taken_at, h.closed_at, now64(3, 'UTC')) - h.requested_at) AS waited_seconds, h.agent AS agent, h.closed_at AS closed_at
FROM bi.handoffs AS h
WHERE ` + conditions(d.shop("h.shop_id"), d.equal("h.state", "state"), d.equal("h.handoff_id", "handoff_id"), "h.is_test = 0") + `
ORDER BY indexOf(['pending', 'human', 'closed'], h.state), if(h.state = 'pending', h.reason != 'anger', 0), if(h.state = 'pending', 1, -1) * toUnixTimestamp64Milli(h.requested_at), handoff_id`
		},
	},
	{
		Name: "handoffs_waiting", About: "How many conversations wait for a person, and for how long the first of them does.", Behind: "handoffs", Timeless: true,
		Columns: []Column{{Name: "waiting", Unit: Count, About: "handoffs that nobody took yet"}, {Name: "longest_seconds", Unit: Second, About: "the longest wait; null when none waits"}},
		sql: func(d *draft) string {
			return "SELECT count() AS waiting, maxOrNull(toFloat64(now64(3, 'UTC') - h.requested_at)) AS longest_seconds\nFROM bi.handoffs AS h\nWHERE " +
				conditions(d.shop("h.shop_id"), "h.state = 'pending'", "h.is_test = 0")
		},
	},
}
