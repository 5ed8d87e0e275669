package web

import "math"

// tile is one great number.
type tile struct {
	Key    string // of the catalogue; <key>.tip says what it counts
	Value  string
	Small  string // interval and n
	Change string // against the period before; "" when there is nothing to compare
	Up     bool
	Even   bool   // the change is none
	Before string // leads to the rows of the period before
	Href   string
}

// sentence says the whole in one sentence.
func (d *Dashboard) sentence(v *visit, total funnelSum) string {
	brief, _ := total.amount(v.lang)
	period := v.t("sentence.days", len(v.filter.Days()))
	if v.filter.Range != "" {
		period = v.t("sentence." + v.filter.Range)
	}
	first := v.t("sentence.orders", period, count(total.ordered), brief)
	if total.high == 0 {
		return first + v.t("sentence.no_high")
	}
	low, high := d.deps.Interval(total.hits, total.high)
	return first + v.t("sentence.rate", hundred(float64(total.hits)/float64(total.high)), hundred(low), hundred(high), count(total.high))
}

// hundred writes a share as so many of 100.
func hundred(share float64) string { return number(ptr(share*100), 1) }

// openNote says how many of the days are not over yet.
func openNote(v *visit, days map[string]funnelSum) string {
	open := 0
	for _, sum := range days {
		if sum.open() {
			open++
		}
	}
	switch {
	case open == 0:
		return ""
	case open == len(days):
		return v.t("sentence.all_open")
	}
	return v.t("sentence.open", open)
}

// drill is the list of the conversations behind a number.
func (v *visit) drill(step string, pairs ...string) string {
	days := []string{"range", "", "from", v.filter.From, "to", v.filter.To} // a list that is opened tomorrow is still of these
	return "/conversations" + v.filter.query(append(append(days, "step", step, "as_of", stamp(v.asOf)), pairs...)...)
}

// tiles are the seed's four numbers and what was kept, against the period
// before over those days alone that are closed in both.
func (d *Dashboard) tiles(v *visit, compare *answer, total funnelSum) []tile {
	pair := func(column string) (now, before int64) {
		return compare.count(0, column), compare.count(0, column+"_before")
	}
	counted := func(key string, n int64, column, step string) tile {
		t := tile{Key: key, Value: count(n), Href: v.drill(step), Before: v.compared("before", step)}
		if now, before := pair(column); now > 0 && before > 0 {
			t.compare(float64(now)/float64(before)-1, change)
		}
		return t
	}
	return []tile{
		counted("tile.conversations", total.conversations, "conversations", ""),
		counted("tile.high", total.high, "high_intent", "high_intent"),
		counted("tile.ordered", total.ordered, "ordered", "ordered"),
		d.rateTile(v, compare, total),
		keptTile(v, compare, total),
	}
}

func (t *tile) compare(by float64, write func(float64) string) {
	t.Change, t.Up, t.Even = write(by), by > 0, math.Abs(by) < 0.0005
}

func (d *Dashboard) rateTile(v *visit, compare *answer, total funnelSum) tile {
	t := tile{Key: "tile.rate", Value: nothing, Small: v.t("rate.none"), Href: v.drill("high_intent_ordered"), Before: v.compared("before", "high_intent_ordered")}
	if total.high > 0 {
		low, high := d.deps.Interval(total.hits, total.high)
		t.Value = percent(share(total.hits, total.high))
		t.Small = v.t("rate.interval", hundred(low), hundred(high), count(total.high))
	}
	now, before := share(compare.count(0, "high_intent_ordered"), compare.count(0, "high_intent")), share(compare.count(0, "high_intent_ordered_before"), compare.count(0, "high_intent_before"))
	if now != nil && before != nil {
		t.compare(*now-*before, func(by float64) string { return v.t("rate.points", points(by)) })
	}
	return t
}

// keptTile shows one currency; shops of several have to be looked at apart.
func keptTile(v *visit, compare *answer, total funnelSum) tile {
	brief, full := total.amount(v.lang)
	t := tile{Key: "tile.kept", Value: brief, Small: full, Href: v.drill("kept"), Before: v.compared("before", "kept")}
	if brief+".00" == full { // it is short as it is
		t.Small = ""
	}
	if total.mixed {
		t.Small = v.t("money.mixed")
	}
	now, told := compare.money(0, "net_amount")
	before, toldBefore := compare.money(0, "net_amount_before")
	if told && toldBefore && now.IsPositive() && before.IsPositive() {
		t.compare(now.Div(before).InexactFloat64()-1, change)
	}
	return t
}
