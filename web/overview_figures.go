package web

import (
	"cmp"
	"maps"
	"slices"
)

// funnelFigure shows the steps, each a part of the one before, and low-intent
// orders beside them.
func (d *Dashboard) funnelFigure(v *visit, total funnelSum) figure {
	list := shown{Filter: v.filter}
	steps := []struct {
		key, step string
		n, of     int64
	}{
		{"step.conversations", "", total.conversations, 0},
		{"step.high_intent", "high_intent", total.high, total.conversations},
		{"step.high_intent_ordered", "high_intent_ordered", total.hits, total.high},
		{"step.high_intent_kept", "high_intent_kept", total.kept, total.hits},
		{"step.low_intent_ordered", "low_intent_ordered", total.low, total.conversations - total.high},
	}
	f := figure{ID: "funnel", Title: v.t("overview.funnel"), Note: v.t("overview.funnel.note"), Chart: &chart{Kind: "steps", Unit: "count"}}
	f.Table.Head = []cell{words(v.t("step")), digits(v.t("column.conversations")), digits(v.t("column.of_before")), digits(v.t("column.of_first"))}
	one := series{Name: v.t("column.conversations")}
	for _, s := range steps {
		href := list.Link("/conversations", "step", s.step)
		f.Chart.X = append(f.Chart.X, v.t(s.key))
		f.Chart.Hrefs = append(f.Chart.Hrefs, href)
		one.Data = append(one.Data, whole(s.n))
		one.Labels = append(one.Labels, count(s.n)+"  "+percent(share(s.n, total.conversations)))
		f.Table.Rows = append(f.Table.Rows, []cell{words(v.t(s.key)), linked(count(s.n), href), d.rateCell(v, s.n, s.of), digits(percent(share(s.n, total.conversations)))})
	}
	f.Chart.Series = []series{one}
	return f
}

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

// trendFigure shows every day, hatched while it is open.
func (d *Dashboard) trendFigure(v *visit, sums *overviewSums, days []string) figure {
	list := shown{Filter: v.filter}
	f := figure{ID: "trend", Title: v.t("overview.trend"), Chart: &chart{Kind: "trend", Unit: "count", Names: names{Open: v.t("window.open")}}}
	f.Table.Head = []cell{words(v.t("column.day")), digits(v.t("column.conversations")), digits(v.t("column.high")), digits(v.t("column.ordered")), digits(v.t("column.rate"))}
	high := series{Name: v.t("column.high"), As: "bar"}
	rate := series{Name: v.t("column.rate"), As: "line", Unit: "percent"}
	for _, day := range days {
		sum := cmp.Or(sums.days[day], &funnelSum{})
		filter := v.filter
		filter.Range, filter.From, filter.To = "", day, day
		href := filterLink(filter)
		f.Chart.X, f.Chart.Hrefs, f.Chart.Open = append(f.Chart.X, dayName(v.lang, day)), append(f.Chart.Hrefs, href("high_intent")), append(f.Chart.Open, sum.open)
		high.Data, rate.Data = append(high.Data, whole(sum.high)), append(rate.Data, share(sum.hits, sum.high))
		low, up := interval(d, sum.hits, sum.high)
		rate.Low, rate.High = append(rate.Low, low), append(rate.High, up)
		cells := []cell{words(dayName(v.lang, day)), linked(count(sum.conversations), href("")), linked(count(sum.high), href("high_intent")), linked(count(sum.ordered), href("ordered")), d.rateCell(v, sum.hits, sum.high)}
		cells[4].Open = sum.open
		f.Table.Rows = append(f.Table.Rows, cells)
	}
	f.Chart.Series = []series{high, rate}
	_ = list
	return f
}

func filterLink(f Filter) func(step string) string {
	return func(step string) string { return "/conversations" + f.query("step", step) }
}

func interval(d *Dashboard, hits, n int64) (low, high *float64) {
	if n <= 0 {
		return nil, nil
	}
	l, h := d.deps.Interval(hits, n)
	return &l, &h
}

// intentsFigure shows the topics, the most conversations first.
func (d *Dashboard) intentsFigure(v *visit, sums *overviewSums) figure {
	list := shown{Filter: v.filter}
	f := figure{ID: "intents", Title: v.t("overview.intents")}
	f.Table.Head = []cell{words(v.t("column.intent")), digits(v.t("column.conversations")), digits(v.t("column.high")), digits(v.t("column.rate")), digits(v.t("column.kept_amount"))}
	intents := slices.SortedFunc(maps.Keys(sums.intents), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums.intents[b].conversations, sums.intents[a].conversations), cmp.Compare(a, b))
	})
	for _, intent := range intents {
		sum := sums.intents[intent]
		currency, net := sum.mostMoney()
		href := func(step string) string { return list.Link("/conversations", "intent", intent, "step", step) }
		rate := d.rateCell(v, sum.hits, sum.high)
		rate.Open = sum.open
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(intent), linked(count(sum.conversations), href("")), linked(count(sum.high), href("high_intent")), rate, digits(shortMoney(v.lang, net, currency)),
		})
	}
	return f
}
