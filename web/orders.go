package web

import "context"

// orderStates are what a list of orders can be narrowed to.
var orderStates = []string{"all", "paid", "attributed", "unattributed", "kept", "attributed_kept", "refunded", "cancelled", "explicit_unmatched", "credited"}

// ordersPage lists the orders behind a number, or shows one with what may have
// led to it.
func ordersPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	if v.url.Query().Get("order_id") != "" {
		return d.orderPage(ctx, v)
	}
	said, err := d.askAll(ctx, v, "orders", "orders_total")
	if err != nil {
		return nil, err
	}
	list, total := said["orders"], said["orders_total"]
	body := figures{
		Chips: d.chips(v, "orders"), Choices: []choices{v.chooseStep("orders", orderStates...), v.choose("sort", "newest", "amount")},
		Since: v.sinceOf(total, v.t("orders.total", count(total.count(0, "orders")), count(total.count(0, "attributed")), amount(total, 0, "net_amount").Text, moment(v.asOf, v.filter.Zone))),
	}
	if total.count(0, "orders") == 0 {
		body.Empty = "orders.empty"
		return body, nil
	}
	body.Figures = []figure{orderList(v, list, "orders.list")}
	body.Before, body.Next = pageLinks(v, len(list.Rows))
	return body, nil
}

func (d *Dashboard) orderPage(ctx context.Context, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "order", "touches")
	if err != nil {
		return nil, err
	}
	body := figures{Chips: d.chips(v, "order")}
	if len(said["order"].Rows) == 0 {
		body.Empty = "order.empty"
		return body, nil
	}
	body.Figures = []figure{orderList(v, said["order"], "orders.one"), touchesFigure(v, said["touches"])}
	return body, nil
}

// orderList shows orders, the attributed conversation beside each.
func orderList(v *visit, a *answer, title string) figure {
	f := figure{ID: "list", Whole: true, Title: v.t(title)}
	f.Table.Head = []cell{
		words(v.t("column.order_id")), words(v.t("column.order_status")), words(v.t("column.paid_at")), digits(v.t("column.amount")), digits(v.t("column.refunded_amount")), digits(v.t("column.net_amount")),
		words(v.t("column.coupon")), words(v.t("column.user_id")), words(v.t("column.conv_id")), digits(v.t("column.touches")),
	}
	for row := range a.Rows {
		led := conversationCell(v, a, row)
		if a.count(row, "explicit_unmatched") == 1 {
			led.Small = v.t("orders.unmatched", a.text(row, "named_conv_id"))
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			orderCell(v, a, row), words(v.t("order_status." + a.text(row, "status"))), words(moment(a.time(row, "paid_at"), v.filter.Zone)), amount(a, row, "amount"), amount(a, row, "refunded_amount"),
			amount(a, row, "net_amount"), words(a.text(row, "coupon")), shopperCell(v, a, row), led, linked(count(a.count(row, "touches")), orderCell(v, a, row).Href+"#touches"),
		})
	}
	f.take(a, v)
	return f
}

// touchesFigure says why the attributed conversation is it.
func touchesFigure(v *visit, a *answer) figure {
	f := figure{ID: "touches", Whole: true, Title: v.t("touches.title"), Note: v.t("touches.note")}
	f.Table.Head = []cell{
		words(v.t("column.conv_id")), words(v.t("column.order_id")), words(v.t("column.touch_at")), words(v.t("column.paid_at")), digits(v.t("column.gap_seconds")), words(v.t("column.evidence_of_touch")),
		digits(v.t("column.rank_last")), digits(v.t("column.rank_first")), digits(v.t("column.buy_score")), words(v.t("column.is_attributed")),
	}
	for row := range a.Rows {
		verdict := nothing
		if a.count(row, "is_attributed") == 1 {
			verdict = "✓ " + v.t("touches.attributed")
		}
		gap := a.plain(v, row, a.Question.Columns[a.at["gap_seconds"]])
		f.Table.Rows = append(f.Table.Rows, []cell{
			conversationCell(v, a, row), orderCell(v, a, row), words(moment(a.time(row, "touch_at"), v.filter.Zone)), words(moment(a.time(row, "order_at"), v.filter.Zone)), gap,
			words(v.t("evidence." + a.text(row, "evidence"))), digits(count(a.count(row, "rank_last"))), digits(count(a.count(row, "rank_first"))), digits(number(a.number(row, "buy_score_at_touch"), 3)), words(verdict),
		})
	}
	f.take(a, v)
	return f
}

// shoppersPage lists the shoppers of the period.
func shoppersPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "shoppers", "shoppers_total")
	if err != nil {
		return nil, err
	}
	list, total := said["shoppers"], said["shoppers_total"]
	body := figures{
		Chips: d.chips(v, "shoppers"), Choices: []choices{v.chooseStep("step", conversationSteps...), v.choose("sort", "newest", "score", "amount")},
		Since: v.sinceOf(total, v.t("shoppers.total", count(total.count(0, "shoppers")), count(total.count(0, "conversations")), moment(v.asOf, v.filter.Zone))),
	}
	if total.count(0, "shoppers") == 0 {
		body.Empty = "list.empty"
		return body, nil
	}
	f := figure{ID: "list", Whole: true, Title: v.t("shoppers.list")}
	f.Table.Head = []cell{words(v.t("column.user_id")), words(v.t("column.shop_id")), digits(v.t("column.conversations")), digits(v.t("column.high_intent")), digits(v.t("column.ordered")), digits(v.t("column.orders")), digits(v.t("column.net_amount")), digits(v.t("column.best_score")), words(v.t("column.last_message_at"))}
	for row := range list.Rows {
		href := func(step string) string {
			return v.behind("/conversations", "conversations", "shop_id", list.text(row, "shop_id"), "user_id", list.text(row, "user_id"), "step", step)
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			shopperCell(v, list, row), words(list.text(row, "shop_id")), linked(count(list.count(row, "conversations")), href(v.url.Query().Get("step"))), linked(count(list.count(row, "high_intent")), href("high_intent")), linked(count(list.count(row, "ordered")), href("ordered")),
			linked(count(list.count(row, "orders")), href("ordered")), amount(list, row, "net_amount").to(href("ordered")), digits(number(list.number(row, "best_score"), 3)), words(moment(list.time(row, "last_message_at"), v.filter.Zone)),
		})
	}
	f.take(list, v)
	body.Figures = []figure{f}
	body.Before, body.Next = pageLinks(v, len(list.Rows))
	return body, nil
}
