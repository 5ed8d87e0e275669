package inference

// Each warning says what was found, with its number, and what to do.
var warningTexts = map[Code]Text{
	WarnSRM:            {"the sample ratio is off, most of all in {variant} (p {p}): look for a redirect, a filter or a crash that one variant has, and begin again under a new key", "样本比例异常，偏差最大的是 {variant}（p {p}）：检查该版本独有的跳转、过滤或崩溃，修复后换新 key 重新开始"},
	WarnContaminated:   {"{percent} of the shoppers saw several variants; they are in no metric: check that the id that is hashed is stable", "{percent} 的用户看到过多个版本，已从指标中排除：检查用于分流的用户 id 是否稳定"},
	WarnReplayMismatch: {"{count} exposures show another variant than the hash gives: compare seed, weights and id with the sender's, by askbuy experiment audit", "{count} 次曝光与哈希结果不一致：用 askbuy experiment audit 核对发送方的 seed、权重和用户 id"},
	WarnPeeking:        {"looked at {count} times before the end: a p-value of a single look holds once, on {detail}; until then use the decision interval", "结束前已查看 {count} 次：单次检验的 p 值只在 {detail} 成立一次，在此之前请看决策区间"},
	WarnLowPower:       {"{metric} of {variant}: at the end the planned effect will be found with probability {percent} only: run longer, raise coverage or plan for a greater effect", "{variant} 的「{metric}」到期时检出计划效果的概率只有 {percent}：延长时间、提高覆盖率，或接受更大的最小可检出效果"},
	WarnLiftUnbounded:  {"{metric} of {variant}: the control's value may be 0, so there is no interval of the lift: read the absolute difference", "{variant} 的「{metric}」：对照组的值可能为 0，相对提升没有区间：请看绝对差"},
	WarnDenominator:    {"{variant} changes how many conversations there are (p {p}), so {metric} compares different conversations: read it per user", "{variant} 改变了会话数量（p {p}），「{metric}」比较的已不是同样的会话：请看人均指标"},
	WarnImmature:       {"{metric} of {variant}: {percent} is too young to count: wait before reading it", "{variant} 的「{metric}」：{percent} 尚未到可统计的时间：请等待"},
	WarnPipeline:       {"{detail} differs in {variant} (p {p}): askbuy itself may make the effect; see askbuy experiment health", "{variant} 的 {detail} 与对照不同（p {p}）：效果可能来自数据管道本身，见 askbuy experiment health"},
	WarnFilter:         {"{detail} was known only after the exposure: the numbers describe, they say nothing about the cause; filter by what was known before", "{detail} 在曝光之后才知道：这些数字只是描述，不能说明因果；请用曝光前已知的条件筛选"},
	WarnCovariate:      {"{metric} is not adjusted: {detail} was known only after the exposure; take values from before it", "「{metric}」未作调整：{detail} 在曝光之后才知道；请使用曝光前的数值"},
	WarnPreBias:        {"{metric}: {variant} differed before the experiment already ({detail}, p {p}): trust the adjusted value only, and check the assignment", "「{metric}」：{variant} 在实验前就有差异（{detail}，p {p}）：只看调整后的数值，并检查分流"},
	WarnOutliers:       {"{metric} of {variant} says another thing without its cap (difference {number}): a few great orders decide; look at them", "{variant} 的「{metric}」去掉截断后结论不同（差值 {number}）：结论由少数大额订单决定，请逐单查看"},
	WarnTwyman:         {"{metric} of {variant} moves by {percent}: what looks that interesting is usually a fault; check how it is counted", "{variant} 的「{metric}」变化 {percent}：异常大的效果多半是错误，请检查统计口径"},
	WarnPartialWeek:    {"{number} days are not whole weeks: weekdays and weekends do not weigh alike; end it on a whole week", "{number} 天不是整周：工作日与周末权重不同，请按整周结束"},
	WarnInterference:   {"{metric} is {percent} in the control, and both variants wait for the same agents: one can make the other wait; switch by the hour or randomise by shop", "对照组「{metric}」为 {percent}，各版本共用同一批客服，会互相影响：按小时轮换或按店铺随机"},
	WarnUnregistered:   {"{count} exposures of {detail}, which no file describes: stored, not analysed; add the file or correct the sender", "{detail} 有 {count} 次曝光，但没有对应的实验文件：已保存，未分析；请补充文件或修正发送方"},
	WarnRefused:        {"{metric} of {variant} is not computed: {detail}", "{variant} 的「{metric}」未计算：{detail}"},
}

var refusalTexts = map[Refusal]Text{
	EmptyArm:          {"a variant has no shopper", "有一组没有用户"},
	OneUnit:           {"a variant has one shopper only", "有一组只有一名用户"},
	NotFinite:         {"a value is not a number, or too great", "有数值不是数字或过大"},
	Impossible:        {"its moments cannot be those of any data", "汇总量自相矛盾"},
	NoDenominator:     {"a variant has nothing to divide by yet", "有一组还没有可作分母的数据"},
	NoVariance:        {"all shoppers are alike in both variants", "两组所有用户的值都相同"},
	LostPrecision:     {"its values are too great for their differences", "数值过大而差异过小，精度不足"},
	SeveralCurrencies: {"the shops report in several currencies: run one experiment for each", "店铺的结算币种不同：请按币种分别实验"},
	NotMeasured:       {"no event that it needs was sent", "没有收到所需的事件"},
	PostTreatment:     {"it depends on what was known after the exposure only", "依赖曝光之后才知道的信息"},
}

// Sentence is the refusal for people.
func (r Refusal) Sentence() Text { return refusalTexts[r] }

// Sentence is the warning for people.
func (w Warning) Sentence() Text {
	t := warningTexts[w.Code]
	if w.Code != WarnRefused {
		return fillBoth(t, w.Metric, w.Variant, w.Detail, w.Number)
	}
	why := Refusal(w.Detail).Sentence()
	return Text{
		EN: fillBoth(t, w.Metric, w.Variant, why.EN, 0).EN,
		ZH: fillBoth(t, w.Metric, w.Variant, why.ZH, 0).ZH,
	}
}
