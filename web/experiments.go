package web

import (
	"context"
	"net/url"
	"slices"
)

// experimentsPage shows all experiments, and of the chosen one, or the newest,
// what is known of it.
func experimentsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	all, err := d.ask(ctx, v, "experiments", "experiment", "")
	if err != nil {
		return nil, err
	}
	if len(all.Rows) == 0 {
		return figures{Empty: "experiments.empty"}, nil
	}
	chosen := v.url.Query().Get("experiment")
	if chosen == "" {
		chosen = all.text(0, "experiment")
	}
	results, err := d.ask(ctx, v, "experiment_results", "experiment", chosen)
	if err != nil {
		return nil, err
	}
	days, err := d.ask(ctx, v, "experiment_days", "experiment", chosen)
	if err != nil {
		return nil, err
	}
	page := figures{Intro: v.t("experiments.intro"), Figures: []figure{experimentList(v, all)}}
	if len(results.Rows) > 0 {
		page.Figures = append(page.Figures, d.forestFigure(v, results, chosen))
	}
	page.Figures = append(page.Figures, unitsFigure(v, days, chosen))
	if v.url.Query().Get("variant") == "" {
		return page, nil
	}
	shoppers, err := d.askList(ctx, v, "experiment_shoppers", nil, "experiment", chosen)
	if err != nil {
		return nil, err
	}
	page.Chips = d.chips(v, "experiment_shoppers")
	page.Figures = append(page.Figures, exposedFigure(v, shoppers))
	page.Before, page.Next = pageLinks(v, len(shoppers.answer.Rows))
	return page, nil
}

// exposedFigure lists the shoppers behind a number of units.
func exposedFigure(v *visit, l listed) figure {
	a := l.answer
	f := figure{ID: "shoppers", Title: v.t("experiments.shoppers", l.rows()), Whole: true}
	f.Table.Head = []cell{words(v.t("column.user_id")), words(v.t("column.shop_id")), words(v.t("column.variant")), words(v.t("column.first_exposure_at")), digits(v.t("column.exposures")), digits(v.t("column.conversations")), digits(v.t("column.ordered")), words(v.t("column.contaminated"))}
	for row := range a.Rows {
		mixed := ""
		if a.count(row, "is_contaminated") == 1 {
			mixed = "✓"
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			{Text: a.text(row, "user_id"), Href: "/conversations?" + url.Values{"shop_id": {a.text(row, "shop_id")}, "user_id": {a.text(row, "user_id")}, "range": {month}}.Encode()}, words(a.text(row, "shop_id")), words(a.text(row, "variant")),
			words(moment(a.time(row, "first_exposure_at"), v.filter.Zone)), digits(count(a.count(row, "exposures"))), digits(count(a.count(row, "conversations"))), digits(count(a.count(row, "ordered"))), words(mixed),
		})
	}
	f.take(a, v)
	return f
}

// exposed is the list of the shoppers of a variant.
func exposed(a *answer, row int, pairs ...string) string {
	q := url.Values{"experiment": {a.text(row, "experiment")}, "variant": {a.text(row, "variant")}}
	for pair := range slices.Chunk(pairs, 2) {
		q.Set(pair[0], pair[1])
	}
	return "/experiments?" + q.Encode() + "#shoppers-title"
}

// experimentList shows a row for each variant.
func experimentList(v *visit, a *answer) figure {
	f := figure{ID: "list", Title: v.t("experiments.list"), Table: a.table(v, "experiment", "variant", "status", "weight", "units", "contaminated", "n_star", "start_at", "final_at", "owner", "hypothesis")}
	for row, cells := range f.Table.Rows {
		cells[0].Href = "/experiments?" + url.Values{"experiment": {a.text(row, "experiment")}}.Encode()
		cells[4].Href, cells[5].Href = exposed(a, row), exposed(a, row, "contaminated", "yes")
		if key := "status." + a.text(row, "status"); known(key) {
			cells[2].Text = v.t(key)
		}
	}
	f.take(a, v, "experiment", "")
	return f
}

// forestFigure shows the effect on every metric with its interval.
func (d *Dashboard) forestFigure(v *visit, a *answer, experiment string) figure {
	f := figure{ID: "effects", Half: true, Title: v.t("experiments.effects", experiment), Note: v.t("experiments.effects.note", moment(a.time(0, "data_cutoff"), v.filter.Zone)), Chart: &chart{Kind: "forest", Unit: "percent"}}
	f.Table.Head = []cell{words(v.t("column.metric")), words(v.t("column.role")), words(v.t("column.variant")), digits(v.t("column.value_c")), digits(v.t("column.value_t")), digits(v.t("column.lift")), digits(v.t("column.p_always_valid")), digits(v.t("column.units")), words(v.t("column.verdict"))}
	lift := series{Name: v.t("column.lift")}
	for row := range a.Rows {
		metric := d.name(v, Metric, a.text(row, "metric"))
		value := a.number(row, "lift")
		effect := digits(nothing)
		if value != nil {
			f.Chart.X = append(f.Chart.X, metric+" · "+a.text(row, "variant"))
			lift.Data, lift.Low, lift.High = append(lift.Data, value), append(lift.Low, a.number(row, "lift_lo")), append(lift.High, a.number(row, "lift_hi"))
			effect = below(change(*value), bound(a.number(row, "lift_lo"))+" – "+bound(a.number(row, "lift_hi")))
		}
		verdict := words("")
		if a.text(row, "role") == "success" {
			verdict = words(v.t(verdictKey(a.text(row, "verdict"))))
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(metric), words(v.t("role." + a.text(row, "role"))), words(a.text(row, "variant")), digits(number(a.number(row, "value_c"), 4)), digits(number(a.number(row, "value_t"), 4)),
			effect, digits(number(a.number(row, "p_always_valid"), 4)), digits(count(a.count(row, "n_c")) + " / " + count(a.count(row, "n_t"))), verdict,
		})
	}
	f.Chart.Series = []series{lift}
	f.take(a, v, "experiment", experiment)
	return f
}

// unitsFigure shows how many shoppers were first exposed each day.
func unitsFigure(v *visit, a *answer, experiment string) figure {
	f := figure{ID: "units", Half: true, Title: v.t("experiments.units", experiment), Chart: &chart{Kind: "lines", Unit: "count"}, Table: a.table(v, "day", "variant", "units")}
	for row, cells := range f.Table.Rows {
		cells[2].Href = exposed(a, row, "exposed_on", a.text(row, "day"))
	}
	byVariant := map[string]*series{}
	for row := range a.Rows {
		if day := dayName(v.lang, a.text(row, "day")); !slices.Contains(f.Chart.X, day) {
			f.Chart.X = append(f.Chart.X, day)
		}
	}
	var order []string
	for row := range a.Rows {
		variant := a.text(row, "variant")
		if byVariant[variant] == nil {
			byVariant[variant] = &series{Name: variant, Data: make([]*float64, len(f.Chart.X))}
			order = append(order, variant)
		}
		byVariant[variant].Data[slices.Index(f.Chart.X, dayName(v.lang, a.text(row, "day")))] = whole(a.count(row, "units"))
	}
	for _, variant := range order {
		f.Chart.Series = append(f.Chart.Series, *byVariant[variant])
	}
	if len(a.Rows) == 0 {
		f.Chart = nil
	}
	f.take(a, v, "experiment", experiment)
	return f
}
