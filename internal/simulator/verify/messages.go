package verify

import (
	"context"
	"fmt"
	"math"
	"strings"

	"askbuy/internal/simulator/truth"
)

// compareMessages compares the messages; a text with personal data must have
// changed, and how is not the truth's to know.
func compareMessages(want, have []truth.Message, canaries []string) Check {
	texts := map[truth.ScoreKey]string{}
	for _, m := range have {
		texts[truth.ScoreKey{ShopID: m.ShopID, UserID: m.UserID, EventID: m.EventID}] = m.Text
	}
	for i := range want {
		m := &want[i]
		masked := texts[truth.ScoreKey{ShopID: m.ShopID, UserID: m.UserID, EventID: m.EventID}]
		if holdsAny(m.Text, canaries) && !holdsAny(masked, canaries) {
			m.Text = masked
		}
	}
	return compareRows("messages", want, have, "shop_id", "user_id", "event_id")
}

func holdsAny(text string, canaries []string) bool {
	for _, c := range canaries {
		if strings.Contains(text, c) {
			return true
		}
	}
	return false
}

// checkScores checks that exactly the user messages that are no test have
// scores, and that these are in range.
func checkScores(messages []truth.Message) Check {
	c := Check{Name: "scores", Rows: len(messages)}
	for i := range messages {
		m := &messages[i]
		key := strings.Join([]string{m.ShopID, m.UserID, m.EventID}, " / ")
		if m.FromRole != "user" || m.IsTest == 1 {
			none := m.BuyScore == nil && m.Evidence == nil && m.POrder == nil && m.Intent == "" && m.ModelID == ""
			c.expect(none, key, "buy_score", "no score", show(m.BuyScore))
			continue
		}
		c.expect(m.Evidence != nil && !math.IsNaN(*m.Evidence) && !math.IsInf(*m.Evidence, 0), key, "evidence", "a finite number", show(m.Evidence))
		c.expect(isShare(m.BuyScore) && math.Round(*m.BuyScore*1000)/1000 == *m.BuyScore, key, "buy_score", "0 to 1 in three decimals", show(m.BuyScore))
		c.expect(isShare(m.POrder), key, "p_order", "0 to 1", show(m.POrder))
		c.expect(m.Intent != "", key, "intent", "one", "''")
		c.expect(m.ModelID != "", key, "model_id", "one", "''")
	}
	return c
}

func isShare(x *float64) bool { return x != nil && *x >= 0 && *x <= 1 }

func show(x *float64) string {
	if x == nil {
		return "NULL"
	}
	return fmt.Sprint(*x)
}

// found is a place where personal data was found.
type found struct {
	Place string `json:"place"`
	Key   string `json:"name"`
}

// checkPersonalData looks for the canaries in every text behind the door.
func (v *verifier) checkPersonalData(ctx context.Context, rows int) (Check, error) {
	c := Check{Name: "personal_data", Rows: rows}
	canaries := v.truth.Meta.Canaries
	if len(canaries) == 0 {
		return c, nil
	}
	literals := make([]string, len(canaries))
	for i, s := range canaries {
		literals[i] = literal(s)
	}
	any := "[" + strings.Join(literals, ", ") + "]"
	places, err := query[found](ctx, v, `(
SELECT 'bi.messages' AS place, event_id AS name FROM bi.messages WHERE shop_id IN (`+v.shopList()+`) AND multiSearchAny(text, `+any+`)
UNION ALL SELECT 'bi.dead_letters', event_id FROM bi.dead_letters WHERE multiSearchAny(detail, `+any+`)
UNION ALL SELECT 'bi.conversation_documents', _id FROM bi.conversation_documents WHERE shopId IN (`+v.shopList()+`) AND multiSearchAny(toString(msgs), `+any+`)
) AS p ORDER BY place, name`)
	for _, f := range places {
		c.differ(f.Place+" / "+f.Key, "", "no personal data", "some")
	}
	return c, err
}
