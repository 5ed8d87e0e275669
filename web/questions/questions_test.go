package questions

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// arguments are what some questions need to say anything: a conversation that ordered.
func arguments(t *testing.T, k *Desk) map[string][]string {
	t.Helper()
	ordered := ask(t, k, all, "conversations", "step", "ordered")[0]
	conv := []string{"conv_id", ordered["conv_id"].(string)}
	return map[string][]string{"conversation": conv, "messages": conv, "conversation_orders": conv, "touches": conv, "order": {"order_id", ordered["order_id"].(string)}}
}

// silent are questions about what the tests have no rows of.
var silent = []string{"live", "experiments", "experiment_results", "experiment_live", "experiment_days", "experiment_shoppers"}

// TestEveryQuestion asks everything as user bi, and pastes what it rendered.
func TestEveryQuestion(t *testing.T) {
	k := desk(t)
	db := bi(t)
	arguments := arguments(t, k)
	for _, q := range Catalogue() {
		t.Run(q.Name, func(t *testing.T) {
			a, err := k.Ask(t.Context(), q.Name, given(q, arguments[q.Name]...), all)
			must(t, err)
			if len(a.Rows) == 0 && !slices.Contains(silent, q.Name) {
				t.Error("no rows: the test says nothing")
			}
			rendered := a.Statement.Rendered()
			columns, _, pasted, err := db.Query(t.Context(), rendered, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, rendered)
			}
			for i, c := range q.Columns {
				if c.Name != columns[i] {
					t.Errorf("column %d is %s, described as %s", i, columns[i], c.Name)
				}
			}
			if !q.Timeless && !reflect.DeepEqual(pasted, a.Rows) {
				t.Errorf("pasted it says %v, asked %v\n%s", pasted, a.Rows, rendered)
			}
			for _, row := range a.Rows {
				for i, c := range q.Columns {
					if !fits(c.Unit, row[i]) {
						t.Fatalf("%s is %T, not a %s", c.Name, row[i], c.Unit)
					}
				}
			}
		})
	}
}

func fits(u Unit, value any) bool {
	if value == nil {
		return u != ID && u != List && u != Terms
	}
	switch v := reflect.ValueOf(value); u {
	case Text, ID:
		return v.Kind() == reflect.String
	case Count, Flag:
		return v.CanInt() || v.CanUint()
	case Share, Second:
		return v.CanFloat()
	case Score:
		return v.CanFloat()
	case Hours:
		return v.CanInt() || v.CanUint()
	case Money:
		return reflect.TypeFor[decimal.Decimal]() == v.Type()
	case Day:
		_, isTime := value.(time.Time)
		return isTime || v.Kind() == reflect.String && len(v.String()) == len(time.DateOnly)
	case Time:
		_, isTime := value.(time.Time)
		return isTime
	case List, Terms:
		return v.Kind() == reflect.Slice || v.Kind() == reflect.Map
	}
	return false
}

