package web

import (
	"context"
	"strconv"
)

// cutsBy are what conversations are cut by.
var cutsBy = []string{"intent", "channel", "bot_id", "coupon"}

// funnelPage says where conversations stop on their way to an order, and how
// fast the others go it.
func funnelPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "funnel", "compare", "cut", "daily", "time_to_order", "cohorts", "payments")
	if err != nil {
		return nil, err
	}
	body := figures{Intro: v.t("funnel.intro"), Chips: d.chips(v, "funnel"), Choices: []choices{v.choose("unit", "conversations", "shoppers"), v.choose("net", "no", "yes"), v.choose("by", cutsBy...)}}
	if said["funnel"].count(0, "conversations") == 0 {
		body.Empty = "list.empty"
		return body, nil
	}
	body.Figures = []figure{
		stepsFigure(v, said["funnel"]), compareFigure(v, said["compare"]), d.cutFigure(v, said["cut"]), d.dailyFigure(v, said["daily"]),
		timeFigure(v, said["time_to_order"]), cohortsFigure(v, said["cohorts"]), paymentsFigure(v, said["payments"]),
	}
	return body, nil
}

// stepsFigure shows each step with both of its rates.
func stepsFigure(v *visit, a *answer) figure {
	f := figure{ID: "funnel", Half: true, Title: v.t("overview.funnel"), Note: v.t("overview.funnel.note"), Chart: &chart{Kind: "steps", Unit: "count"}}
	unit := a.Args["unit"]
	f.Table.Head = []cell{words(v.t("step")), digits(v.t("column." + unit)), digits(v.t("column.of_before")), digits(v.t("column.of_first"))}
	one := series{Name: v.t("column." + unit)}
	for row := range a.Rows {
		step := a.text(row, "step")
		href := v.behind("/"+unit, unit, "step", narrowedTo(step))
		name, n := v.t("step."+step), a.count(row, "conversations")
		if step == "conversations" && unit == "shoppers" {
			name = v.t("column.shoppers")
		}
		f.Chart.X, f.Chart.Hrefs = append(f.Chart.X, name), append(f.Chart.Hrefs, href)
		one.Data, one.Labels = append(one.Data, whole(n)), append(one.Labels, count(n)+"  "+percent(a.number(row, "rate_of_all")))
		before := a.share(v, row, "rate", "of")
		if row == 0 {
			before = digits(nothing)
		}
		f.Table.Rows = append(f.Table.Rows, []cell{words(name), linked(count(n), href), before, digits(percent(a.number(row, "rate_of_all")))})
	}
	f.Chart.Series = []series{one}
	f.take(a, v)
	return f
}

// narrowedTo is the parameter of a step: all conversations are no step.
func narrowedTo(step string) string {
	if step == "conversations" {
		return ""
	}
	return step
}

// compareFigure holds the period against the one before.
func compareFigure(v *visit, a *answer) figure {
	f := figure{ID: "compare", Half: true, Title: v.t("funnel.compare"), Note: v.t("funnel.compare.note", count(a.count(0, "days")))}
	f.Table.Head = []cell{words(v.t("column.measure")), digits(v.t("funnel.now")), digits(v.t("funnel.before")), digits(v.t("funnel.change"))}
	line := func(name, step, now, before string, by *float64) {
		told := nothing
		if by != nil {
			told = change(*by)
		}
		f.Table.Rows = append(f.Table.Rows, []cell{words(name), linked(now, v.compared("now", step)), linked(before, v.compared("before", step)), digits(told)})
	}
	for _, column := range []string{"conversations", "high_intent", "ordered", "high_intent_ordered"} {
		now, before := a.count(0, column), a.count(0, column+"_before")
		line(stepName(v, column), narrowedTo(column), count(now), count(before), relative(float64(now), float64(before)))
	}
	now, told := a.money(0, "net_amount")
	before, toldBefore := a.money(0, "net_amount_before")
	if told && toldBefore {
		line(v.t("column.net_amount"), "kept", amount(a, 0, "net_amount").Text, amount(a, 0, "net_amount_before").Text, relative(now.InexactFloat64(), before.InexactFloat64()))
	}
	f.take(a, v)
	return f
}

// compared are the conversations behind one side of a comparison: only of days
// that are closed in both.
func (v *visit) compared(side, step string) string {
	return v.behind("/conversations", "conversations", "from", v.filter.From, "to", v.filter.To, "compared", side, "step", step)
}

