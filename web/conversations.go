package web

import "context"

// conversationSteps are what a list can be narrowed to.
var conversationSteps = []string{"all", "high_intent", "waiting", "carted", "ordered", "kept", "low_intent_ordered"}

// conversationsPage lists the conversations behind a number.
func conversationsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "conversations", "conversations_total")
	if err != nil {
		return nil, err
	}
	list, total := said["conversations"], said["conversations_total"]
	body := figures{
		Chips: d.chips(v, "conversations"), Choices: []choices{v.chooseStep("step", conversationSteps...), v.choose("sort", "newest", "score", "amount")},
		Since: v.sinceOf(total, v.t("conversations.total", count(total.count(0, "conversations")), count(total.count(0, "orders")), amount(total, 0, "order_amount").Text, amount(total, 0, "net_amount").Text, moment(v.asOf, v.filter.Zone))),
	}
	if total.count(0, "conversations") == 0 {
		body.Empty = "list.empty"
		return body, nil
	}
	body.Figures = []figure{d.conversationList(v, list)}
	body.Before, body.Next = pageLinks(v, len(list.Rows))
	return body, nil
}

// chooseStep offers states of rows; "all" is none of them.
func (v *visit) chooseStep(param string, names ...string) choices {
	c := choices{Label: v.t("choose." + param)}
	current := v.url.Query().Get(param)
	for _, name := range names {
		value := name
		if name == "all" {
			value = ""
		}
		text := "step." + name
		switch {
		case param == "orders" || name == "all":
			text = "choice." + param + "." + name
		case param == "state":
			text = "handoff." + name
		}
		c.Options = append(c.Options, choice{Text: v.t(text), Href: v.with(param, value), Current: value == current})
	}
	return c
}

func (d *Dashboard) conversationList(v *visit, a *answer) figure {
	f := figure{ID: "list", Whole: true, Title: v.t("conversations.list")}
	f.Table.Head = []cell{
		words(v.t("column.started_at")), words(v.t("column.conv_id")), words(v.t("column.user_id")), words(v.t("column.channel")), words(v.t("column.intent")), digits(v.t("column.buy_score")),
		digits(v.t("column.p_order")), words(v.t("column.high_intent_at")), words(v.t("column.order_id")), digits(v.t("column.net_amount")), digits(v.t("column.messages")),
	}
	for row := range a.Rows {
		open := words(nothing)
		if at := a.time(row, "high_intent_at"); !at.IsZero() {
			open = cell{Text: moment(at, v.filter.Zone), Open: a.count(row, "is_closed") == 0 && a.count(row, "orders") == 0}
		}
		order := orderCell(v, a, row)
		if n := a.count(row, "orders"); n > 1 {
			order.Small = v.t("conversations.orders", count(n))
		}
		if a.count(row, "orders") > 0 && a.count(row, "is_kept") == 0 {
			order.Small = v.t("conversations.not_kept")
		}
		net := digits(nothing)
		if a.count(row, "orders") > 0 {
			net = amount(a, row, "net_amount")
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(moment(a.time(row, "started_at"), v.filter.Zone)), conversationCell(v, a, row), shopperCell(v, a, row), words(a.text(row, "channel")), words(d.name(v, Intent, a.text(row, "intent"))),
			below(number(a.number(row, "buy_score"), 3), v.t("conversations.peak", number(a.number(row, "buy_score_peak"), 3))), digits(percent(a.number(row, "p_order"))), open, order, net,
			digits(count(a.count(row, "user_messages")) + " / " + count(a.count(row, "bot_messages")) + " / " + count(a.count(row, "agent_messages"))),
		})
	}
	f.Note = v.t("conversations.list.note")
	f.take(a, v)
	return f
}

// shopperCell leads to all conversations of a shopper.
func shopperCell(v *visit, a *answer, row int) cell {
	if a.text(row, "user_id") == "" {
		return words(nothing)
	}
	return cell{Text: a.text(row, "user_id"), Href: v.behind("/conversations", "conversations", "shop_id", a.text(row, "shop_id"), "user_id", a.text(row, "user_id"), "step", "", "intent", "", "within_hours", "", "coupon", "", "bot_id", "")}
}
