package simulator

import "strings"

// act is what a message does in its conversation.
type act int

const (
	actGreet act = iota
	actSpec
	actPrice
	actBargain
	actCoupon
	actStock
	actShipping
	actSize
	actCheckout
	actCommit
	actHesitate
	actLogistics
	actAfterSale
	actChat
	actClaim
	acts int = iota
)

// actNames are for the truth's files.
var actNames = [acts]string{"greet", "spec", "price", "bargain", "coupon", "stock", "shipping", "size",
	"checkout", "commit", "hesitate", "logistics", "after_sale", "chat", "claim"}

// class is the latent kind of a conversation; nobody outside is told.
type class struct {
	share       float64         // of all conversations
	order       float64         // probability of an order
	stay        float64         // probability of another message
	cart        float64         // probability of a cart after the last message
	looks       float64         // mean number of behaviours before the first message
	does        float64         // mean number of behaviours before each later one
	early, late [acts]float64   // weights of acts in the first and the later messages
	behaviors   [doings]float64 // weights of what those behaviours are
}

// windowShopper is the class that boasters belong to more often.
const windowShopper = 2

// The classes: service, idle, window-shopper, considering, ready.
var classes = []class{
	//                                   gr  sp  pr  ba  co  st  sh  si  ch  cm  he  lo  as  ct  cl
	{.24, .012, .75, .02, .4, .05, [acts]float64{10, 1, 1, 0, 1, 0, 2, 1, 1, 1, 0, 35, 30, 12, 1}, [acts]float64{2, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 28, 36, 22, 2},
		[doings]float64{70, 10, 10, 3, 2, 2, 1}},
	{.30, .03, .55, .05, .9, .15, [acts]float64{14, 22, 16, 6, 6, 4, 5, 3, 1, 1, 10, 1, 1, 8, 0}, [acts]float64{2, 10, 10, 5, 4, 2, 3, 2, 1, 1, 25, 1, 1, 20, 1},
		[doings]float64{50, 20, 20, 5, 2, 2, 0}},
	{.10, .05, .80, .35, 1.5, .35, [acts]float64{8, 10, 18, 20, 12, 5, 4, 4, 2, 6, 7, 1, 1, 6, 4}, [acts]float64{2, 5, 10, 20, 8, 4, 3, 3, 4, 14, 12, 1, 1, 14, 12},
		[doings]float64{40, 20, 12, 16, 4, 8, 1}},
	{.22, .20, .72, .30, 1.2, .35, [acts]float64{9, 24, 10, 8, 8, 8, 10, 8, 2, 1, 4, 1, 1, 6, 0}, [acts]float64{2, 14, 7, 9, 8, 8, 10, 8, 5, 5, 9, 1, 1, 14, 1},
		[doings]float64{35, 25, 15, 10, 10, 8, 2}},
	{.14, .62, .74, .60, 1.5, .6, [acts]float64{7, 12, 7, 6, 9, 13, 15, 10, 8, 5, 1, 1, 0, 5, 0}, [acts]float64{2, 5, 3, 4, 7, 8, 14, 7, 16, 20, 1, 1, 1, 16, 2},
		[doings]float64{25, 25, 8, 8, 12, 25, 15}},
}

// language chooses among an act's sentences.
type language int

const (
	chinese language = iota
	english
	mixed
	languages int = iota
)

