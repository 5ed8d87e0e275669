package web

import (
	"context"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"
)

// paymentSum is what the orders paid in some days came to.
type paymentSum struct {
	paid, attributed, kept, attributedKept, refunded int64
	net, attributedNet                               decimal.Decimal
	currency                                         string
	mixed                                            bool // of several currencies: there is no net
}

func (s *paymentSum) add(a *answer, row int) {
	s.paid += a.count(row, "paid")
	s.attributed += a.count(row, "attributed")
	s.kept += a.count(row, "kept")
	s.attributedKept += a.count(row, "attributed_kept")
	s.refunded += a.count(row, "refunded")
	net, told := a.money(row, "net_amount")
	attributed, _ := a.money(row, "attributed_amount")
	s.net, s.attributedNet = s.net.Add(net), s.attributedNet.Add(attributed)
	s.currency, s.mixed = a.text(row, "currency"), s.mixed || !told
}

// paymentsOverview is the first page by day of payment: what the shop's back
// office shows for the same days, and which of it a conversation led to.
func paymentsOverview(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	all := &overviewAnswers{}
	var payments, credit *answer
	group, ctx := errgroup.WithContext(ctx)
	put := func(into **answer, name string, pairs ...string) {
		group.Go(func() (err error) {
			*into, err = d.ask(ctx, v, name, pairs...)
			return err
		})
	}
	put(&payments, "payments")
	put(&credit, "attribution", "by", "intent", "channel", "")
	d.putToDo(v, all, put)
	group.Go(func() error { d.countQuestions(ctx, v, all); return nil })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var sum paymentSum
	for row := range payments.Rows {
		sum.add(payments, row)
	}
	o := &overview{Empty: sum.paid == 0, ByPayment: true, Experiments: d.experimentLines(v, all.experiments)}
	if o.Empty {
		return o, nil
	}
	o.Sentence, o.Tiles, o.ToDo = d.paymentSentence(v, sum), d.paymentTiles(v, sum), d.toDo(v, all)
	o.Funnel, o.Trend, o.Intents = d.paymentSteps(v, payments, sum), d.paymentTrend(v, payments), d.creditFigure(v, credit)
	return o, nil
}

// paid is the list of the orders behind a number.
func (v *visit) paid(state string, pairs ...string) string {
	return v.behind("/orders", "orders", append([]string{"orders", state}, pairs...)...)
}

func (d *Dashboard) paymentSentence(v *visit, sum paymentSum) string {
	period := v.t("sentence.days", len(v.filter.Days()))
	if v.filter.Range != "" {
		period = v.t("sentence." + v.filter.Range)
	}
	low, high := d.deps.Interval(sum.attributed, sum.paid)
	return v.t("sentence.payments", period, count(sum.paid), count(sum.attributed), hundred(float64(sum.attributed)/float64(sum.paid)), hundred(low), hundred(high), sum.brief(v, sum.attributedNet))
}

func (s paymentSum) brief(v *visit, amount decimal.Decimal) string {
	if s.mixed {
		return nothing
	}
	return shortMoney(v.lang, amount, s.currency)
}

func (d *Dashboard) paymentTiles(v *visit, sum paymentSum) []tile {
	rate := func(hits, n int64) string {
		if n == 0 {
			return v.t("rate.none")
		}
		low, high := d.deps.Interval(hits, n)
		return percent(share(hits, n)) + " · " + v.t("rate.interval", hundred(low), hundred(high), count(n))
	}
	net := tile{Key: "tile.paid_net", Value: sum.brief(v, sum.net), Small: v.t("tile.paid_net.of", sum.brief(v, sum.attributedNet)), Href: v.paid("kept")}
	if sum.mixed {
		net.Small = v.t("money.mixed")
	}
	return []tile{
		{Key: "tile.paid", Value: count(sum.paid), Href: v.paid("paid")},
		{Key: "tile.attributed", Value: count(sum.attributed), Small: rate(sum.attributed, sum.paid), Href: v.paid("attributed")},
		{Key: "tile.paid_kept", Value: count(sum.kept), Small: rate(sum.kept, sum.paid), Href: v.paid("kept")},
		{Key: "tile.refunded", Value: count(sum.refunded), Small: rate(sum.refunded, sum.paid), Href: v.paid("refunded")},
		net,
	}
}

