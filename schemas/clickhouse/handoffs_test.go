package warehouse_test

import (
	"fmt"
	"testing"

	"askbuy/schemas/event"
)

// handedOver is a step of a handoff at a minute.
func handedOver(user, conv string, at int64, h event.Handoff, test bool) event.Event {
	return event.Event{Type: event.TypeHandoff, ShopID: "s", UserID: user, ConvID: conv, Test: test, TS: ten + at*minute,
		ID: fmt.Sprint(h.ID, "/", h.Step, "/", at), Handoff: &h}
}

func TestHandoffs(t *testing.T) {
	db := fresh(t)
	half, score := 0.5, 0.8
	l := newLoader()
	for n, e := range []event.Event{
		handedOver("u", "c1", 9, event.Handoff{ID: "h1", Step: event.HandoffClosed, Agent: "later"}, false), // the steps come in any order
		handedOver("u", "c1", 4, event.Handoff{ID: "h1", Step: event.HandoffTaken, Agent: "amy"}, false),
		handedOver("u", "c1", 6, event.Handoff{ID: "h1", Step: event.HandoffTaken, Agent: "bob"}, false),
		handedOver("u", "c1", 3, event.Handoff{ID: "h1", Step: event.HandoffDelivered, Attempt: 3}, false),
		handedOver("u", "c1", 2, event.Handoff{ID: "h1", Step: event.HandoffAttempted, Attempt: 2}, false),
		handedOver("u", "c1", 5, event.Handoff{ID: "h1", Step: event.HandoffRequested, Reason: event.ReasonUrgent}, false), // said again
		handedOver("u", "c1", 1, event.Handoff{ID: "h1", Step: event.HandoffRequested, Reason: event.ReasonLowConfidence, Confidence: &half, BuyScore: &score}, false),
		handedOver("u", "c2", 7, event.Handoff{ID: "h2", Step: event.HandoffTaken, Reason: event.ReasonTakeover}, false),
		handedOver("u", "c3", 8, event.Handoff{ID: "h3", Step: event.HandoffRequested, Reason: event.ReasonAnger}, true),
		// Lapses: of what nobody took; of what was let lie; but not of what a person took a while before, or after it.
		handedOver("w", "c5", 1, event.Handoff{ID: "l1", Step: event.HandoffRequested, Reason: event.ReasonAsked}, false),
		handedOver("w", "c5", 2, event.Handoff{ID: "l1", Step: event.HandoffLapsed}, false),
		handedOver("w", "c5", 0, event.Handoff{ID: "l2", Step: event.HandoffTaken, Reason: event.ReasonTakeover}, false),
		handedOver("w", "c5", 120, event.Handoff{ID: "l2", Step: event.HandoffLapsed}, false),
		handedOver("w", "c5", 0, event.Handoff{ID: "l3", Step: event.HandoffTaken, Reason: event.ReasonTakeover}, false),
		handedOver("w", "c5", 119, event.Handoff{ID: "l3", Step: event.HandoffLapsed}, false),
		handedOver("w", "c5", 121, event.Handoff{ID: "l2", Step: event.HandoffClosed}, false),
		handedOver("w", "c5", 1, event.Handoff{ID: "l4", Step: event.HandoffRequested, Reason: event.ReasonAsked}, false),
		handedOver("w", "c5", 2, event.Handoff{ID: "l4", Step: event.HandoffLapsed}, false),
		handedOver("w", "c5", 3, event.Handoff{ID: "l4", Step: event.HandoffTaken}, false),
	} {
		l.position = int64(n)
		l.fact(&e)
	}
	for _, conv := range []string{"c1", "c2", "c3", "c4"} {
		l.said(fmt.Sprintf(`{"type":"message","event_id":"m-%s","shop_id":"s","user_id":"u","conv_id":%q,"from":"user","text":"在吗","ts":%d}`, conv, conv, ten))
	}
	for _, table := range tablesOf(l) {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, l.rows[table.Name]))
	}
	at := func(column string) string {
		return fmt.Sprintf("toInt64OrNull(toString((toUnixTimestamp64Milli(%s) - %d) / %d))", column, ten, minute)
	}
	check(t, ask(t, db, fmt.Sprintf("SELECT handoff_id, conv_id, reason, confidence, buy_score, state, %s, %s, %s, %s, agent, attempts, is_test FROM bi.handoffs ORDER BY handoff_id",
		at("requested_at"), at("taken_at"), at("closed_at"), at("delivered_at"))),
		"h1|c1|low_confidence|0.5|0.8|closed|1|4|9|3|amy|3|0",
		"h2|c2|takeover|NULL|NULL|human|7|7|NULL|NULL||0|0",
		"h3|c3|anger|NULL|NULL|pending|8|NULL|NULL|NULL||0|1",
		"l1|c5|asked|NULL|NULL|closed|1|NULL|2|NULL||0|0",
		"l2|c5|takeover|NULL|NULL|closed|0|0|120|NULL||0|0",
		"l3|c5|takeover|NULL|NULL|human|0|0|NULL|NULL||0|0",
		"l4|c5|asked|NULL|NULL|human|1|3|NULL|NULL||0|0")
	check(t, ask(t, db, "SELECT conv_id, handed_off FROM bi.conversations ORDER BY conv_id"), "c1|1", "c2|1", "c3|0", "c4|0")
	check(t, ask(t, connectBI(t), "SELECT count() FROM bi.handoffs"), "7")
}
