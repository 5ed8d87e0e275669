package web

import (
	"context"
	"slices"
)

// creditRows are what a row of the list of credit may be, and the question that
// lists it.
var creditRows = map[string]string{"credits": "credits", "orders": "credited_orders", "conversations": "credited_conversations"}

// credited is the list behind a number on attribution.
func (v *visit) credited(rows string, pairs ...string) string {
	return v.behind("/credits", "credits", pairs...) + "&rows=" + rows
}

// creditsPage lists who has credit for which orders: a row for each share of an
// order, each order, or each conversation.
func creditsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	rows := v.url.Query().Get("rows")
	if creditRows[rows] == "" {
		rows = "credits"
	}
	l, err := d.askList(ctx, v, creditRows[rows], []string{"credit", "credited_order_amount", "credited_net_amount"})
	if err != nil {
		return nil, err
	}
	body := figures{
		Chips: d.chips(v, "credits"), Choices: []choices{v.choose("rows", "credits", "orders", "conversations")},
		Since: &since{Text: v.t("credits.total."+rows, l.rows(), l.decimals(0, 2), l.amount(1), l.amount(2), moment(v.asOf, v.filter.Zone))},
	}
	if l.Total.Rows == 0 {
		body.Empty = "orders.empty"
		return body, nil
	}
	body.Figures = []figure{d.creditList(v, l.answer, rows)}
	body.Before, body.Next = pageLinks(v, len(l.answer.Rows))
	return body, nil
}

// creditList shows the columns that its rows have.
func (d *Dashboard) creditList(v *visit, a *answer, rows string) figure {
	f := figure{ID: "credits", Whole: true, Title: v.t("choice.rows." + rows)}
	columns := []string{"order_id", "conv_id", "paid_at", "intent", "channel", "coupon", "orders", "conversations", "credit", "credited_order_amount", "credited_net_amount"}
	columns = slices.DeleteFunc(columns, func(column string) bool { _, has := a.at[column]; return !has })
	for _, column := range columns {
		f.Table.Head = append(f.Table.Head, cell{Text: v.t("column." + column), Number: numeric(a.Question.Columns[a.at[column]].Unit) && column != "paid_at"})
	}
	for row := range a.Rows {
		var cells []cell
		for _, column := range columns {
			cells = append(cells, d.creditCell(v, a, row, column))
		}
		f.Table.Rows = append(f.Table.Rows, cells)
	}
	f.take(a, v)
	return f
}

func (d *Dashboard) creditCell(v *visit, a *answer, row int, column string) cell {
	switch column {
	case "order_id":
		return orderCell(v, a, row)
	case "conv_id":
		return conversationCell(v, a, row)
	case "paid_at":
		return words(moment(a.time(row, column), v.filter.Zone))
	case "intent":
		return words(d.name(v, Intent, a.text(row, column)))
	case "channel", "coupon":
		return words(a.text(row, column))
	case "credit":
		return digits(number(a.number(row, column), 3))
	case "orders", "conversations":
		return digits(count(a.count(row, column)))
	}
	return amount(a, row, column)
}