// stepName is what a step is called where no other stands before it.
func stepName(v *visit, step string) string {
	if key := "stepname." + step; known(key) {
		return v.t(key)
	}
	return v.t("step." + step)
}

func relative(now, before float64) *float64 {
	if before == 0 {
		return nil
	}
	return ptr(now/before - 1)
}

// cutFigure shows the same numbers by intent, channel, bot or coupon.
func (d *Dashboard) cutFigure(v *visit, a *answer) figure {
	by := a.Args["by"]
	f := figure{ID: "cut", Title: v.t("funnel.cut", v.t("choice.by."+by))}
	f.Table.Head = []cell{
		words(v.t("choice.by." + by)), digits(v.t("column.conversations")), digits(v.t("column.high_intent")), digits(v.t("column.ordered")), digits(v.t("column.kept")),
		digits(v.rateName()), digits(v.t("column." + v.amountColumn())), digits(v.t("column.refund_rate")),
	}
	for row := range a.Rows {
		key := a.text(row, "key")
		href := func(step string) string {
			return v.behind("/conversations", "conversations", by, orNone(key), "step", step)
		}
		rate := d.rateCell(v, a.count(row, v.hits()), a.count(row, "high_intent"))
		rate.Open = isOpen(a, row) && a.count(row, "high_intent") > 0
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(d.valueName(v, by, orNone(key))), linked(count(a.count(row, "conversations")), href("")), linked(count(a.count(row, "high_intent")), href("high_intent")),
			linked(count(a.count(row, "ordered")), href("ordered")), linked(count(a.count(row, "kept")), href("kept")), rate, amount(a, row, v.amountColumn()).to(href(v.soldStep())),
			a.share(v, row, "refund_rate", "old_orders"),
		})
	}
	f.take(a, v)
	return f
}

func isOpen(a *answer, row int) bool {
	maturity := a.number(row, "maturity")
	return maturity != nil && *maturity < 1
}

// amount is money in full, in the currency of its row.
func amount(a *answer, row int, column string) cell {
	if sum, told := a.money(row, column); told {
		return digits(money(sum, a.text(row, "currency")))
	}
	return digits(nothing)
}

// net is whether only orders that are kept count as orders.
func (v *visit) net() bool { return v.url.Query().Get("net") == "yes" }

// hits are the conversations of high intent that count as ordered.
func (v *visit) hits() string {
	if v.net() {
		return "high_intent_kept"
	}
	return "high_intent_ordered"
}

// amountColumn is what their orders are worth.
func (v *visit) amountColumn() string {
	if v.net() {
		return "net_amount"
	}
	return "order_amount"
}

// soldStep is the step of the conversations that the amounts are of.
func (v *visit) soldStep() string {
	if v.net() {
		return "kept"
	}
	return "ordered"
}

func (v *visit) rateName() string {
	if v.net() {
		return v.t("column.intent_to_kept_rate")
	}
	return v.t("column.intent_to_order_rate")
}

// dailyFigure shows every day of the conversations' start.
func (d *Dashboard) dailyFigure(v *visit, a *answer) figure {
	f := figure{ID: "daily", Title: v.t("overview.trend"), Note: v.t("funnel.daily.note"), Chart: &chart{Kind: "trend", Unit: "count", Names: names{Open: v.t("window.open")}}}
	f.Table.Head = []cell{words(v.t("column.day")), digits(v.t("column.conversations")), digits(v.t("column.high_intent")), digits(v.t("column.carted")), digits(v.t("column.ordered")), digits(v.t("column.kept")), digits(v.rateName()), digits(v.t("column." + v.amountColumn()))}
	high, rate := series{Name: v.t("column.high_intent"), As: "bar"}, series{Name: v.rateName(), As: "line", Unit: "percent"}
	for row := range a.Rows {
		day := a.text(row, "day")
		href := func(step string) string {
			return v.behind("/conversations", "conversations", "from", day, "to", day, "step", step)
		}
		f.Chart.X, f.Chart.Hrefs, f.Chart.Open = append(f.Chart.X, dayName(v.lang, day)), append(f.Chart.Hrefs, href("high_intent")), append(f.Chart.Open, isOpen(a, row))
		hits, n := a.count(row, v.hits()), a.count(row, "high_intent")
		low, up := d.interval(hits, n)
		high.Data, rate.Data = append(high.Data, whole(n)), append(rate.Data, share(hits, n))
		rate.Low, rate.High = append(rate.Low, low), append(rate.High, up)
		cells := []cell{words(dayName(v.lang, day)), linked(count(a.count(row, "conversations")), href(""))}
		for _, step := range []string{"high_intent", "carted", "ordered", "kept"} {
			cells = append(cells, linked(count(a.count(row, step)), href(step)))
		}
		told := d.rateCell(v, hits, n)
		told.Open = isOpen(a, row)
		f.Table.Rows = append(f.Table.Rows, append(cells, told, amount(a, row, v.amountColumn()).to(href(v.soldStep()))))
	}
	f.Chart.Series = []series{high, rate}
	f.take(a, v)
	return f
}

