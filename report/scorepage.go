package report

import (
	"strconv"
)

func (r *ScoreReport) page(l Lang) page {
	return page{
		title: l.say("How far the scores can be trusted: ", "评分可信度:") + r.Filter.scope(l),
		sections: []section{
			r.summary(l),
			r.reliability(l),
			r.thresholds(l),
			qualities(l, l.say("By model", "按模型"), l.say("model", "模型"), r.Models),
			qualities(l, l.say("By shop", "按店铺"), l.say("shop", "店铺"), r.Shops),
			qualities(l, l.say("By day of the message", "按消息日期"), l.say("day", "日期"), r.Days),
			qualities(l, l.say("By number of the message in its conversation (5: and later)", "按会话中第几条消息(5 表示第五条及以后)"), l.say("message", "消息"), r.Prefixes),
		},
	}
}

func (f ScoreFilter) scope(l Lang) string {
	scope := f.days().scope(l)
	if f.Model != "" {
		scope += ", " + l.say("model ", "模型 ") + printable(f.Model)
	}
	return scope
}

func (r *ScoreReport) summary(l Lang) section {
	t := &r.Total
	rows := [][]string{
		{l.say("Conversations (sum of weights)", "会话数(权重和)"), decimal(&t.N, 1)},
		{l.say("Messages before the first order", "首单前的消息数"), integer(t.Messages)},
		{l.say("Expected orders (sum of p_order)", "预期订单数(p_order 之和)"), decimal(&t.Expected, 1)},
		{l.say("Actual orders, kept", "实际保留订单数"), decimal(&t.Actual, 1)},
		{l.say("Expected over actual", "预期/实际"), decimal(t.Ratio, 3)},
		{"ROC-AUC", decimal(t.AUC, 4)},
		{"PR-AUC", decimal(t.PRAUC, 4)},
		{l.say("Brier score", "Brier 分数"), decimal(t.Brier, 5)},
	}
	if d := r.Decomposition; d != nil {
		rows = append(rows, [][]string{
			{l.say("  miscalibration (less is better)", "  校准误差(越小越好)"), decimal(&d.Miscalibration, 5)},
			{l.say("  discrimination (more is better)", "  区分度(越大越好)"), decimal(&d.Discrimination, 5)},
			{l.say("  uncertainty (of the orders themselves)", "  不确定性(订单本身)"), decimal(&d.Uncertainty, 5)},
		}...)
	}
	return section{rows: append(rows, []string{l.say("Calibration error (ECE, 15 bins)", "校准误差 ECE(15 组)"), decimal(t.ECE, 4)}), notes: r.notes(l)}
}

func (r *ScoreReport) notes(l Lang) []string {
	if r.Total.Messages == 0 {
		return []string{l.say("nothing to measure yet: a conversation counts once its last message is 72 h old", "暂无可计算的数据:会话最后一条消息满 72 小时后才计入")}
	}
	notes := []string{
		l.say("counted is every message of a shopper before the first attributed order, once the last message is 72 h old; a conversation weighs 1",
			"统计首个归因订单之前的每条顾客消息,且会话最后一条消息已满 72 小时;每个会话权重为 1"),
		l.say("an outcome is an attributed order, paid within 72 h after the message and neither cancelled nor wholly refunded",
			"结果指消息后 72 小时内支付、未取消且未全额退款的归因订单"),
	}
	if d := r.Decomposition; d != nil {
		notes = append(notes, l.say("Brier = miscalibration - discrimination + uncertainty (CORP)", "Brier = 校准误差 - 区分度 + 不确定性(CORP)"))
	}
	return notes
}

func (r *ScoreReport) reliability(l Lang) section {
	s := section{title: l.say("Reliability: what p_order said, and what came", "可靠性:p_order 的预测与实际"), columns: []string{
		"p_order", l.say("messages", "消息"), "n", l.say("said", "预测"), l.say("came", "实际"), l.say("95 %", "95 % 区间")}}
	for _, b := range r.Reliability {
		s.rows = append(s.rows, []string{
			decimal(&b.From, 2) + "-" + decimal(&b.To, 2), integer(b.Messages), decimal(&b.N, 1), percent(&b.Said), percent(&b.Came), between(&b.Low, &b.High)})
	}
	return s
}