// TestOtherShopsStayOut asks everything for a viewer of one shop.
func TestOtherShopsStayOut(t *testing.T) {
	k := desk(t)
	scope := Scope{Shops: []string{"s1", `it's \ none`}}
	for _, q := range Catalogue() {
		a, err := k.Ask(t.Context(), q.Name, given(q), scope)
		if q.AllShops {
			if err == nil {
				t.Errorf("%s answers a viewer of some shops", q.Name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %v: %v", q.Name, scope, err)
			continue
		}
		at := slices.IndexFunc(q.Columns, func(c Column) bool { return c.Name == "shop_id" })
		for _, row := range a.Rows {
			if at >= 0 && !scope.May(row[at].(string)) {
				t.Fatalf("%s shows shop %v to a viewer of %v", q.Name, row[at], scope.Shops)
			}
		}
	}
	if none := ask(t, k, Scope{}, "shops"); len(none) > 0 {
		t.Errorf("a viewer of no shop sees %v", none)
	}
	if one, whole := figure(ask(t, k, Scope{Shops: []string{"s1"}}, "overview")[0]["conversations"]), figure(ask(t, k, all, "overview")[0]["conversations"]); one == 0 || one >= whole {
		t.Errorf("a viewer of one shop counts %v conversations of %v", one, whole)
	}
}

func figure(v any) float64 {
	switch r := reflect.ValueOf(v); {
	case v == nil:
		return -1
	case r.CanInt():
		return float64(r.Int())
	case r.CanUint():
		return float64(r.Uint())
	case r.CanFloat():
		return r.Float()
	}
	if d, ok := v.(decimal.Decimal); ok {
		return d.InexactFloat64()
	}
	panic(fmt.Sprintf("%T is no number", v))
}

// TestRowsBehind opens the list behind every number of conversations: it has as many rows.
func TestRowsBehind(t *testing.T) {
	k := desk(t)
	scope := Scope{Shops: []string{"s0", "s1"}}
	shown := 0.0
	compare := func(what string, want any, pairs ...string) {
		t.Helper()
		shown += figure(want)
		if got := len(ask(t, k, scope, "conversations", pairs...)); float64(got) != figure(want) {
			t.Errorf("%s is %v, its list has %v rows", what, want, got)
		}
	}
	q, _ := Find("overview")
	overview := ask(t, k, scope, "overview")[0]
	for _, c := range q.Columns {
		if c.Step != "" {
			compare(c.Name, overview[c.Name], "step", c.Step)
		}
	}
	for _, row := range ask(t, k, scope, "funnel") {
		if step := row["step"].(string); figure(row["conversations"]) != figure(overview[step]) {
			t.Errorf("step %s has %v conversations, the overview says %v", step, row["conversations"], overview[step])
		}
	}
	day := ask(t, k, scope, "daily")[1]
	date := day["day"].(time.Time).Format(time.DateOnly)
	compare("conversations of "+date, day["conversations"], "from", date, "to", date)
	if total := ask(t, k, scope, "conversations_total", "from", date, "to", date)[0]["conversations"]; figure(total) != figure(day["conversations"]) {
		t.Errorf("%v conversations on a day, the total of its list says %v", day["conversations"], total)
	}
	for _, by := range []string{"intent", "channel", "bot_id", "coupon"} {
		rows := ask(t, k, scope, "cut", "by", by)
		sum := 0.0
		for _, row := range rows {
			sum += figure(row["ordered"])
		}
		if sum != figure(overview["ordered"]) {
			t.Errorf("by %s %v ordered, in all %v", by, sum, overview["ordered"])
		}
		last := rows[len(rows)-1]
		key := last["key"].(string)
		if key == "" {
			key = None
		}
		compare(by+" "+key, last["high_intent_kept"], by, key, "step", "high_intent_kept")
	}
	last := ask(t, k, scope, "time_to_order")
	compare("orders until the end", last[len(last)-1]["orders_until"], "within_hours", fmt.Sprint(last[len(last)-1]["hours"]))
	cohort := ask(t, k, scope, "cohorts")[1]
	date = cohort["day"].(time.Time).Format(time.DateOnly)
	compare("cohort", cohort["within_72"], "from", date, "to", date, "within_hours", "72")
	compare("still watched at the end", last[len(last)-1]["at_risk"], "at_risk_hours", fmt.Sprint(last[len(last)-1]["hours"]))
	sides := ask(t, k, scope, "compare", "from", "2026-11-08", "to", "2026-11-10")[0]
	for side, suffix := range map[string]string{"now": "", "before": "_before"} {
		compare("conversations "+side, sides["conversations"+suffix], "from", "2026-11-08", "to", "2026-11-10", "compared", side)
		compare("ordered "+side, sides["ordered"+suffix], "from", "2026-11-08", "to", "2026-11-10", "compared", side, "step", "ordered")
	}
	if shown < 200 {
		t.Errorf("the numbers add up to %v: the data says too little", shown)
	}
}

// TestFunnelOfShoppers: in another unit, and net of refunds, each step has as many rows as its list.
func TestFunnelOfShoppers(t *testing.T) {
	k := desk(t)
	for _, unit := range []string{"conversations", "shoppers"} {
		for net, want := range map[string][]string{
			"no":  {"conversations", "high_intent", "high_intent_ordered", "high_intent_kept", "low_intent_ordered"},
			"yes": {"conversations", "high_intent", "high_intent_kept", "low_intent_kept"},
		} {
			var steps []string
			for _, row := range ask(t, k, all, "funnel", "unit", unit, "net", net) {
				step := row["step"].(string)
				steps = append(steps, step)
				if step == "conversations" {
					step = ""
				}
				if rows := len(ask(t, k, all, unit, "step", step)); float64(rows) != figure(row["conversations"]) || rows == 0 {
					t.Errorf("%s, net %s: %s is %v, its list has %d rows", unit, net, row["step"], row["conversations"], rows)
				}
				if figure(row["conversations"]) > figure(row["of"]) {
					t.Errorf("%s, net %s: %v", unit, net, row)
				}
			}
			if !slices.Equal(steps, want) {
				t.Errorf("%s, net %s: steps %v", unit, net, steps)
			}
		}
	}
}

// TestPaymentsBehind: each number of a day of payment is that of its list.
func TestPaymentsBehind(t *testing.T) {
	k := desk(t)
	q, _ := Find("payments")
	row := ask(t, k, all, "payments")[2]
	day := row["day"].(time.Time).Format(time.DateOnly)
	for _, c := range q.Columns {
		if c.Step == "" {
			continue
		}
		if rows := len(ask(t, k, all, "orders", "orders", c.Step, "from", day, "to", day)); float64(rows) != figure(row[c.Name]) {
			t.Errorf("%s on %s is %v, its list has %d rows", c.Name, day, row[c.Name], rows)
		}
	}
}

// TestCreditedBehind: with any model and window the attributed orders are as many as their list.
func TestCreditedBehind(t *testing.T) {
	k := desk(t)
	for _, window := range []string{"1", "720"} {
		cut := []string{"model", "linear", "window_hours", window}
		total := ask(t, k, all, "attribution_total", cut...)[0]
		if rows := len(ask(t, k, all, "orders", append(cut, "orders", "credited")...)); float64(rows) != figure(total["attributed"]) || rows == 0 {
			t.Errorf("within %s h %v orders have credit, the list has %d", window, total["attributed"], rows)
		}
	}
}

// TestScoredMessagesBehind: bins and days of the score quality are as many messages as their lists.
func TestScoredMessagesBehind(t *testing.T) {
	k := desk(t)
	shown := 0.0
	for _, row := range ask(t, k, all, "reliability") {
		shown += figure(row["messages"])
		if rows := len(ask(t, k, all, "scored_messages", "bin", fmt.Sprint(row["bin"]))); float64(rows) != figure(row["messages"]) {
			t.Errorf("bin %v has %v messages, its list %d", row["bin"], row["messages"], rows)
		}
	}
	day := ask(t, k, all, "score_days")[1]
	date := day["day"].(time.Time).Format(time.DateOnly)
	if rows := len(ask(t, k, all, "scored_messages", "from", date, "to", date, "shop_id", day["shop_id"].(string), "model_id", day["model_id"].(string))); float64(rows) != figure(day["messages"]) || rows == 0 {
		t.Errorf("on %s %v messages, the list has %d", date, day["messages"], rows)
	}
	if shown == 0 {
		t.Error("nothing was scored")
	}
}

// TestUnansweredBehind: the count of a wording is that of its messages.
func TestUnansweredBehind(t *testing.T) {
	k := desk(t)
	for _, row := range ask(t, k, all, "unanswered") {
		rows := ask(t, k, all, "unanswered_messages", "text", row["text"].(string), "shop_id", row["shop_id"].(string))
		if float64(len(rows)) != figure(row["asked"]) || len(rows) == 0 {
			t.Errorf("asked %v times, %d messages", row["asked"], len(rows))
		}
	}
}

// TestOrdersBehind does the same for orders, credit and shoppers.
func TestOrdersBehind(t *testing.T) {
	k := desk(t)
	total := ask(t, k, all, "orders_total")[0]
	q, _ := Find("orders_total")
	for _, c := range q.Columns {
		if c.Step == "" {
			continue
		}
		if rows := len(ask(t, k, all, "orders", "orders", c.Step)); float64(rows) != figure(total[c.Name]) || rows == 0 {
			t.Errorf("%s is %v, its list has %d rows", c.Name, total[c.Name], rows)
		}
	}
	paid := 0.0
	for _, row := range ask(t, k, all, "payments") {
		paid += figure(row["paid"])
	}
	if paid != figure(total["paid"]) {
		t.Errorf("%v orders by day, %v in all", paid, total["paid"])
	}
	for _, model := range []string{"last_touch", "linear"} {
		for _, row := range ask(t, k, all, "attribution", "model", model, "window_hours", "168", "by", "intent") {
			var credit, net float64
			rows := ask(t, k, all, "credits", "model", model, "window_hours", "168", "intent", row["key"].(string))
			for _, r := range rows {
				credit += figure(r["credit"])
				net += figure(r["credit"]) * figure(r["net_amount"])
			}
			if float64(len(rows)) != figure(row["credits"]) || !near(credit, figure(row["credit"])) || !near(net, figure(row["net_amount"])) {
				t.Errorf("%s, %v: credit %v of %v, amount %v of %v, rows %d of %v", model, row["key"], credit, row["credit"], net, row["net_amount"], len(rows), row["credits"])
			}
		}
	}
	shoppers := ask(t, k, all, "shoppers")
	sum := ask(t, k, all, "shoppers_total")[0]
	conversations := 0.0
	for _, s := range shoppers {
		conversations += figure(s["conversations"])
	}
	if float64(len(shoppers)) != figure(sum["shoppers"]) || conversations != figure(sum["conversations"]) {
		t.Errorf("%d shoppers with %v conversations, the total says %v", len(shoppers), conversations, sum)
	}
	letters := 0.0
	for _, row := range ask(t, k, all, "dead_letter_reasons") {
		n := figure(row["letters"])
		letters += n
		if rows := ask(t, k, all, "dead_letters", "stage", row["stage"].(string), "reason", row["reason"].(string)); float64(len(rows)) != n {
			t.Errorf("%v dead letters for %v, the list has %d", n, row["reason"], len(rows))
		}
	}
	if letters != 12 {
		t.Errorf("%v dead letters", letters)
	}
}

func near(a, b float64) bool { return a-b < 0.011 && b-a < 0.011 }

// TestFunnelIsBI: at a moment after everything, the questions say what the promised view says.
func TestFunnelIsBI(t *testing.T) {
	k := desk(t)
	_, _, rows, err := bi(t).Query(t.Context(), `SELECT sum(f.conversations), sum(f.high_intent), sum(f.ordered), sum(f.high_intent_ordered), sum(f.high_intent_kept), sum(f.carted), sum(f.net_amount)
FROM bi.funnel_daily AS f WHERE f.day BETWEEN '2026-11-01' AND '2026-11-21'`, nil)
	must(t, err)
	o := ask(t, k, all, "overview", "as_of", "2026-11-21T00:00:00.000Z")[0]
	for i, name := range []string{"conversations", "high_intent", "ordered", "high_intent_ordered", "high_intent_kept", "carted", "net_amount"} {
		if figure(o[name]) != figure(rows[0][i]) || figure(o[name]) == 0 {
			t.Errorf("%s is %v, bi.funnel_daily says %v", name, o[name], rows[0][i])
		}
	}
	since := ask(t, k, all, "conversations_total")[0]
	if figure(since["conversations_since"]) != 40 || figure(since["messages_since"]) != 120 || figure(since["conversations"]) != 200 {
		t.Errorf("40 conversations of 3 messages have arrived since; the total says %v", since)
	}
}

// TestTextsAreBound: whatever a filter holds, it is a value.
func TestTextsAreBound(t *testing.T) {
	k := desk(t)
	db := bi(t)
	texts := []string{`'`, `\`, `\'`, `' OR 1 = 1 --`, "{shop_id:String}", "a\nb\tc", "券", `"`, "`", "/*", "$$"}
	var literals []string
	for _, text := range texts {
		literals = append(literals, Bound{Type: textType, Value: text}.literal())
	}
	_, _, said, err := db.Query(t.Context(), "SELECT ["+strings.Join(literals, ", ")+"]", nil)
	must(t, err)
	if !reflect.DeepEqual(said[0][0], texts) {
		t.Errorf("%q is read as %q", texts, said[0][0])
	}
	q, _ := Find("shoppers_total")
	a, err := k.Ask(t.Context(), q.Name, given(q, "intent", `' OR 1 = 1 --`, "channel", `\`, "bot_id", "a\nb", "coupon", "{shop_id:String}", "shop_id", "s1"), all)
	must(t, err)
	_, _, pasted, err := db.Query(t.Context(), a.Statement.Rendered(), nil)
	must(t, err)
	if figure(a.Rows[0][0]) != 0 || figure(pasted[0][0]) != 0 {
		t.Errorf("%v and pasted %v shoppers", a.Rows, pasted)
	}
}

// TestNames holds what the pages and the API count on.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range Catalogue() {
		if seen[q.Name] || q.About == "" || !strings.HasSuffix(q.About, ".") {
			t.Errorf("%s: twice, or without a sentence about it", q.Name)
		}
		seen[q.Name] = true
		if q.Behind != "" {
			if _, err := Find(q.Behind); err != nil {
				t.Errorf("%s: no question %s behind it", q.Name, q.Behind)
			}
		}
		for _, p := range q.Params {
			if _, known := FindParam(p); !known {
				t.Errorf("%s takes %s, which there is not", q.Name, p)
			}
		}
		for _, c := range q.Columns {
			if c.About == "" || c.Name == "" {
				t.Errorf("%s.%s: nothing said about it", q.Name, c.Name)
			}
		}
	}
}

// Those who wait come first, the angry before the others, then the longest wait; and their number is the length of
// the list.
func TestHandoffsInTheirOrder(t *testing.T) {
	k := desk(t)
	waiting := ask(t, k, all, "handoffs", "state", "pending")
	if n := ask(t, k, all, "handoffs_waiting")[0]["waiting"]; fmt.Sprint(n) != fmt.Sprint(len(waiting)) || len(waiting) != 9 {
		t.Errorf("%v wait, the list has %d", n, len(waiting))
	}
	var order []string
	for _, row := range ask(t, k, all, "handoffs") {
		order = append(order, fmt.Sprint(row["handoff_id"]))
	}
	if want := []string{"h1", "h3", "h5", "h7", "h0", "h2", "h4", "h6", "h8", "h11", "h10", "h9"}; !slices.Equal(order, want) {
		t.Errorf("order %v", order)
	}
}
