package web

import (
	"math"

	"github.com/shopspring/decimal"
)

// tile is one great number.
type tile struct {
	Key    string // of the catalogue; <key>.tip says what it counts
	Value  string
	Small  string // interval and n
	Change string // against the period before; "" when there is nothing to compare
	Up     bool
	Even   bool // the change is none
	Href   string
}

// sentence says the whole in one sentence.
func (d *Dashboard) sentence(v *visit, total funnelSum) string {
	currency, net := total.mostMoney()
	period := v.t("sentence.days", len(v.filter.Days()))
	if v.filter.Range != "" {
		period = v.t("sentence." + v.filter.Range)
	}
	first := v.t("sentence.orders", period, count(total.ordered), shortMoney(v.lang, net, currency))
	if total.high == 0 {
		return first + v.t("sentence.no_high")
	}
	low, high := d.deps.Interval(total.hits, total.high)
	return first + v.t("sentence.rate", hundred(float64(total.hits)/float64(total.high)), hundred(low), hundred(high), count(total.high))
}

// hundred writes a share as so many of 100.
func hundred(share float64) string { return number(ptr(share*100), 1) }

// openNote says how many of the last days are not over yet.
func openNote(v *visit, sums *overviewSums, days []string) string {
	open := 0
	for _, day := range days {
		if sum := sums.days[day]; sum != nil && sum.open {
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

// tiles are the seed's four numbers and what was kept.
func (d *Dashboard) tiles(v *visit, sums *overviewSums, days []string, total funnelSum) []tile {
	nowDays, thenDays := sums.closed(days, v.filter.Before())
	now, then := sums.of(nowDays), sums.of(thenDays)
	list := shown{Filter: v.filter}
	counted := func(key string, n, now, then int64, pairs ...string) tile {
		t := tile{Key: key, Value: count(n), Href: list.Link("/conversations", pairs...)}
		if then > 0 && now > 0 {
			t.compare(float64(now)/float64(then)-1, change)
		}
		return t
	}
	return []tile{
		counted("tile.conversations", total.conversations, now.conversations, then.conversations),
		counted("tile.high", total.high, now.high, then.high, "step", "high_intent"),
		counted("tile.ordered", total.ordered, now.ordered, then.ordered, "step", "ordered"),
		d.rateTile(v, total, now, then),
		keptTile(v, total, now, then),
	}
}

func (t *tile) compare(by float64, write func(float64) string) {
	t.Change, t.Up, t.Even = write(by), by > 0, math.Abs(by) < 0.0005
}

func (d *Dashboard) rateTile(v *visit, total, now, then funnelSum) tile {
	t := tile{Key: "tile.rate", Value: nothing, Small: v.t("rate.none")}
	if total.high > 0 {
		low, high := d.deps.Interval(total.hits, total.high)
		t.Value = percent(ptr(float64(total.hits) / float64(total.high)))
		t.Small = v.t("rate.interval", hundred(low), hundred(high), count(total.high))
	}
	if now.high > 0 && then.high > 0 {
		t.compare(float64(now.hits)/float64(now.high)-float64(then.hits)/float64(then.high), func(by float64) string { return v.t("rate.points", points(by)) })
	}
	return t
}

// keptTile shows one currency in full; the others stand beneath it.
func keptTile(v *visit, total, now, then funnelSum) tile {
	currency, net := total.mostMoney()
	t := tile{Key: "tile.kept", Value: shortMoney(v.lang, net, currency), Small: money(net, currency)}
	if before, after := then.net[currency], now.net[currency]; before.IsPositive() && after.IsPositive() {
		by, _ := after.Div(before).Sub(decimal.NewFromInt(1)).Float64()
		t.compare(by, change)
	}
	for other, amount := range total.net {
		if other != currency && !amount.IsZero() {
			t.Small += " + " + money(amount, other)
		}
	}
	return t
}
