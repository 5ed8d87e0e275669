package report

func (r *ClaimsReport) page(l Lang) page {
	t := &r.Total
	return page{
		title: l.say("Words and orders: ", "口嗨与订单:") + r.Filter.scope(l),
		sections: []section{
			{rows: [][]string{
				{l.say("Conversations that say it is bought", "声称已买的会话"), integer(t.Claimed)},
				{l.say("Order paid (30 d before to 72 h after)", "确有付款(之前 30 天至之后 72 小时)"), l.rate(t.OrderedRate)},
				{l.say("Order kept", "订单保留"), l.rate(t.KeptRate)},
				{l.say("Orders paid", "已支付订单"), integer(t.Orders)},
				{l.say("Cancelled", "已取消"), l.rate(t.CancelRate)},
				{l.say("Wholly refunded", "已全额退款"), l.rate(t.RefundRate)},
				{l.say("Conversations that bargain (2 messages or more)", "砍价会话(两条及以上)"), integer(t.Bargaining)},
				{l.say("Without a cart or order", "没有加购也没有下单"), l.rate(t.NoCartRate)},
				{l.say("Conversations suspected (score 0.5 or more)", "疑似口嗨会话(得分 0.5 及以上)"), integer(t.Suspected)},
			}, notes: append(t.caveats(l), l.legend(t.OrderedRate, t.KeptRate, t.CancelRate, t.RefundRate, t.NoCartRate)...)},
			r.reasons(l),
			claimRows(l, l.say("By day", "按日"), l.say("day", "日期"), r.Days),
			claimRows(l, l.say("By shop", "按店铺"), l.say("shop", "店铺"), r.Shops),
		},
	}
}

func (r *ClaimRow) caveats(l Lang) []string {
	if r.Maturity == nil || *r.Maturity >= 1 {
		return nil
	}
	open := 1 - *r.Maturity
	return []string{percent(&open) + l.say(" of the claims are still within 72 h: their orders may be yet to come", " 的声称仍在 72 小时内,订单可能尚未产生")}
}

// reasonNames say the reasons of a fake_intent_score.
var reasonNames = map[string][2]string{
	"claim_without_order":  {"says it is bought, without an order", "声称已买但没有订单"},
	"repeated_claims":      {"did so in other conversations, too", "在其他会话中也这样声称"},
	"lost_orders":          {"cancels orders or returns them", "取消订单或退货退款"},
	"bargain_without_cart": {"bargains without a cart", "只砍价不加购"},
}

func (r *ClaimsReport) reasons(l Lang) section {
	s := section{title: l.say("Why conversations are suspected", "可疑原因"), columns: []string{
		l.say("reason", "原因"), l.say("conversations", "会话"), l.say("mean score", "平均得分")}}
	for _, one := range r.Reasons {
		name := reasonNames[one.Reason]
		s.rows = append(s.rows, []string{l.say(name[0], name[1]), integer(one.Conversations), decimal(&one.MeanScore, 3)})
	}
	return s
}

func claimRows(l Lang, title, key string, rows []ClaimRow) section {
	s := section{title: title, columns: []string{key, l.say("claimed", "声称已买"), l.say("ordered", "确有付款"), l.say("kept", "保留"), l.say("kept rate", "保留率"),
		l.say("orders", "订单"), l.say("cancelled", "取消"), l.say("refunded", "退款"), l.say("bargaining", "砍价"), l.say("without cart", "未加购"), l.say("suspected", "疑似"),
		l.say("closed", "窗口已结束")}}
	for _, r := range rows {
		s.rows = append(s.rows, []string{orNone(r.Key, l), integer(r.Claimed), integer(r.Ordered), integer(r.Kept), percent(r.KeptRate.Value),
			integer(r.Orders), integer(r.Cancelled), integer(r.Refunded), integer(r.Bargaining), integer(r.BargainedNoCart), integer(r.Suspected), percent(r.Maturity)})
	}
	return s
}

// sheet has a row for the total and each day, shop and reason; a reason has
// conversations and their mean score alone.
func (r *ClaimsReport) sheet() [][]string {
	sheet := [][]string{{"by", "key", "claimed", "claim_messages", "ordered", "kept", "kept_rate", "kept_low", "kept_high", "orders", "cancelled", "refunded",
		"cancel_rate", "refund_rate", "bargaining", "bargaining_without_cart", "suspected", "maturity", "mean_fake_intent_score"}}
	line := func(by string, c ClaimRow) {
		sheet = append(sheet, []string{by, c.Key, integer(c.Claimed), integer(c.Messages), integer(c.Ordered), integer(c.Kept),
			exact(c.KeptRate.Value), exact(c.KeptRate.Low), exact(c.KeptRate.High), integer(c.Orders), integer(c.Cancelled), integer(c.Refunded),
			exact(c.CancelRate.Value), exact(c.RefundRate.Value), integer(c.Bargaining), integer(c.BargainedNoCart), integer(c.Suspected), exact(c.Maturity), ""})
	}
	line("total", r.Total)
	for _, c := range r.Days {
		line("day", c)
	}
	for _, c := range r.Shops {
		line("shop", c)
	}
	for _, one := range r.Reasons {
		sheet = append(sheet, append(fill([]string{"reason", one.Reason}, 16), integer(one.Conversations), "", exact(&one.MeanScore)))
	}
	return sheet
}
