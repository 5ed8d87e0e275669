package simulator

import "time"

// Drift is what changes in the middle of a simulation. Days count from the
// beginning of the period, from 1; 0 is never.
type Drift struct {
	SlangDay int     // from then on shoppers say many things in new words
	ShiftDay int     // from then on the odds of an order are others
	Shift    float64 // log odds that ShiftDay adds
}

// begun reports whether a conversation that begins now falls into a drift.
func (c *conversation) begun(fromDay int) bool {
	return fromDay > 0 && c.now >= c.o.Start.Add(time.Duration(fromDay-1)*day).UnixMilli()
}

// slang has other sentences for some acts, by language. Words of the old ones
// do not occur in them.
var slang = map[act][languages][]string{
	actPrice:    {{"啥价啊集美", "几米", "带走要多少刀"}, {"what's the damage", "how many bucks"}, {"damage 几何"}},
	actBargain:  {{"再砍一刀呗", "求个骨折", "能刀吗"}, {"knock some off?", "hook me up"}, {"能 knock 点吗"}},
	actCoupon:   {{"有羊毛薅吗", "神券掉落不", "薅一个"}, {"any freebies to grab", "drop me a code"}, {"有 freebies 薅吗"}},
	actStock:    {{"断了没", "坑位还在不", "蹲一个补"}, {"is it gone already", "any left on the rack"}, {"还有 left 不"}},
	actCommit:   {{"冲了冲了", "已拔草", "这就上车"}, {"sold, take my money", "copping it"}, {"cop 了"}},
	actHesitate: {{"先种草", "再蹲蹲", "钱包不允许"}, {"on the fence", "my wallet says no"}, {"先 mark 一下"}},
}

// slangShare is how often an act with slang is said in it.
const slangShare = .7

// words says an act in the words of the day.
func (c *conversation) words(a act) string {
	if c.begun(c.o.Drift.SlangDay) && len(slang[a][c.language]) > 0 && c.chance(slangShare) {
		return one(c.stream, slang[a][c.language]) + one(c.stream, tails)
	}
	return say(c.stream, a, c.language)
}
