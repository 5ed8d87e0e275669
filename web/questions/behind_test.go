package questions

import (
	"cmp"
	"math"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"
)

// TestCreditBehind: the numbers of attribution are those of the rows behind, and what they add up to.
func TestCreditBehind(t *testing.T) {
	k := desk(t)
	for _, row := range ask(t, k, all, "attribution", "model", "linear", "window_hours", "720", "by", "intent", "shop_id", "s1") {
		cut := []string{"model", "linear", "window_hours", "720", "intent", row["key"].(string), "shop_id", "s1"}
		for column, list := range map[string]string{"credits": "credits", "orders": "credited_orders", "conversations": "credited_conversations"} {
			q, err := Find(list)
			must(t, err)
			total, err := k.Total(t.Context(), list, given(q, cut...), all, "credit", "credited_net_amount")
			must(t, err)
			if float64(total.Rows) != figure(row[column]) || len(ask(t, k, all, list, cut...)) != int(total.Rows) || total.Rows == 0 {
				t.Errorf("%v: %s is %v, its list has %d rows", row["key"], column, row[column], total.Rows)
			}
			if net := total.Sums[1].(decimal.Decimal).Round(2); !total.OneCurrency || figure(net) != figure(row["net_amount"]) || math.Abs(figure(total.Sums[0])-figure(row["credit"])) > 1e-5 {
				t.Errorf("%v: credit %v of %v, %s add up to %v of %v %s", row["key"], row["credit"], row["net_amount"], list, total.Sums[0], net, total.Currency)
			}
		}
	}
}

// TestLedgerBehind: each cell of the ledger has as many records, as of a moment.
func TestLedgerBehind(t *testing.T) {
	k := desk(t)
	rows := ask(t, k, all, "ledger")
	for _, row := range rows {
		cell := []string{"topic", row["topic"].(string), "source", cmp.Or(row["source"].(string), None)}
		for _, outcome := range []string{"stored", "duplicate"} {
			if n := len(ask(t, k, all, "records", append(cell, "outcome", outcome)...)); float64(n) != figure(row[outcome]) {
				t.Errorf("%v: %s is %v, its list has %d rows", cell, outcome, row[outcome], n)
			}
		}
	}
	if before := ask(t, k, all, "records", "as_of", "2026-11-10T00:00:00.000Z"); len(before) != 0 || figure(rows[len(rows)-1]["stored"]) == 0 {
		t.Errorf("%d records had arrived before any event, at last %v", len(before), rows)
	}
}

// TestWordingsBehind: the messages of several wordings are those of each.
func TestWordingsBehind(t *testing.T) {
	k := desk(t)
	sum, texts := 0.0, []string{}
	for _, row := range ask(t, k, all, "unanswered") {
		sum, texts = sum+figure(row["asked"]), append(texts, row["text"].(string))
	}
	wordings, err := json.Marshal(append(texts, `no "such" wording`))
	must(t, err)
	if rows := len(ask(t, k, all, "unanswered_messages", "texts", string(wordings))); float64(rows) != sum || rows == 0 {
		t.Errorf("%v messages asked %q, their list has %d", sum, texts, rows)
	}
	if rows := ask(t, k, all, "unanswered_messages", "texts", `["no such wording"]`); len(rows) != 0 {
		t.Errorf("%d messages asked what nobody asked", len(rows))
	}
}
