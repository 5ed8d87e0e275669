package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// topic is a raw topic's ledger over all days and sources, and how many rows
// its view has.
type topic struct {
	Topic       string `json:"topic"`
	Records     int64  `json:"n_records"`
	Stored      int64  `json:"n_stored"`
	Duplicate   int64  `json:"n_duplicate"`
	Conflict    int64  `json:"n_conflict"`
	Quarantined int64  `json:"n_quarantined"`
	Erased      int64  `json:"n_erased"`
	InFlight    int64  `json:"n_in_flight"`
	Unexplained int64  `json:"n_unexplained"`
}

const ledgerQuery = `(
SELECT topic, sum(records) AS n_records, sum(stored) AS n_stored, sum(duplicate) AS n_duplicate, sum(conflict) AS n_conflict,
sum(quarantined) AS n_quarantined, sum(erased) AS n_erased, sum(in_flight) AS n_in_flight, sum(unexplained) AS n_unexplained
FROM bi.ledger GROUP BY topic
) AS l ORDER BY topic`

// viewOf has the views that show every fact of a topic as a row.
var viewOf = map[string]string{
	event.TopicMessages: "bi.messages", event.TopicBehaviors: "bi.behaviors",
	event.TopicExposures: "bi.exposures", event.TopicFeedback: "bi.feedback"}

// checkLedger checks that every record has become of what it should. Retries
// and other senders may add to any count, so the truth's are lower bounds;
// what is stored is what the views show, and nothing is on its way.
func (v *verifier) checkLedger(ctx context.Context, r *Report) (Check, error) {
	c := Check{Name: "ledger"}
	topics, err := query[topic](ctx, v, ledgerQuery)
	if err != nil {
		return c, err
	}
	r.quiet = true
	for _, l := range topics {
		c.Rows++
		parts := l.Stored + l.Duplicate + l.Conflict + l.Quarantined + l.Erased + l.InFlight + l.Unexplained
		c.expect(l.Records == parts, l.Topic, "records", fmt.Sprint(parts), l.Records)
		c.expect(l.Unexplained == 0, l.Topic, "unexplained", "0", l.Unexplained)
		c.expect(l.InFlight == 0, l.Topic, "in_flight", "0", l.InFlight)
		r.quiet = r.quiet && l.Unexplained == 0 && l.InFlight == 0
	}
	for _, w := range v.truth.Ledger {
		i := slices.IndexFunc(topics, func(l topic) bool { return l.Topic == w.Topic })
		if i < 0 {
			c.expect(w.Stored == 0, w.Topic, "stored", fmt.Sprint("at least ", w.Stored), "no row")
			continue
		}
		c.expect(topics[i].Stored >= w.Stored, w.Topic, "stored", fmt.Sprint("at least ", w.Stored), topics[i].Stored)
		c.expect(topics[i].Conflict >= w.Conflicts, w.Topic, "conflict", fmt.Sprint("at least ", w.Conflicts), topics[i].Conflict)
	}
	return c, v.checkStored(ctx, &c, topics)
}

// total is how many rows a view has.
type total struct {
	Topic string `json:"topic"`
	Rows  int64  `json:"n_rows"`
}

// checkStored holds what the ledger calls stored against the rows of views.
func (v *verifier) checkStored(ctx context.Context, c *Check, topics []topic) error {
	var parts []string
	for name, view := range viewOf {
		parts = append(parts, "SELECT '"+name+"' AS topic, count() AS n_rows FROM "+view)
	}
	totals, err := query[total](ctx, v, "("+strings.Join(parts, " UNION ALL ")+") AS t ORDER BY topic")
	for _, have := range totals {
		stored := int64(0)
		if i := slices.IndexFunc(topics, func(l topic) bool { return l.Topic == have.Topic }); i >= 0 {
			stored = topics[i].Stored
		}
		c.expect(stored == have.Rows, have.Topic, "stored", fmt.Sprint(have.Rows, " as ", viewOf[have.Topic], " has"), stored)
	}
	return err
}

// letters is how many letters lie under one name.
type letters struct {
	ShopID     string `json:"shop_id"`
	Reason     string `json:"reason"`
	EventID    string `json:"event_id"`
	Letters    int64  `json:"n_letters"`
	Deliveries int64  `json:"n_deliveries"` // least of any
}

// checkLetters compares the dead letters. Those without a shop may be
// another's too, so of them there are at least as many as were sent.
func (v *verifier) checkLetters(ctx context.Context) (Check, error) {
	c := Check{Name: "dead_letters"}
	have, err := query[letters](ctx, v, `(
SELECT shop_id, reason, event_id, count() AS n_letters, min(deliveries) AS n_deliveries
FROM bi.dead_letters WHERE shop_id IN (`+v.shopList()+`, '') GROUP BY shop_id, reason, event_id
) AS d ORDER BY shop_id, reason, event_id`)
	if err != nil {
		return c, err
	}
	want := map[truth.Letter]int64{}
	for _, l := range v.truth.Letters {
		want[l]++
	}
	for _, l := range have {
		key := truth.Letter{Reason: event.Reason(l.Reason), ShopID: l.ShopID, EventID: l.EventID}
		name := nameOfLetter(key)
		w := want[key]
		delete(want, key)
		c.expect(l.Letters == w || l.ShopID == "" && l.Letters > w, name, "letters", fmt.Sprint(w), l.Letters)
		c.expect(l.Deliveries >= 1, name, "deliveries", "at least 1", l.Deliveries)
	}
	c.Rows = len(v.truth.Letters)
	for _, key := range sortedLetters(want) {
		c.differ(nameOfLetter(key), "letters", fmt.Sprint(want[key]), "0")
	}
	return c, nil
}

func nameOfLetter(l truth.Letter) string {
	return strings.Join([]string{l.ShopID, string(l.Reason), l.EventID}, " / ")
}

func sortedLetters(m map[truth.Letter]int64) []truth.Letter {
	out := make([]truth.Letter, 0, len(m))
	for l := range m {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b truth.Letter) int { return strings.Compare(nameOfLetter(a), nameOfLetter(b)) })
	return out
}
