package web

import "context"

// recordsPage lists the records behind a cell of the ledger.
func recordsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	l, err := d.askList(ctx, v, "records", nil)
	if err != nil {
		return nil, err
	}
	body := figures{Chips: d.chips(v, "records"), Since: &since{Text: v.t("records.total", l.rows(), moment(v.asOf, v.filter.Zone))}}
	if l.Total.Rows == 0 {
		body.Empty = "records.empty"
		return body, nil
	}
	f := plainFigure(v, l.answer, "records.list", "received_at", "topic", "partition", "offset", "outcome", "source", "shop_id")
	for row := range l.answer.Rows {
		f.Table.Rows[row][4].Text = v.t("column." + l.text(row, "outcome"))
	}
	f.Whole, f.Table.Head[0].Number = true, false
	body.Figures = []figure{f}
	body.Before, body.Next = pageLinks(v, len(l.answer.Rows))
	return body, nil
}
