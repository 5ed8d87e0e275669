package web

import "context"

// Models and windows that the page offers.
var (
	attributionModels  = []string{"last_touch", "first_touch", "linear", "position", "time_decay"}
	attributionWindows = []string{"72", "1", "24", "168", "720"}
)

// attributionPage says which conversations led to the orders paid in the
// period, by a model and a window.
func attributionPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "attribution", "attribution_total")
	if err != nil {
		return nil, err
	}
	body := figures{
		Intro: v.t("attribution.intro"), Chips: d.chips(v, "attribution"),
		Choices: []choices{v.choose("model", attributionModels...), v.choose("window_hours", attributionWindows...), v.choose("by", cutsBy...)},
	}
	total := said["attribution_total"]
	if total.count(0, "paid") == 0 {
		body.Empty = "orders.empty"
		return body, nil
	}
	body.Figures = []figure{attributedFigure(v, total), d.creditFigure(v, said["attribution"])}
	return body, nil
}

// attributedFigure says how many orders some conversation led to.
func attributedFigure(v *visit, a *answer) figure {
	f := figure{ID: "attributed", Title: v.t("attribution.total")}
	f.Table.Head = []cell{words(v.t("column.paid")), digits(v.t("column.attributed")), digits(v.t("column.attributed_rate")), digits(v.t("column.net_amount")), digits(v.t("column.attributed_amount")), digits(v.t("column.explicit_unmatched"))}
	paid, credited := v.behind("/orders", "orders", "orders", "paid"), v.behind("/orders", "orders", "orders", "credited", "model", a.Args["model"], "window_hours", a.Args["window_hours"])
	f.Table.Rows = [][]cell{{
		linked(count(a.count(0, "paid")), paid), linked(count(a.count(0, "attributed")), credited), a.share(v, 0, "attributed_rate", "paid"),
		amount(a, 0, "net_amount").to(paid), amount(a, 0, "attributed_amount").to(credited), linked(count(a.count(0, "explicit_unmatched")), v.behind("/orders", "orders", "orders", "explicit_unmatched")),
	}}
	f.take(a, v)
	return f
}

// maxRanked is how many bars stand below each other; the table has the rest.
const maxRanked = 8

// creditFigure shares the orders among conversations.
func (d *Dashboard) creditFigure(v *visit, a *answer) figure {
	by := a.Args["by"]
	f := figure{ID: "credit", Title: v.t("attribution.credit", v.t("choice.by."+by)), Note: v.t("attribution.credit.note"), Chart: &chart{Kind: "ranked", Unit: "number"}}
	f.Table.Head = []cell{words(v.t("choice.by." + by)), digits(v.t("column.credit")), digits(v.t("column.orders")), digits(v.t("column.conversations")), digits(v.t("column.order_amount")), digits(v.t("column.net_amount")), digits(v.t("column.credits"))}
	credit := series{Name: v.t("column.credit")}
	for row := range a.Rows {
		key := orNone(a.text(row, "key"))
		name, href := d.valueName(v, by, key), func(rows string) string { return v.credited(rows, by, key) }
		if row < maxRanked {
			f.Chart.X, f.Chart.Hrefs, credit.Data = append(f.Chart.X, name), append(f.Chart.Hrefs, href("credits")), append(credit.Data, a.number(row, "credit"))
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(name), linked(number(a.number(row, "credit"), 2), href("credits")), linked(count(a.count(row, "orders")), href("orders")), linked(count(a.count(row, "conversations")), href("conversations")),
			amount(a, row, "order_amount").to(href("credits")), amount(a, row, "net_amount").to(href("credits")), linked(count(a.count(row, "credits")), href("credits")),
		})
	}
	f.Chart.Series = []series{credit}
	if len(a.Rows) == 0 {
		f.Chart = nil
	}
	f.take(a, v)
	return f
}

// conversationCell leads to a conversation.
func conversationCell(v *visit, a *answer, row int) cell {
	if a.text(row, "conv_id") == "" {
		return words(nothing)
	}
	return cell{Text: a.text(row, "conv_id"), Href: v.behind("/conversation", "conversation", "shop_id", a.text(row, "shop_id"), "conv_id", a.text(row, "conv_id"), "user_id", a.text(row, "user_id"))}
}

// orderCell leads to an order.
func orderCell(v *visit, a *answer, row int) cell {
	if a.text(row, "order_id") == "" {
		return words(nothing)
	}
	return cell{Text: a.text(row, "order_id"), Href: v.behind("/orders", "order", "shop_id", a.text(row, "shop_id"), "order_id", a.text(row, "order_id"))}
}
