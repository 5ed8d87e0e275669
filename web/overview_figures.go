package web

import "strings"

// share is part / whole, nil when there is nothing to measure.
func share(part, whole int64) *float64 {
	if whole <= 0 {
		return nil
	}
	return ptr(float64(part) / float64(whole))
}

// rateCell is a rate with its interval and n.
func (d *Dashboard) rateCell(v *visit, hits, n int64) cell {
	if n <= 0 {
		return digits(nothing)
	}
	low, high := d.deps.Interval(hits, n)
	return below(percent(share(hits, n)), v.t("rate.interval", hundred(low), hundred(high), count(n)))
}

// funnelFigure shows the steps, each a part of the one before, and low-intent
// orders beside them.
func (d *Dashboard) funnelFigure(v *visit, daily *answer, total funnelSum) figure {
	f := figure{ID: "funnel", Title: v.t("overview.funnel"), Note: v.t("overview.funnel.note"), Chart: &chart{Kind: "steps", Unit: "count"}}
	f.Table.Head = []cell{words(v.t("step")), digits(v.t("column.conversations")), digits(v.t("column.of_before")), digits(v.t("column.of_first"))}
	one := series{Name: v.t("column.conversations")}
	for _, s := range []struct {
		step  string
		n, of int64
	}{
		{"conversations", total.conversations, 0},
		{"high_intent", total.high, total.conversations},
		{"high_intent_ordered", total.hits, total.high},
		{"high_intent_kept", total.kept, total.hits},
		{"low_intent_ordered", total.low, total.conversations - total.high},
	} {
		name, href := v.t("step."+s.step), v.drill(strings.TrimPrefix(s.step, "conversations"))
		f.Chart.X, f.Chart.Hrefs = append(f.Chart.X, name), append(f.Chart.Hrefs, href)
		one.Data = append(one.Data, whole(s.n))
		one.Labels = append(one.Labels, count(s.n)+"  "+percent(share(s.n, total.conversations)))
		f.Table.Rows = append(f.Table.Rows, []cell{words(name), linked(count(s.n), href), d.rateCell(v, s.n, s.of), digits(percent(share(s.n, total.conversations)))})
	}
	f.Chart.Series = []series{one}
	f.take(daily, v)
	return f
}

// trendFigure shows every day, hatched while it is open.
func (d *Dashboard) trendFigure(v *visit, daily *answer, days map[string]funnelSum) figure {
	f := figure{ID: "trend", Title: v.t("overview.trend"), Chart: &chart{Kind: "trend", Unit: "count", Names: names{Open: v.t("window.open")}}}
	f.Table.Head = []cell{words(v.t("column.day")), digits(v.t("column.conversations")), digits(v.t("column.high_intent")), digits(v.t("column.ordered")), digits(v.t("column.intent_to_order_rate"))}
	high := series{Name: v.t("column.high_intent"), As: "bar"}
	rate := series{Name: v.t("column.intent_to_order_rate"), As: "line", Unit: "percent"}
	for _, day := range v.filter.Days() {
		sum := days[day]
		href := func(step string) string { return v.drill(step, "from", day, "to", day) }
		f.Chart.X, f.Chart.Hrefs, f.Chart.Open = append(f.Chart.X, dayName(v.lang, day)), append(f.Chart.Hrefs, href("high_intent")), append(f.Chart.Open, sum.open())
		high.Data, rate.Data = append(high.Data, whole(sum.high)), append(rate.Data, share(sum.hits, sum.high))
		low, up := d.interval(sum.hits, sum.high)
		rate.Low, rate.High = append(rate.Low, low), append(rate.High, up)
		told := d.rateCell(v, sum.hits, sum.high)
		told.Open = sum.open()
		f.Table.Rows = append(f.Table.Rows, []cell{words(dayName(v.lang, day)), linked(count(sum.conversations), href("")), linked(count(sum.high), href("high_intent")), linked(count(sum.ordered), href("ordered")), told})
	}
	f.Chart.Series = []series{high, rate}
	f.take(daily, v)
	return f
}

func (d *Dashboard) interval(hits, n int64) (low, high *float64) {
	if n <= 0 {
		return nil, nil
	}
	l, h := d.deps.Interval(hits, n)
	return &l, &h
}

// intentsFigure shows the topics, the most conversations first.
func (d *Dashboard) intentsFigure(v *visit, cut *answer) figure {
	f := figure{ID: "intents", Title: v.t("overview.intents"), Whole: true}
	f.Table.Head = []cell{words(v.t("column.intent")), digits(v.t("column.conversations")), digits(v.t("column.high_intent")), digits(v.t("column.ordered")), digits(v.t("column.intent_to_order_rate")), digits(v.t("column.net_amount")), digits(v.t("column.refund_rate"))}
	for row := range cut.Rows {
		intent, sum := cut.text(row, "key"), funnelRow(cut, row)
		href := func(step string) string { return v.drill(step, "intent", orNone(intent)) }
		rate := cut.share(v, row, "intent_to_order_rate", "high_intent")
		rate.Open = sum.open() && sum.high > 0
		brief, _ := sum.amount(v.lang)
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(d.name(v, Intent, intent)), linked(count(sum.conversations), href("")), linked(count(sum.high), href("high_intent")), linked(count(sum.ordered), href("ordered")),
			rate, digits(brief).to(href("kept")), cut.share(v, row, "refund_rate", "old_orders"),
		})
	}
	f.take(cut, v)
	return f
}