// sentences are by act and language; a name in braces is filled from fillers.
var sentences = [acts][languages][]string{
	actGreet:     {{"在吗", "你好呀", "{call}有人吗", "老板在不在"}, {"hi there", "hello, anyone around?", "good evening"}, {"hello 在吗", "hi {call}"}},
	actSpec:      {{"这款{item}是什么面料的", "{item}有没有{colour}的", "{item}会掉色吗", "这个和上一款有啥区别"}, {"what is the {item} made of?", "does the {item} come in {colour}?", "is it machine washable"}, {"这个 {item} 是 cotton 的吗", "{colour} 的 {item} 还会出吗"}},
	actPrice:     {{"这件{item}多少钱", "现在什么价", "{item}到手价是多少", "便宜卖不卖"}, {"how much is the {item}?", "what's the price now", "price please"}, {"{item} 现在 price 多少", "how much 啊这个"}},
	actBargain:   {{"便宜点嘛", "{number}块卖不卖", "再少{number}我就拿下", "能不能抹个零"}, {"can you do {number}?", "any room on the price?", "lower it a bit please"}, {"{number} 行不行 ok?", "give me a discount 嘛"}},
	actCoupon:    {{"有优惠券吗", "新人券怎么领", "满减能和券一起用吗", "直播间那个券还有吗"}, {"any coupon for new customers?", "does the voucher still work", "where do I get the coupon"}, {"有没有 coupon", "promo code 还能用吗"}},
	actStock:     {{"{colour}的还有货吗", "{size}码什么时候补", "{item}现货吗", "还剩几件"}, {"is {colour} in stock?", "do you still have size {size}", "when will the {item} be back"}, {"size {size} 有货吗", "{colour} 还有 stock 吗"}},
	actShipping:  {{"今天拍今天能发吗", "发什么快递", "寄到{city}几天到", "包邮吗"}, {"can it ship today?", "how long to {city}?", "is delivery free"}, {"这件{item} size {size} 能发到{city}吗?", "ship 到{city}要几天"}},
	actSize:      {{"身高{height}穿什么码", "{size}码会不会显胖", "偏大还是偏小", "胸围多少"}, {"I'm {height} cm, which size?", "does it run small?", "is {size} loose"}, {"{height} cm 选 {size} 可以吗", "会不会 too tight"}},
	actCheckout:  {{"怎么付款", "可以用花呗吗", "地址填错了能改吗", "付款页打不开怎么下单"}, {"how do I pay?", "can I change the address before paying", "do you take cards"}, {"可以用 PayPal 付款吗", "checkout 怎么改地址"}},
	actCommit:    {{"好的我现在下单", "就要{colour}的{size}码，拍了", "行，我拿下了", "马上付款"}, {"ok, ordering now", "I'll take the {colour} one", "great, placing the order"}, {"ok 我下单了", "就要 {size}，buy 了"}},
	actHesitate:  {{"我再想想", "等发工资再说", "看看别家", "有点犹豫"}, {"let me think about it", "maybe next month", "I'll look around first"}, {"再 think 一下", "maybe 下次吧"}},
	actLogistics: {{"我的订单还没发货", "快递到哪了", "怎么三天没动静", "能催一下物流吗"}, {"where is my parcel?", "my order has not shipped yet", "tracking does not move"}, {"tracking number 查不到", "我的 order 到哪了"}},
	actAfterSale: {{"收到有破损怎么办", "想退货", "尺码不合适能换吗", "开票信息写错了"}, {"it arrived damaged", "I want to return it", "can I swap the size"}, {"想 return 这个", "refund 什么时候到"}},
	actClaim:     {{"我已经拍了", "刚下单了哦", "昨天就付款了", "我买好了"}, {"I already ordered it", "just paid for it"}, {"我已经 order 了", "已经 paid 了哦"}},
	actChat:      {{"哈哈哈", "好滴", "嗯嗯", "谢谢{call}"}, {"thanks", "haha ok", "got it"}, {"ok 谢谢", "好的 thx"}},
}

var fillers = map[string][]string{
	"call":   {"亲", "老板", "小姐姐", "客服"},
	"item":   {"T恤", "外套", "牛仔裤", "连衣裙", "卫衣", "运动鞋"},
	"colour": {"黑色", "白色", "雾蓝", "焦糖色", "red", "navy"},
	"size":   {"S", "M", "L", "XL"},
	"city":   {"泰国", "成都", "乌鲁木齐", "Bangkok", "上海"},
	"number": {"50", "88", "99", "120"},
	"height": {"158", "165", "172", "180"},
}

var botReplies = [languages][]string{
	{"亲，在的哦", "这款现货，当天发", "领券下单立减", "已经帮您登记"},
	{"Hello! How can I help?", "It is in stock and ships today.", "A coupon is on the product page."},
	{"亲，in stock 哦", "OK，已为您登记"},
}

var agentReplies = [languages][]string{
	{"您好，我是人工客服", "我帮您查一下"}, {"This is a human now, one moment."}, {"您好, let me check"},
}

var tails = []string{"", "", "", "", "~", "？", "！", "😊", " 谢谢"}

// say writes a sentence for an act.
func say(s stream, a act, l language) string {
	return fill(s, one(s, sentences[a][l])) + one(s, tails)
}

func fill(s stream, sentence string) string {
	for {
		open := strings.IndexByte(sentence, '{')
		if open < 0 {
			return sentence
		}
		end := strings.IndexByte(sentence, '}')
		sentence = sentence[:open] + one(s, fillers[sentence[open+1:end]]) + sentence[end+1:]
	}
}

// canaries are personal data, all made up: found anywhere behind the door,
// they show that masking failed.
var canaries = []string{"13800138000", "18612345678", "li.xiaoming@example.com", "11010519491231002X", "6222020200112230954"}

// confide adds personal data to a text.
func confide(s stream, text string) string {
	return text + "，联系 " + one(s, canaries) + " 谢谢"
}
