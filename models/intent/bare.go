package intent

import "strings"

// What follows a number that is none of a size or of money: it counts
// something.
const counters = "天年月日岁点分秒次人小时寸平克毫瓦度页级层位米升片张期折楼室栋单公里厘份周星号斤袋件个%％GgTtMmWwKkCcHhVv"

// offers are what follows a price that a shopper names.
var offers = []string{"行不", "行吗", "行就", "卖不", "卖吗", "卖我", "可以吗", "可以不", "成交", "包邮", "出不", "带走", "拿下", "一口价", "给我", "成不", "我就", "ok吗", "得了"}

// bare says what a number without a unit, text[from:to], is of by the words
// about it; "" when they do not say.
func (c *cues) bare(text string, from, to int) string {
	s, after := text[from:to], strings.TrimPrefix(text[to:], " ")
	if counted(after) {
		return ""
	}
	whole, _, _ := strings.Cut(s, ".")
	near := from-c.numberEnd <= reach
	switch {
	case c.number == cueSize && near && (whole >= "20" && whole <= "60" && len(whole) == 2 || c.numberEnd == from-1 && len(whole) <= 2):
		return "size"
	case len(whole) == 2 && whole >= "33" && whole <= "47" && (strings.HasPrefix(after, "的") || strings.HasPrefix(after, "鞋")):
		return "size"
	case len(whole) < 2 || len(whole) > 6:
		return ""
	case c.number == cueAmount && near:
		return "amount"
	}
	for _, offer := range offers {
		if strings.HasPrefix(after, offer) {
			return "amount"
		}
	}
	return ""
}

func counted(after string) bool {
	if after == "" {
		return false
	}
	r, width := decode(after)
	return strings.ContainsRune(counters, r) && (width > 1 || len(after) == 1 || !isWord(after[1]) || isDigit(after[1]))
}

// shades are the characters that may name a colour alone.
const shades = "黑白红蓝绿黄粉灰紫棕橙橘"

// shade reports the colour that one character, text[from:to], names: "红的", "换
// 成蓝", "这个绿". Elsewhere it is a part of a word.
func shade(text string, from, to int) string {
	if to-from != 3 || !strings.Contains(shades, text[from:to]) {
		return ""
	}
	for _, after := range [...]string{"的", "款", "有点"} {
		if strings.HasPrefix(text[to:], after) {
			return "colour"
		}
	}
	for _, before := range [...]string{"成", "这个", "那个", "选", "要个"} {
		if strings.HasSuffix(text[:from], before) {
			return "colour"
		}
	}
	return ""
}
