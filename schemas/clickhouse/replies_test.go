package warehouse_test

import (
	"fmt"
	"testing"

	"askbuy/schemas/event"
)

// replied is a reply of the bot at a minute.
func replied(conv string, at int64, r event.Reply) event.Event {
	return event.Event{Type: event.TypeReply, ShopID: "s", UserID: "u", ConvID: conv, TS: ten + at*minute, ID: fmt.Sprint("r-", conv, "-", at),
		Experiment: "x", Variant: "v", Reply: &r}
}

func asked(conv string, at int64, from event.Role) event.Event {
	return event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ConvID: conv, TS: ten + at*minute, ID: fmt.Sprint("m-", conv, "-", at, from),
		From: from, Text: "在吗", Channel: "miniprogram"}
}

func felt(conv string, rating int64, resolved *bool) event.Event {
	return event.Event{Type: event.TypeFeedback, ShopID: "s", UserID: "u", ConvID: conv, TS: ten + 90*minute, ID: "f-" + conv, Rating: &rating, Resolved: resolved}
}

// Of each way that a conversation can go there is one.
func TestQuality(t *testing.T) {
	db := fresh(t)
	yes, no, sure := true, false, .9
	answer := event.Reply{Route: "faq", Answered: true, LatencyMS: 10, Confidence: &sure, CostMicros: 1_500, Currency: "CNY", Language: "zh", Intent: "logistics", QuestionID: "q"}
	put := event.Reply{Route: "preset", LatencyMS: 30}
	test := replied("test", 1, answer)
	test.Test = true
	events := []event.Event{
		asked("good", 0, event.RoleUser), replied("good", 1, answer), asked("good", 32, event.RoleUser), // 31 minutes later: another matter
		asked("again", 0, event.RoleUser), replied("again", 1, answer), asked("again", 31, event.RoleUser), // 30 minutes later: it was not enough
		asked("said", 0, event.RoleUser), replied("said", 1, answer), asked("said", 2, event.RoleUser), felt("said", 5, &yes), // but it was
		asked("bad", 0, event.RoleUser), replied("bad", 1, answer), felt("bad", 2, &no),
		asked("lost", 0, event.RoleUser), replied("lost", 1, put),
		asked("vague", 0, event.RoleUser), replied("vague", 1, event.Reply{Route: "clarify", LatencyMS: 20}),
		asked("called", 0, event.RoleUser), replied("called", 1, answer),
		handedOver("u", "called", 2, event.Handoff{ID: "h", Step: event.HandoffRequested, Reason: event.ReasonAsked}, false),
		asked("agent", 0, event.RoleUser), replied("agent", 1, answer), asked("agent", 2, event.RoleAgent),
		asked("other", 0, event.RoleUser), asked("other", 1, event.RoleBot), // another bot's
		asked("test", 0, event.RoleUser), test,
	}
	l := newLoader()
	for n := range events {
		l.position = int64(n)
		l.fact(&events[n])
	}
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	check(t, ask(t, db, "SELECT route, intent, confidence, experiment, variant, language, latency_ms, cost, cost_currency, is_answered, is_cached, question_event_id FROM bi.replies WHERE conv_id = 'good'"),
		"faq|logistics|0.9|x|v|zh|10|0.0015|CNY|1|0|q")
	check(t, ask(t, db, `SELECT conversations, deflected, handed_off, first_round_resolved, ratings, rating_sum, replies, cost, cost_currency, first_response_ms_p50,
		round(deflection_rate, 3), round(first_round_resolution_rate, 3), csat, round(cost_per_conversation, 6), target_resolution, target_csat, target_cost FROM bi.quality_daily`),
		"8|6|1|3|2|7|8|0.009|CNY|10|0.75|0.375|3.5|0.001125|0.85|4.5|0.03")
	check(t, ask(t, db, "SELECT reason, conversations FROM bi.unresolved_daily ORDER BY reason"),
		"agent|1", "asked_back|1", "feedback|1", "handoff_asked|1", "no_answer|1")
	check(t, ask(t, connectBI(t), "SELECT sum(conversations) FROM bi.quality_daily"), "8")
	check(t, ask(t, connectBI(t), "SELECT sum(conversations) FROM bi.unresolved_daily"), "5")
}
