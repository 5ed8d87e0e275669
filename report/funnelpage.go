package report

import "strings"

// page shows the four numbers that operators know first, then the rest.
func (r *FunnelReport) page(l Lang) page {
	t := &r.Total
	return page{
		title: l.say("From question to order: ", "从咨询到下单:") + r.Filter.scope(l),
		sections: []section{
			{rows: [][]string{
				{l.say("Conversations (总会话数)", "总会话数"), integer(t.Conversations)},
				{l.say("High intent (高意向数)", "高意向数"), integer(t.HighIntent)},
				{l.say("Ordered (最终下单数)", "最终下单数"), integer(t.Ordered)},
				{l.say("High intent to order (高意向→下单转化率)", "高意向→下单转化率"), percent(t.IntentToOrder.Value)},
			}, notes: t.caveats(l)},
			{rows: t.details(l), notes: l.legend(t.HighIntentRate, t.IntentToOrder, t.LowToOrder)},
			r.table(l, l.say("By day", "按日"), l.say("day", "日期"), r.Days),
			r.table(l, l.say("By intent", "按意图"), l.say("intent", "意图"), r.Intents),
		},
	}
}

func (r *FunnelRow) details(l Lang) [][]string {
	rows := [][]string{
		{l.say("Carted", "加购会话数"), integer(r.Carted)},
		{l.say("Kept (order not refunded or cancelled)", "保留订单会话数(未退款、未取消)"), integer(r.Kept)},
		{l.say("High intent and ordered", "高意向且下单"), integer(r.HighIntentOrdered)},
		{l.say("Ordered without high intent", "低意向但下单"), integer(r.LowIntentOrdered)},
		{l.say("High-intent rate", "高意向占比"), l.rate(r.HighIntentRate)},
		{l.say("High intent to order", "高意向→下单"), l.rate(r.IntentToOrder)},
		{l.say("Low intent to order", "低意向→下单"), l.rate(r.LowToOrder)},
		{l.say("Lift (times as likely)", "提升倍数"), times(r.Lift)},
		{l.say("Window of 72 h closed", "72 小时窗口已结束"), percent(r.Maturity)},
		{l.say("15 days for refunds over", "15 天退款期已过"), percent(r.KeptMaturity)},
	}
	for _, a := range r.Amounts {
		rows = append(rows,
			[]string{l.say("Order amount", "订单金额") + currency(a.Currency), a.Gross.String()},
			[]string{l.say("Net amount", "净额") + currency(a.Currency), a.Net.String()})
	}
	if r.OtherCurrencyOrders > 0 {
		rows = append(rows, []string{l.say("Orders in other currencies, in no amount", "其他币种订单(不计金额)"), integer(r.OtherCurrencyOrders)})
	}
	return rows
}

// caveats say what keeps the four numbers from being the last word.
func (r *FunnelRow) caveats(l Lang) []string {
	notes := l.warn(l.say("High intent to order", "高意向→下单转化率"), r.IntentToOrder)
	if r.Maturity != nil && *r.Maturity < 1 {
		open := 1 - *r.Maturity
		notes = append(notes, percent(&open)+l.say(
			" of the conversations are still within 72 h: their orders may be yet to come",
			" 的会话仍在 72 小时窗口内,订单可能尚未产生"))
	}
	if r.KeptMaturity != nil && *r.KeptMaturity < 1 && r.Kept > 0 {
		open := 1 - *r.KeptMaturity
		notes = append(notes, percent(&open)+l.say(
			" are within 15 days: kept orders may still be refunded",
			" 的会话未满 15 天,保留订单仍可能退款"))
	}
	return notes
}

func (r *FunnelReport) table(l Lang, title, key string, rows []FunnelRow) section {
	s := section{title: title, columns: []string{
		key, l.say("conversations", "会话"), l.say("high", "高意向"), l.say("ordered", "下单"), l.say("carted", "加购"), l.say("kept", "保留"),
		l.say("high to order", "高意向→下单"), l.say("lift", "提升"), l.say("net amount", "净额"), l.say("closed", "窗口已结束"),
	}}
	var rates []Rate
	for i := range rows {
		r := &rows[i]
		rates = append(rates, r.IntentToOrder)
		s.rows = append(s.rows, []string{
			orNone(r.Key, l), integer(r.Conversations), integer(r.HighIntent), integer(r.Ordered), integer(r.Carted), integer(r.Kept),
			l.rate(r.IntentToOrder), times(r.Lift), netAmounts(r.Amounts), percent(r.Maturity),
		})
	}
	s.notes = l.legend(rates...)
	return s
}

func netAmounts(amounts []Amount) string {
	if len(amounts) == 0 {
		return missing
	}
	parts := make([]string, len(amounts))
	for i, a := range amounts {
		parts[i] = strings.TrimSpace(a.Currency + " " + a.Net.String())
	}
	return strings.Join(parts, ", ")
}

func currency(code string) string {
	if code == "" {
		return ""
	}
	return " " + code
}

// sheet has one row a total, day and intent, of each currency; counts stand
// in the first row of a key alone, so that a column may be summed.
func (r *FunnelReport) sheet() [][]string {
	sheet := [][]string{{
		"by", "key", "conversations", "high_intent", "ordered", "carted", "kept", "high_intent_ordered", "low_intent_ordered",
		"high_intent_kept", "other_currency_orders", "high_intent_rate", "intent_to_order_rate", "intent_to_order_low", "intent_to_order_high",
		"intent_to_order_warning", "intent_lift", "maturity", "kept_maturity", "currency", "gross_amount", "net_amount",
	}}
	sheet = append(sheet, r.Total.lines("total")...)
	for i := range r.Days {
		sheet = append(sheet, r.Days[i].lines("day")...)
	}
	for i := range r.Intents {
		sheet = append(sheet, r.Intents[i].lines("intent")...)
	}
	return sheet
}

func (r *FunnelRow) lines(by string) [][]string {
	first := []string{
		by, r.Key, integer(r.Conversations), integer(r.HighIntent), integer(r.Ordered), integer(r.Carted), integer(r.Kept),
		integer(r.HighIntentOrdered), integer(r.LowIntentOrdered), integer(r.HighIntentKept), integer(r.OtherCurrencyOrders),
		exact(r.HighIntentRate.Value), exact(r.IntentToOrder.Value), exact(r.IntentToOrder.Low), exact(r.IntentToOrder.High),
		string(r.IntentToOrder.Warning), exact(r.Lift), exact(r.Maturity), exact(r.KeptMaturity), "", "", "",
	}
	lines := [][]string{first}
	for i, a := range r.Amounts {
		if i > 0 {
			lines = append(lines, append([]string{by, r.Key}, make([]string, len(first)-2)...))
		}
		copy(lines[i][len(first)-3:], []string{a.Currency, a.Gross.String(), a.Net.String()})
	}
	return lines
}
