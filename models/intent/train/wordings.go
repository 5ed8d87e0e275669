package train

import "strings"

// wording is a word and what shoppers also type for it.
type wording struct {
	word  string
	other []string
}

// borrowed are words that Chinese shoppers also say in English.
var borrowed = []wording{
	{"优惠券", []string{"coupon", " coupon "}}, {"优惠码", []string{"promo code"}}, {"折扣码", []string{"code"}}, {"打折", []string{"discount", " off "}}, {"券", []string{"coupon"}},
	{"多少钱", []string{"how much", " how much "}}, {"价格", []string{"price", " price "}}, {"有货", []string{"in stock", " in stock "}}, {"现货", []string{"stock"}}, {"尺码", []string{"size", " size "}}, {"码", []string{"size"}},
	{"颜色", []string{"color", " color "}}, {"发货", []string{"ship", " ship "}}, {"快递单号", []string{"tracking number"}}, {"快递", []string{"delivery", "express"}}, {"包裹", []string{"package", " parcel "}},
	{"运费", []string{"shipping fee"}}, {"订单", []string{"order", " order "}}, {"付款", []string{"pay", " pay "}}, {"下单", []string{"order", " order "}}, {"买", []string{"buy", " buy "}}, {"退款", []string{"refund", " refund "}},
	{"退货", []string{"return", " return "}}, {"换货", []string{"exchange"}}, {"发票", []string{"invoice", " invoice "}}, {"客服", []string{"agent", "service"}}, {"密码", []string{"password", " password "}},
	{"账号", []string{"account", " account "}}, {"链接", []string{"link", " link "}}, {"页面", []string{"page"}}, {"质量", []string{"quality", " quality "}}, {"材质", []string{"material"}}, {"谢谢", []string{"thanks", " thx"}},
}

