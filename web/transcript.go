package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// transcript is one conversation with what each message says.
type transcript struct {
	Found  bool
	Taking *taking // nil: the visitor cannot take it over
	Facts  []fact
	Turns  []turn
	Take   figure // the messages, to take along
	Orders figure
	Touch  figure
}

// taking is what a takeover names.
type taking struct{ Shop, User, Conv string }

// chatChannel is that of the conversations in which the bundled bot speaks:
// those alone can be taken from it.
const chatChannel = "miniprogram"

// fact is one thing that is known of the conversation.
type fact struct {
	Key  string // of the catalogue
	Cell cell
}

// turn is one message.
type turn struct {
	Role, At, Text string
	Class          string
	Act, Intent    string
	Evidence       string // log-odds, with its sign; "" when it is not scored
	Score, POrder  string
	Share          *float64 // score, 0 to 1
	High           bool     // from here on high intent
	Terms          []string
	Test           bool
}

func transcriptPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	if v.url.Query().Get("conv_id") == "" {
		return transcript{}, nil
	}
	said, err := d.askAll(ctx, v, "conversation", "messages", "conversation_orders", "touches")
	if err != nil {
		return nil, err
	}
	one := said["conversation"]
	if len(one.Rows) == 0 {
		return transcript{}, nil
	}
	body := transcript{Found: true, Facts: d.facts(v, one), Turns: d.turns(v, said["messages"]), Orders: orderList(v, said["conversation_orders"], "transcript.orders"), Touch: touchesFigure(v, said["touches"])}
	body.Orders.ID = "orders"
	if d.deps.Desk != nil && v.person.May(RoleOperator) && one.text(0, "channel") == chatChannel {
		body.Taking = &taking{one.text(0, "shop_id"), one.text(0, "user_id"), one.text(0, "conv_id")}
	}
	body.Take.take(said["messages"], v)
	return body, nil
}

func (d *Dashboard) facts(v *visit, a *answer) (list []fact) {
	at := func(column string) cell { return words(moment(a.time(0, column), v.filter.Zone)) }
	list = []fact{
		{"column.shop_id", words(a.text(0, "shop_id"))}, {"column.conv_id", words(a.text(0, "conv_id"))}, {"column.user_id", shopperCell(v, a, 0)},
		{"column.channel", words(cmp.Or(a.text(0, "channel"), nothing))}, {"column.bot_id", words(cmp.Or(a.text(0, "bot_id"), nothing))}, {"column.started_at", at("started_at")}, {"column.last_message_at", at("last_message_at")},
		{"column.intent", words(d.name(v, Intent, a.text(0, "intent")))}, {"column.buy_score", words(number(a.number(0, "buy_score"), 3))}, {"column.p_order", words(percent(a.number(0, "p_order")))},
		{"column.high_intent_at", at("high_intent_at")}, {"column.order_id", orderCell(v, a, 0)}, {"column.net_amount", amount(a, 0, "net_amount")},
	}
	if a.text(0, "experiment") != "" {
		list = append(list, fact{"column.experiment", words(a.text(0, "experiment") + " · " + a.text(0, "variant"))})
	}
	return list
}

// highFrom is the score from which a conversation is of high intent.
const highFrom = 0.7

func (d *Dashboard) turns(v *visit, a *answer) (list []turn) {
	high := false
	for row := range a.Rows {
		role := a.text(row, "from_role")
		one := turn{Role: v.t("from." + role), Class: role, At: moment(a.time(row, "ts"), v.filter.Zone), Text: a.text(row, "text"), Test: a.count(row, "is_test") == 1}
		if score := a.number(row, "buy_score"); score != nil {
			one.Share, one.Score, one.POrder = score, number(score, 3), percent(a.number(row, "p_order"))
			one.High, high = !high && *score >= highFrom, high || *score >= highFrom
			one.Intent, one.Act = d.name(v, Intent, a.text(row, "intent")), a.text(row, "act")
			if evidence := a.number(row, "evidence"); evidence != nil {
				one.Evidence = signed(*evidence)
			}
			terms, _ := a.value(row, "terms").(map[string]float64)
			for _, name := range slices.Sorted(maps.Keys(terms)) {
				one.Terms = append(one.Terms, termName(v, name)+" "+signed(terms[name]))
			}
		}
		list = append(list, one)
	}
	return list
}

// signed writes log-odds with their sign.
func signed(v float64) string {
	text := number(&v, 2)
	if !strings.HasPrefix(text, "-") {
		text = "+" + text
	}
	return text
}

// termName is what a part of a score is called; signals go by their names.
func termName(v *visit, name string) string {
	if key := "term." + name; known(key) {
		return v.t(key)
	}
	return name
}
