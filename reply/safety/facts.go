package safety

import (
	"regexp"
	"slices"
	"strings"
)

// claim is a kind of statement that only a provider may make: the pattern finds
// it, the part named "fact" is what has to stand in a known text.
type claim struct {
	kind    string
	pattern *regexp.Regexp
}

// claims see the text in lower case, half-width, with single spaces.
var claims = []claim{
	{"order state", regexp.MustCompile(`已经?(为您|帮您|给您)?(?P<fact>发货|发出|寄出|签收|揽收|派送|退款|退回|到账|付款|取消|出库|送达|妥投|受理退款|补发|下单成功)`)},
	{"order state", regexp.MustCompile(`(?P<fact>(还|尚|暂)?(未|没有?)(发货|发出|寄出|签收|付款|退款|到账|出库))`)},
	{"order state", regexp.MustCompile(`(?P<fact>(正在|在)(派送|配送|运输|路上|途中|打包|备货)|运输中|派送中|配送中|待发货|待付款|退款中|备货中|到达.{0,8}(站|中心|仓|网点))`)},
	{"order state", regexp.MustCompile(`\b(has|have|was|were|is|been|already|hasn't|haven't|wasn't|isn't|your order|your parcel|your package|it|got|just)\b.{0,12}\b(?P<fact>shipped|dispatched|delivered|refunded|cancell?ed|paid|out for delivery|in transit|sent out|on its way|on the way)`)},
	{"time", regexp.MustCompile(`(?P<fact>(今天|明天|后天|今晚|本周|下周|周[一二三四五六日天]|[0-9一二两三四五六七八九十]+ ?(个)?(天|小时|工作日|分钟)(之?内|后|左右)?)(就|会|能|可|可以|即可|前|必|一定)?.{0,3}(到|发货|发出|送达|到账|退款|寄出|签收|派送|收到))`)},
	{"time", regexp.MustCompile(`\b(arrive|arrives|delivered|ship|ships|shipped|refunded|refund|get it|there|receive it|deliver)\b.{0,15}\b(?P<fact>today|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|within|by [0-9a-z]+|in [0-9a-z]+ (hours?|days?|weeks?))`)},
	{"price", regexp.MustCompile(`(?P<fact>[¥￥$€£] ?[0-9][0-9.,]*|[0-9][0-9.,]* ?(元|块钱?|rmb|cny|usd|yuan|dollars?|圆))`)},
	{"price", regexp.MustCompile(`(?P<fact>[零一二两三四五六七八九十百千万]{1,8}(元|块钱?))`)},
	{"price", regexp.MustCompile(`(?P<fact>[0-9一二三四五六七八九][0-9.]? ?折|打.折|满 ?[0-9]+ ?(减 ?[0-9]*|送|包邮|免)|立减 ?[0-9]*|[0-9]+ ?% ?(off|discount)|半价|half price|买一送一|buy one get one|免费送|全额赔|赔偿|free gift|包邮|免邮|免运费|free shipping|free delivery)`)},
	{"stock", regexp.MustCompile(`(?P<fact>没有现?货|有现?货|没货|缺货|断货|售罄|无货|卖完|库存(充足|紧张|不足|还有|有)|仅剩|只剩|还剩|现货)`)},
	{"stock", regexp.MustCompile(`\b(?P<fact>(in|out of) stock|sold out|(only )?[0-9]+ (left|remaining|available)|available|unavailable|plenty left)`)},
	{"tracking", regexp.MustCompile(`\b(?P<fact>[0-9a-z]{0,6}[0-9]{8,})`)},
	{"promise", regexp.MustCompile(`(?P<fact>(我|这边|本店|我们)?(已经?|马上|立刻|现在)?(帮|给|为)(你|您)(办理|申请|修改|取消|退款|下单|改|处理|登记)?(好了|完成|成功|完毕|了))`)},
	{"promise", regexp.MustCompile(`\b(?P<fact>i('ve| have| just|'ll| will)( now| just| already)? (refund|cancel|chang|updat|ship|sent|issu|process|credit)[a-z]*)`)},
	{"link", regexp.MustCompile(`(?P<fact>www\.|[a-z0-9-]+\.(com|cn|net|shop|top|vip)\b)`)},
}

// hedges before a claim make a condition or a question of it, or say that it
// cannot be known.
var hedges = regexp.MustCompile(`(如果|若|假如|倘若|要是|是否|有没有|有无|能否|查看|查询|查一下|确认|请问|什么时候|何时|哪天|无法|不能|不确定|不知道|不清楚|\bif|\bwhether|\bonce|\bwhen|\bunless|\bcan't|\bcannot|\bnot sure|\bcheck)[^。！!.;；\n]{0,14}$`)

// denied is what turns a claim round. It sees a text without spaces.
var denied = regexp.MustCompile(`(not|n't|never|un|yettobe|没|未|无|非|不)(yet|been|be)*$`)

// invented is the first claim of a reply that no known text makes, or "".
// Numbers count as said when a known text has the same number with the same
// sign or unit.
func invented(reply string, known []string) string {
	flat, _ := flatten(reply)
	said := make([]string, len(known))
	for i, text := range known {
		said[i], _ = flatten(text)
		said[i] = spaceless(said[i])
	}
	for _, c := range claims {
		group := c.pattern.SubexpIndex("fact")
		for _, at := range c.pattern.FindAllStringSubmatchIndex(flat, -1) {
			fact, before := spaceless(flat[at[2*group]:at[2*group+1]]), flat[:at[2*group]]
			if c.hedged(before) || slices.ContainsFunc(said, func(text string) bool { return states(text, fact, denies(spaceless(before))) }) {
				continue
			}
			return c.kind + ": " + fact
		}
	}
	return ""
}

// hedged reports whether what stands before a claim takes it back. A number
// remains a number, however it is introduced.
func (c claim) hedged(before string) bool {
	switch c.kind {
	case "order state", "stock", "promise":
		return hedges.MatchString(end(before, 120))
	}
	return false
}

func denies(before string) bool { return denied.MatchString(end(before, 24)) }

// end is the last n bytes of a text: all that a pattern that ends with it needs.
func end(text string, n int) string { return text[max(0, len(text)-n):] }

func spaceless(text string) string { return strings.ReplaceAll(text, " ", "") }

// states reports whether a text makes a claim: in its words, denied or not
// denied as it is, and with no more digits before or after.
func states(text, fact string, isDenied bool) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], fact)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(fact)
		partOfNumber := begin > 0 && digitAt(text, begin-1) && digitAt(fact, 0) || end < len(text) && digitAt(text, end) && digitAt(fact, len(fact)-1)
		if !partOfNumber && denies(text[:begin]) == isDenied {
			return true
		}
		from = begin + 1
	}
}

func digitAt(s string, i int) bool { return s[i] >= '0' && s[i] <= '9' || s[i] == '.' }
