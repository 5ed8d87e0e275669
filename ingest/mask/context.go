package mask

import (
	"slices"
	"strings"
)

// reach is how many bytes before a number are read for words about it.
const reach = 80

// connectors may stand between a word and the number that it announces.
// Longer ones first.
var connectors = []string{
	"号码", "是", "为", "號", "号", "码", " ", "\t", "\u00a0", "　", ":", "：", "=", "#", "＃", "(", "（", "\"", "“", "'", "‘", "【", "[", "/", ".", "*",
	"number", "num", "no", "id", "is", "at", "on", "me", "my", "us", "was", "to",
}

// The words before a number that say what it is.
var (
	idWords = []string{
		"单号", "编号", "货号", "款号", "型号", "序列号", "串号", "流水号", "交易号", "条码", "条形码", "批号", "批次", "发票号", "税号", "券码",
		"兑换码", "取件码", "提货码", "验证码", "核销码", "会员号", "运单", "快递单", "工单", "商品id", "商品ID", "店铺id", "店铺ID",
		"order", "tracking", "invoice", "reference", "ref", "serial", "imei", "sku", "item", "product", "waybill", "ticket", "coupon", "code", "transaction",
		"parcel", "shipment", "sn", "barcode", "ean", "upc", "batch", "case",
	}
	orderWords  = []string{"订单", "快递", "物流", "包裹", "商品", "链接", "店铺", "店"}
	phoneWords  = []string{"电话", "手机", "联系方式", "座机", "固话", "致电", "拨打", "传真", "联系人", "联系", "tel", "phone", "telephone", "mobile", "mob", "cell", "cellphone", "whatsapp", "call", "dial", "text", "fax", "contact", "ph"}
	cardWords   = []string{"卡号", "银行卡", "储蓄卡", "信用卡", "借记卡", "账号", "帐号", "账户", "卡", "card", "visa", "mastercard", "debit", "credit", "account"}
	idCardWords = []string{"身份证", "证件", "idcard", "identity", "id card", "identity card"}
	glued       = []string{"tel", "phone", "mobile", "mob", "cell", "call", "ph", "whatsapp", "wechat", "weixin", "vx", "wx", "v", "qq", "t", "p", "m", "is", "at", "id", "card", "visa", "x"}
)

func idBefore(s string, start int) bool     { return announced(s, start, idWords) }
func phoneBefore(s string, start int) bool  { return announced(s, start, phoneWords) }
func cardBefore(s string, start int) bool   { return announced(s, start, cardWords) }
func idCardBefore(s string, start int) bool { return announced(s, start, idCardWords) }
func orderBefore(s string, start int) bool  { return announced(s, start, orderWords) }

// announced reports whether one of the words, and after it nothing but
// connectors, stands before start.
func announced(s string, start int, words []string) bool {
	head := s[max(0, start-reach):start]
	for range 8 {
		if endsWith(head, words) > 0 {
			return true
		}
		n := endsWith(head, connectors)
		if n == 0 {
			return false
		}
		head = head[:len(head)-n]
	}
	return false
}

// endsWith is the length of the first of the words that head ends with, letters
// in any case, or 0. A word in letters must be a whole one.
func endsWith(head string, words []string) int {
	for _, word := range words {
		if len(head) < len(word) {
			continue
		}
		at := len(head) - len(word)
		if !equalFold(head[at:], word) {
			continue
		}
		if r, _ := before(head, at); isLetter(r) && isLetter(rune(word[0])) {
			continue
		}
		return len(word)
	}
	return 0
}

// equalFold compares strings of one length; word is in lower case where it is
// ASCII.
func equalFold(s, word string) bool {
	for i := range len(word) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		w := word[i]
		if w >= 'A' && w <= 'Z' {
			w |= 0x20
		}
		if c != w {
			return false
		}
	}
	return true
}

// wordBefore is the run of ASCII letters that ends at i.
func wordBefore(s string, i int) string {
	start := i
	for start > 0 && isLetter(rune(s[start-1])) {
		start--
	}
	return s[start:i]
}

// wordAfter is the run of ASCII letters that starts at i.
func wordAfter(s string, i int) string {
	end := i
	for end < len(s) && isLetter(rune(s[end])) {
		end++
	}
	return s[i:end]
}

// idWord reports whether letters glued to a number make an identifier of it:
// "SF138...", "sku138...". People glue tel and the like to their numbers.
func idWord(word string) bool {
	if slices.ContainsFunc(glued, func(known string) bool { return strings.EqualFold(word, known) }) {
		return false
	}
	return word == strings.ToUpper(word) || slices.ContainsFunc(idWords, func(known string) bool { return strings.EqualFold(word, known) }) || strings.EqualFold(word, "ord") || strings.EqualFold(word, "no")
}

// inLink reports whether start lies in a link, where numbers are the link's
// business, unless its parameter is named after a phone.
func inLink(s string, start int) bool {
	from := start
	for from > max(0, start-512) && s[from-1] > ' ' && s[from-1] < 0x80 {
		from--
	}
	link := s[from:start]
	if !strings.Contains(link, "://") && !strings.Contains(link, "www.") {
		return false
	}
	return endsWith(strings.TrimSuffix(link, "="), phoneWords) == 0
}
