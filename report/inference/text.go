package inference

import (
	"math"
	"strconv"
	"strings"

	"askbuy/internal/experiment"
)

// Text is the same in the languages of askbuy.
type Text struct{ EN, ZH string }

// fill puts values into a text, each in place of its name in braces.
func (t Text) fill(pairs ...string) Text {
	r := strings.NewReplacer(pairs...)
	return Text{EN: r.Replace(t.EN), ZH: r.Replace(t.ZH)}
}

var metricNames = map[string]Text{
	experiment.ConversationToOrder:    {"conversation to order", "会话转订单率"},
	experiment.AddToCart:              {"add to cart", "加购率"},
	experiment.RevenuePerConversation: {"revenue per conversation", "会话均收入"},
	experiment.RevenuePerUser:         {"revenue per user", "人均收入"},
	experiment.RefundRate:             {"refund rate", "退款率"},
	experiment.SlowReplyRate:          {"slow replies", "慢回复率"},
	experiment.HandoffRate:            {"handoff rate", "转人工率"},
	experiment.ConversationsPerUser:   {"conversations per user", "人均会话数"},
}

// MetricName is what people call a metric.
func MetricName(metric string) Text {
	if name, ok := metricNames[metric]; ok {
		return name
	}
	return Text{metric, metric}
}

var decisionNames = map[Decision]Text{
	Invalid:            {"INVALID", "无效"},
	NotEnoughData:      {"NOT ENOUGH DATA", "数据不足"},
	RollBack:           {"ROLL BACK", "回滚"},
	Ship:               {"SHIP", "上线"},
	Review:             {"REVIEW", "待复核"},
	NoMeaningfulEffect: {"NO MEANINGFUL EFFECT", "无实际差异"},
	Inconclusive:       {"INCONCLUSIVE", "无结论"},
	KeepRunning:        {"KEEP RUNNING", "继续运行"},
}

// Name is what people call a decision.
func (d Decision) Name() Text { return decisionNames[d] }

// {percent} is the number as a percentage, {count} as a whole number, {p} with
// the digits that a p-value needs.
var reasonTexts = map[Reason]Text{
	SampleRatio:     {"the variants do not have the shares of shoppers that were planned (p {p}): find what loses shoppers before reading any number", "各版本的人数比例与计划不符（p {p}）：先查明丢失用户的原因，再看任何数字"},
	ReplayMismatch:  {"{percent} of the exposures show another variant than the hash gives: the assignment is broken", "{percent} 的曝光与哈希分配的版本不一致：分流有误"},
	Contamination:   {"{percent} of the shoppers saw more than one variant", "{percent} 的用户看到了多个版本"},
	FilteredAfter:   {"the filter uses what was known only after the exposure, so it compares different kinds of shoppers", "筛选条件用到了曝光之后才知道的信息，比较的已不是同一类用户"},
	TooFewUnits:     {"the smaller arm has {count} shoppers, 100 are needed", "较小的一组只有 {count} 名用户，至少需要 100 名"},
	TooFewConverted: {"the smaller arm has {count} shoppers with {metric}, 25 are needed", "较小的一组只有 {count} 名用户产生「{metric}」，至少需要 25 名"},
	TooFewDays:      {"it has run for {number} days, 7 are needed", "只运行了 {number} 天，至少需要 7 天"},
	PrimaryRefused:  {"{metric} cannot be computed; the warnings say why", "「{metric}」无法计算，原因见警告"},
	Harm:            {"{metric} is worse by {percent}, beyond what chance explains at any number of looks", "「{metric}」变差了 {percent}，反复查看也无法用偶然解释"},
	Gain:            {"{metric} is better by {percent}, and no guardrail is worse than its margin", "「{metric}」提升了 {percent}，且没有护栏指标越过容许范围"},
	GuardrailOpen:   {"the primary metric is better, but {metric} may still be worse than its margin", "主指标变好，但「{metric}」是否越过容许范围尚无定论"},
	PartOfUnits:     {"{metric} changes by {percent} in a part of the shoppers: an experiment is decided on all of them; plan one for this part", "仅部分用户中「{metric}」变化 {percent}：实验以全部用户为准，请为这部分用户另行实验"},
	WithinMDE:       {"whatever the effect on {metric} is, it is smaller than {percent}", "对「{metric}」的影响无论正负都小于 {percent}"},
	NothingSeen:     {"the smallest effect on {metric} that could have been seen is {percent}", "能检出的「{metric}」最小变化为 {percent}"},
	NoBoundaryYet:   {"no decision boundary is crossed; the final look is in {count} days", "尚未越过任何决策边界；距最终查看还有 {count} 天"},
}

// Sentence is the verdict with its reason.
func (v Verdict) Sentence() Text {
	number := v.Number
	if v.Reason == Harm || v.Reason == Gain {
		number = math.Abs(number)
	}
	reason := fillBoth(reasonTexts[v.Reason], v.Metric, v.Variant, "", number)
	name := v.Decision.Name()
	return Text{EN: name.EN + " - " + reason.EN, ZH: name.ZH + " - " + reason.ZH}
}

func fillBoth(t Text, metric, variant, detail string, number float64) Text {
	name := MetricName(metric)
	t = Text{
		EN: strings.ReplaceAll(t.EN, "{metric}", name.EN),
		ZH: strings.ReplaceAll(t.ZH, "{metric}", name.ZH),
	}
	return t.fill("{variant}", variant, "{detail}", detail, "{percent}", percent(number),
		"{count}", strconv.FormatFloat(number, 'f', 0, 64), "{number}", digits(number, 2), "{p}", digits(number, 2))
}

// percent keeps two digits of what is small and one place of what is not.
func percent(v float64) string {
	if p := 100 * v; math.Abs(p) >= 1 || p == 0 {
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return digits(100*v, 2) + " %"
}

func digits(v float64, n int) string {
	if math.Abs(v) >= 1 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', n, 64)
}