func (r *ScoreReport) thresholds(l Lang) section {
	s := section{title: l.say("Acting on buy_score from a threshold on", "按 buy_score 阈值行动"), columns: []string{
		l.say("from", "阈值"), l.say("messages", "消息"), "n", l.say("volume", "占比"), l.say("precision", "精确率"), l.say("95 %", "95 % 区间"),
		l.say("recall", "召回率"), l.say("lift", "提升")}}
	for _, t := range r.Thresholds {
		s.rows = append(s.rows, []string{
			short(t.Threshold), integer(t.Messages), decimal(&t.N, 1), percent(t.Volume), percent(t.Precision), between(t.Low, t.High), percent(t.Recall), times(t.Lift)})
	}
	return s
}

func qualities(l Lang, title, key string, rows []Quality) section {
	s := section{title: title, columns: []string{key, l.say("messages", "消息"), "n", l.say("expected", "预期订单"), l.say("actual", "实际订单"),
		l.say("exp/act", "预期/实际"), "ROC-AUC", "PR-AUC", "Brier", "ECE"}}
	for _, q := range rows {
		s.rows = append(s.rows, []string{orNone(q.Key, l), integer(q.Messages), decimal(&q.N, 1), decimal(&q.Expected, 1), decimal(&q.Actual, 1),
			decimal(q.Ratio, 3), decimal(q.AUC, 4), decimal(q.PRAUC, 4), decimal(q.Brier, 5), decimal(q.ECE, 4)})
	}
	return s
}

func between(low, high *float64) string {
	if low == nil || high == nil {
		return missing
	}
	return "[" + percent(low) + ", " + percent(high) + "]"
}

func decimal(v *float64, places int) string {
	if v == nil {
		return missing
	}
	return strconv.FormatFloat(*v, 'f', places, 64)
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// sheet has a row a figure's cut: total, model, shop, day, prefix, bin of
// p_order and threshold of buy_score. Columns that a cut has not are empty.
func (r *ScoreReport) sheet() [][]string {
	sheet := [][]string{{"by", "key", "messages", "n", "expected_orders", "actual_orders", "expected_over_actual", "auc", "pr_auc", "brier",
		"miscalibration", "discrimination", "uncertainty", "ece", "rate", "rate_low", "rate_high", "volume_share", "recall", "lift"}}
	sheet = append(sheet, r.Total.line("total", r.parts()))
	for _, by := range []struct {
		name string
		rows []Quality
	}{{"model", r.Models}, {"shop", r.Shops}, {"day", r.Days}, {"prefix", r.Prefixes}} {
		for _, q := range by.rows {
			sheet = append(sheet, q.line(by.name, make([]string, 3)))
		}
	}
	for _, b := range r.Reliability {
		expected, actual := b.Said*b.N, b.Came*b.N
		sheet = append(sheet, fill([]string{"p_order", short(b.From), integer(b.Messages), exact(&b.N), exact(&expected), exact(&actual)}, 14,
			exact(&b.Came), exact(&b.Low), exact(&b.High), "", "", ""))
	}
	for _, t := range r.Thresholds {
		sheet = append(sheet, fill([]string{"buy_score", short(t.Threshold), integer(t.Messages), exact(&t.N)}, 14,
			exact(t.Precision), exact(t.Low), exact(t.High), exact(t.Volume), exact(t.Recall), exact(t.Lift)))
	}
	return sheet
}

func (r *ScoreReport) parts() []string {
	if d := r.Decomposition; d != nil {
		return []string{exact(&d.Miscalibration), exact(&d.Discrimination), exact(&d.Uncertainty)}
	}
	return make([]string, 3)
}

func (q *Quality) line(by string, parts []string) []string {
	head := []string{by, q.Key, integer(q.Messages), exact(&q.N), exact(&q.Expected), exact(&q.Actual), exact(q.Ratio), exact(q.AUC), exact(q.PRAUC), exact(q.Brier)}
	return fill(append(append(head, parts...), exact(q.ECE)), 20)
}

// fill pads a row to so many cells and puts more behind.
func fill(row []string, cells int, more ...string) []string {
	for len(row) < cells {
		row = append(row, "")
	}
	return append(row, more...)
}