// paymentSteps are the orders, those that a conversation led to, and those of
// them that were kept.
func (d *Dashboard) paymentSteps(v *visit, payments *answer, sum paymentSum) figure {
	f := figure{ID: "funnel", Title: v.t("payments.steps"), Note: v.t("payments.steps.note"), Chart: &chart{Kind: "ranked", Unit: "count"}}
	f.Table.Head = []cell{words(v.t("step")), digits(v.t("column.orders")), digits(v.t("column.of_before")), digits(v.t("column.of_first"))}
	one := series{Name: v.t("column.orders")}
	for _, s := range []struct {
		state string
		n, of int64
	}{{"paid", sum.paid, 0}, {"attributed", sum.attributed, sum.paid}, {"attributed_kept", sum.attributedKept, sum.attributed}} {
		name, href := v.t("choice.orders."+s.state), v.paid(s.state)
		f.Chart.X, f.Chart.Hrefs = append(f.Chart.X, name), append(f.Chart.Hrefs, href)
		one.Data, one.Labels = append(one.Data, whole(s.n)), append(one.Labels, count(s.n)+"  "+percent(share(s.n, sum.paid)))
		f.Table.Rows = append(f.Table.Rows, []cell{words(name), linked(count(s.n), href), d.rateCell(v, s.n, s.of), digits(percent(share(s.n, sum.paid)))})
	}
	f.Chart.Series = []series{one}
	f.take(payments, v)
	return f
}

// paymentTrend shows every day of payment. Orders are attributed when they are
// paid, so no day is open; what is kept of them may still fall for weeks.
func (d *Dashboard) paymentTrend(v *visit, a *answer) figure {
	f := figure{ID: "trend", Title: v.t("payments.trend"), Note: v.t("funnel.payments.note"), Chart: &chart{Kind: "trend", Unit: "count"}}
	f.Table.Head = []cell{words(v.t("column.payment_day")), digits(v.t("column.paid")), digits(v.t("column.attributed")), digits(v.t("column.kept_orders")), digits(v.t("column.attributed_rate")), digits(v.t("column.net_amount")), digits(v.t("column.attributed_amount"))}
	bars, line := series{Name: v.t("column.paid"), As: "bar"}, series{Name: v.t("column.attributed_rate"), As: "line", Unit: "percent"}
	rows := map[string]int{}
	for row := range a.Rows {
		rows[a.text(row, "day")] = row
	}
	for _, day := range v.filter.Days() {
		row, known := rows[day]
		href := func(state string) string { return v.paid(state, "from", day, "to", day) }
		f.Chart.X, f.Chart.Hrefs = append(f.Chart.X, dayName(v.lang, day)), append(f.Chart.Hrefs, href("paid"))
		if !known {
			bars.Data, line.Data, line.Low, line.High = append(bars.Data, whole(0)), append(line.Data, nil), append(line.Low, nil), append(line.High, nil)
			continue
		}
		paid, attributed := a.count(row, "paid"), a.count(row, "attributed")
		low, high := d.interval(attributed, paid)
		bars.Data, line.Data = append(bars.Data, whole(paid)), append(line.Data, share(attributed, paid))
		line.Low, line.High = append(line.Low, low), append(line.High, high)
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(dayName(v.lang, day)), linked(count(paid), href("paid")), linked(count(attributed), href("attributed")), linked(count(a.count(row, "kept")), href("kept")),
			d.rateCell(v, attributed, paid), amount(a, row, "net_amount").to(href("paid")), amount(a, row, "attributed_amount").to(href("attributed")),
		})
	}
	f.Chart.Series = []series{bars, line}
	f.take(a, v)
	return f
}