// loose are other ways to type a word: dialect, short forms, slips of the
// input method, pinyin and what the platforms made fashionable.
var loose = []wording{
	{"怎么", []string{"咋", "肿么", "怎样", "怎嘛", "zenme"}}, {"什么时候", []string{"啥时候", "几时", "多久", "什么时间", "神马时候"}}, {"什么", []string{"啥", "神马", "什莫", "sm"}},
	{"为什么", []string{"为啥", "为毛", "咋", "怎么"}}, {"没有", []string{"木有", "没", "米有", "无"}}, {"可以", []string{"能", "可", "阔以", "ky"}}, {"能不能", []string{"可不可以", "能否", "可否"}},
	{"吗", []string{"嘛", "么", "不", "吧", "ma", ""}}, {"这个", []string{"这", "介个", "那个", "zhege", "这款"}}, {"是不是", []string{"是否", "系不系"}}, {"知道", []string{"造", "晓得"}}, {"喜欢", []string{"稀饭", "中意"}},
	{"我", []string{"俺", "偶", "我们", "本人", "人家"}}, {"你们", []string{"你", "贵店", "你家", "您", "恁"}}, {"快递", []string{"物流", "快第", "kd", "快件", "包裹"}}, {"发货", []string{"发", "发貨", "fahuo", "发出来", "寄出"}},
	{"优惠券", []string{"优惠卷", "优惠劵", "yhq", "券"}}, {"多少钱", []string{"多钱", "几多钱", "多少米", "几钱", "多少银子", "多shao钱"}}, {"便宜", []string{"便谊", "优惠", "pianyi", "少", "实惠"}}, {"包邮", []string{"包郵", "免邮", "by", "包油"}},
	{"客服", []string{"kf", "小二", "亲", "店小二"}}, {"质量", []string{"质亮", "品质", "zl", "做工"}}, {"退货", []string{"退huo", "tuihuo", "退回", "退"}}, {"退款", []string{"退钱", "tk", "退kuan"}}, {"换货", []string{"换", "调换"}},
	{"很", []string{"好", "超", "灰常", "挺", "老"}}, {"非常", []string{"灰常", "超级", "巨", "贼"}}, {"太", []string{"忒", "好", "贼", "也太"}}, {"这么", []string{"辣么", "这样", "介么"}}, {"谢谢", []string{"蟹蟹", "3q", "谢啦", "xx"}},
	{"现在", []string{"现", "这会儿", "目前", "xz"}}, {"今天", []string{"今儿", "今日", "jt"}}, {"昨天", []string{"昨儿", "昨日"}}, {"一个", []string{"一", "1个", "个"}}, {"两", []string{"2", "俩", "二"}}, {"东西", []string{"货", "宝贝", "商品", "物件"}},
	{"收到", []string{"拿到", "到手", "收货"}}, {"下单", []string{"拍", "拍下", "下订单", "xd", "订"}}, {"付款", []string{"付钱", "付", "支付", "fk"}}, {"地址", []string{"地扯", "收货地址", "dz"}}, {"尺码", []string{"码", "码数", "号", "尺寸"}},
	{"颜色", []string{"色", "颜se", "色号"}}, {"衣服", []string{"衣裳", "宝贝", "yf"}}, {"孩子", []string{"小孩", "娃", "宝宝", "崽"}}, {"坏", []string{"壞", "坏掉", "huai"}}, {"破", []string{"烂", "po"}}, {"还", []string{"還", "hai", "仍"}},
	{"到", []string{"dao", "到达"}}, {"买", []string{"購", "拍", "mai", "入手"}}, {"卖", []string{"賣", "出"}}, {"发票", []string{"票", "发飘", "fp", "发片"}}, {"订单", []string{"单子", "单", "dd", "定单"}}, {"活动", []string{"促销", "hd"}},
	{"the ", []string{"", "d "}}, {"you", []string{"u", "ya"}}, {"please", []string{"pls", "plz"}}, {"are ", []string{"r "}}, {"your", []string{"ur"}}, {"because", []string{"cuz"}}, {"want to", []string{"wanna"}}, {"don't", []string{"dont"}},
	{"can't", []string{"cant"}}, {"I'm", []string{"im", "i am"}}, {"I'll", []string{"ill", "i will"}}, {"doesn't", []string{"doesnt"}}, {"didn't", []string{"didnt"}}, {"received", []string{"recieved", "got"}}, {"what's", []string{"whats", "what is"}},
	{"where's", []string{"wheres", "where is"}}, {"package", []string{"packege", "pkg", "parcel"}}, {"address", []string{"adress", "addy"}}, {"size", []string{"sz", "sizing"}}, {"thanks", []string{"thx", "ty"}}, {"tomorrow", []string{"tmr", "tmrw"}},
	{"shipping", []string{"shiping", "shippin"}}, {"refund", []string{"refnd", "rfd"}}, {"how much", []string{"hw much", "howmuch"}}, {"delivery", []string{"delivry", "dlvry"}}, {"return", []string{"retrun", "rtn"}}, {"order", []string{"oder", "ordr"}},
	{"没", []string{"莫得", "冇", "mei"}}, {"的话", []string{"的", ""}}, {"有没有", []string{"有木有", "有无", "有不有", "有"}}, {"行不行", []string{"中不中", "成不", "得不得"}}, {"不知道", []string{"布吉岛", "不造", "不晓得"}}, {"好吃", []string{"好次", "好恰"}}, {"店家", []string{"商家", "卖家", "mj"}}, {"小姐姐", []string{"xjj", "美眉", "小仙女"}},
	{"一下", []string{"下", "哈", "1下"}}, {"一点", []string{"点", "丢丢", "滴"}}, {"物流", []string{"wl", "快递信息"}}, {"宝贝", []string{"bb", "东东"}}, {"退换", []string{"退", "退换货"}}, {"赠品", []string{"zp", "送的东西"}}, {"包装", []string{"bz", "外包装"}}, {"怎么样", []string{"咋样", "zmy", "如何", "怎样"}},
}

// replace puts other wordings in the place of words, each with this chance.
func (s *speaker) replace(text string, by []wording, chance float64) string {
	for _, w := range by {
		if strings.Contains(text, w.word) && s.chance(chance) {
			text = strings.ReplaceAll(text, w.word, w.other[s.rand.IntN(len(w.other))])
		}
	}
	return text
}
