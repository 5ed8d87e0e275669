package web

import (
	"context"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// funnelSum is what conversations became, added up over some of them.
type funnelSum struct {
	conversations, high, hits, kept, ordered, low int64
	net                                           map[string]decimal.Decimal // by currency
	open                                          bool                       // some window is not over
}

func (s *funnelSum) add(o funnelSum) {
	s.conversations += o.conversations
	s.high += o.high
	s.hits += o.hits
	s.kept += o.kept
	s.ordered += o.ordered
	s.low += o.low
	s.open = s.open || o.open
	for currency, net := range o.net {
		if s.net == nil {
			s.net = map[string]decimal.Decimal{}
		}
		s.net[currency] = s.net[currency].Add(net)
	}
}

// overviewSums are the first page's numbers, by day and by intent.
type overviewSums struct {
	days    map[string]*funnelSum // of the period and of the one before
	intents map[string]*funnelSum // of the period
}

const overviewSQL = `SELECT toString(f.day) AS day, f.intent AS intent, transform(f.shop_id, {ids:Array(String)}, {currencies:Array(String)}, '') AS currency,
	toInt64(sum(f.conversations)) AS conversations_sum, toInt64(sum(f.high_intent)) AS high_sum, toInt64(sum(f.high_intent_ordered)) AS hits,
	toInt64(sum(f.high_intent_kept)) AS kept_sum, toInt64(sum(f.ordered)) AS ordered_sum, toInt64(sum(f.low_intent_ordered)) AS low,
	CAST(sum(f.net_amount), 'Decimal(18, 2)') AS net, toInt64(ifNull(min(f.maturity), 1) < 1) AS is_open
FROM bi.funnel_daily AS f
WHERE f.day >= {from:Date} AND f.day <= {to:Date} AND ({channel:String} = '' OR f.channel = {channel:String}) AND {{shops}}
GROUP BY day, intent, currency`

// readOverview adds up the period and the one before.
func readOverview(ctx context.Context, d *Dashboard, f Filter, known shopsKnown) (*overviewSums, error) {
	sums := &overviewSums{days: map[string]*funnelSum{}, intents: map[string]*funnelSum{}}
	ids, currencies := known.currencies()
	sql, params := ofShops(overviewSQL, "f.shop_id", f.Shops)
	maps.Copy(params, map[string]any{
		"ids": ids, "currencies": currencies, "from": f.Before()[0], "to": f.To, "channel": f.Channel,
	})
	return sums, each(ctx, d.deps.DB, "the first page", sql, params, func(r *row) {
		day, intent, currency := r.text(), r.text(), r.text()
		sum := funnelSum{conversations: r.count(), high: r.count(), hits: r.count(), kept: r.count(), ordered: r.count(), low: r.count()}
		if net := r.money(); !net.IsZero() {
			sum.net = map[string]decimal.Decimal{currency: net}
		}
		sum.open = r.count() != 0
		plus(sums.days, day, sum)
		if day >= f.From {
			plus(sums.intents, intent, sum)
		}
	})
}

func plus(sums map[string]*funnelSum, key string, sum funnelSum) {
	if sums[key] == nil {
		sums[key] = &funnelSum{}
	}
	sums[key].add(sum)
}

// of adds up some days.
func (s *overviewSums) of(days []string) (total funnelSum) {
	for _, day := range days {
		if sum := s.days[day]; sum != nil {
			total.add(*sum)
		}
	}
	return total
}

// closed are the days of the period whose windows are over, and theirs of the
// period before: a comparison of any others would only show that time passes.
func (s *overviewSums) closed(days, before []string) (now, then []string) {
	isOpen := func(day string) bool { return s.days[day] != nil && s.days[day].open }
	for i, day := range days {
		if !isOpen(day) && !isOpen(before[i]) {
			now, then = append(now, day), append(then, before[i])
		}
	}
	return now, then
}

// overview is the body of the first page.
type overview struct {
	Empty    bool
	Sentence string
	OpenNote string
	Tiles    []tile
	Funnel   figure
	Trend    figure
	Intents  figure
}

func overviewPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	known, err := d.shops.all(ctx)
	if err != nil {
		return nil, err
	}
	sums, err := readOverview(ctx, d, v.filter, known)
	if err != nil {
		return nil, err
	}
	days := v.filter.Days()
	total := sums.of(days)
	o := &overview{Empty: total.conversations == 0}
	if o.Empty {
		return o, nil
	}
	o.Sentence, o.OpenNote = d.sentence(v, total), openNote(v, sums, days)
	o.Tiles = d.tiles(v, sums, days, total)
	o.Funnel, o.Trend, o.Intents = d.funnelFigure(v, total), d.trendFigure(v, sums, days), d.intentsFigure(v, sums)
	return o, nil
}

// mostMoney is the currency with the greatest amount, and the amount.
func (s funnelSum) mostMoney() (currency string, net decimal.Decimal) {
	for _, c := range slices.Sorted(maps.Keys(s.net)) {
		if currency == "" && net.IsZero() || s.net[c].GreaterThan(net) {
			currency, net = c, s.net[c]
		}
	}
	return currency, net
}
