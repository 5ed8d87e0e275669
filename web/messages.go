package web

import (
	"context"
	"strconv"
)

// messagesPage lists the messages behind a number on scores.
func messagesPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	l, err := d.askList(ctx, v, "scored_messages", nil)
	if err != nil {
		return nil, err
	}
	a := l.answer
	body := figures{Chips: d.chips(v, "scored_messages"), Since: &since{Text: v.t("messages.total", l.rows())}}
	if len(a.Rows) == 0 {
		body.Empty = "list.empty"
		return body, nil
	}
	f := figure{ID: "list", Whole: true, Title: v.t("messages.list"), Note: v.t("messages.note")}
	f.Table.Head = []cell{words(v.t("column.ts")), words(v.t("column.conv_id")), words(v.t("column.user_id")), words(v.t("column.text")), digits(v.t("column.p_order")), digits(v.t("column.buy_score")), words(v.t("column.model_id")), words(v.t("column.order_id"))}
	for row := range a.Rows {
		at := conversationAddress(a.text(row, "shop_id"), a.text(row, "conv_id"), a.text(row, "user_id"))
		order := orderCell(v, a, row)
		if a.text(row, "order_id") != "" && a.count(row, "is_kept") == 0 {
			order.Small = v.t("conversations.not_kept")
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(moment(a.time(row, "ts"), v.filter.Zone)), {Text: a.text(row, "conv_id"), Href: at}, words(a.text(row, "user_id")), words(a.text(row, "text")),
			digits(percent(a.number(row, "p_order"))), digits(number(a.number(row, "buy_score"), 3)), words(a.text(row, "model_id")), order,
		})
	}
	f.take(a, v)
	body.Figures = []figure{f}
	body.Before, body.Next = pageLinks(v, len(a.Rows))
	return body, nil
}

// binName is what a bin of the reliability diagram holds.
func binName(bin int64) string {
	return percent(ptr(float64(bin)/20)) + " – " + percent(ptr(float64(bin+1)/20))
}

// binOf reads a bin of an address; what is none is shown as it stands.
func binOf(value string) string {
	bin, err := strconv.ParseInt(value, 10, 8)
	if err != nil {
		return value
	}
	return binName(bin)
}