// timeFigure is the curve of orders over the hours since high intent.
func timeFigure(v *visit, a *answer) figure {
	f := figure{ID: "time", Title: v.t("funnel.time"), Note: v.t("funnel.time.note"), Chart: &chart{Kind: "lines", Unit: "percent"}}
	f.Table.Head = []cell{words(v.t("column.hours")), digits(v.t("funnel.ordered_share")), digits(v.t("funnel.until")), digits(v.t("funnel.at_risk"))}
	curve := series{Name: v.t("funnel.ordered_share")}
	for row := range a.Rows {
		hours := strconv.FormatInt(a.count(row, "hours"), 10)
		href := v.behind("/conversations", "conversations", "within_hours", hours)
		f.Chart.X, f.Chart.Hrefs, curve.Data = append(f.Chart.X, hours+" h"), append(f.Chart.Hrefs, href), append(curve.Data, a.number(row, "ordered_share"))
		f.Table.Rows = append(f.Table.Rows, []cell{words(hours + " h"), digits(percent(a.number(row, "ordered_share"))), linked(count(a.count(row, "orders_until")), href), linked(count(a.count(row, "at_risk")), v.behind("/conversations", "conversations", "at_risk_hours", hours))})
	}
	f.Chart.Series = []series{curve}
	if len(a.Rows) == 0 {
		f.Chart = nil
	}
	f.take(a, v)
	return f
}

// cohortsFigure shows by day how soon high intent became an order.
func cohortsFigure(v *visit, a *answer) figure {
	f := figure{ID: "cohorts", Half: true, Title: v.t("funnel.cohorts"), Note: v.t("funnel.cohorts.note")}
	f.Table.Head = []cell{words(v.t("column.day")), digits(v.t("column.high_intent"))}
	spans := []int64{24, 48, 72, 168}
	for _, hours := range spans {
		f.Table.Head = append(f.Table.Head, digits("≤ "+strconv.FormatInt(hours, 10)+" h"))
	}
	for row := range a.Rows {
		day, high := a.text(row, "day"), a.count(row, "high_intent")
		cells := []cell{words(dayName(v.lang, day)), linked(count(high), v.behind("/conversations", "conversations", "from", day, "to", day, "step", "high_intent"))}
		for _, hours := range spans {
			within := strconv.FormatInt(hours, 10)
			n := a.count(row, "within_"+within)
			one := linked(count(n), v.behind("/conversations", "conversations", "from", day, "to", day, "within_hours", within))
			one.Small, one.Open = percent(share(n, high)), a.count(row, "seen_hours") < hours
			cells = append(cells, one)
		}
		f.Table.Rows = append(f.Table.Rows, cells)
	}
	f.take(a, v)
	return f
}

// paymentsFigure counts as the shop's back office does.
func paymentsFigure(v *visit, a *answer) figure {
	f := figure{ID: "payments", Half: true, Title: v.t("funnel.payments"), Note: v.t("funnel.payments.note")}
	f.Table.Head = []cell{words(v.t("column.payment_day")), digits(v.t("column.paid")), digits(v.t("column.attributed")), digits(v.t("column.kept_orders")), digits(v.t("column.net_amount")), digits(v.t("column.attributed_amount"))}
	for row := range a.Rows {
		day := a.text(row, "day")
		href := func(state string) string {
			return v.behind("/orders", "orders", "from", day, "to", day, "orders", state)
		}
		cells := []cell{words(dayName(v.lang, day))}
		for _, state := range []string{"paid", "attributed", "kept"} {
			cells = append(cells, linked(count(a.count(row, state)), href(state)))
		}
		f.Table.Rows = append(f.Table.Rows, append(cells, amount(a, row, "net_amount").to(href("paid")), amount(a, row, "attributed_amount").to(href("attributed"))))
	}
	f.take(a, v)
	return f
}
