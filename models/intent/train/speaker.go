package train

import (
	"math/rand/v2"
	"strings"
)

// speaker says sentences of a grammar as people type: with a call before,
// something after, and slips.
type speaker struct {
	grammar *grammar
	rand    *rand.Rand
	b       strings.Builder
}

// say is one message of the intent with this number.
func (s *speaker) say(topic int) string {
	name := s.grammar.topics[topic]
	s.b.Reset()
	if s.chance(.15) {
		s.slot("call")
	}
	templates := s.grammar.templates[name]
	s.grammar.write(&s.b, templates[s.rand.IntN(len(templates))], s.rand)
	if s.chance(.25) {
		s.slot("tail")
	}
	text := s.b.String()
	if s.chance(.08) {
		text = s.mix(text)
	}
	return s.slip(text)
}

// borrowed are words that Chinese shoppers also say in English.
var borrowed = []struct{ chinese, english string }{
	{"优惠券", "coupon"}, {"优惠码", "promo code"}, {"折扣码", "code"}, {"打折", "discount"}, {"券", "coupon"},
	{"多少钱", "how much"}, {"价格", "price"}, {"有货", "in stock"}, {"现货", "stock"}, {"尺码", "size"}, {"码", "size"},
	{"颜色", "color"}, {"发货", "ship"}, {"快递单号", "tracking number"}, {"快递", "delivery"}, {"包裹", "package"},
	{"运费", "shipping fee"}, {"订单", "order"}, {"付款", "pay"}, {"下单", "order"}, {"买", "buy"}, {"退款", "refund"},
	{"退货", "return"}, {"换货", "exchange"}, {"发票", "invoice"}, {"客服", "agent"}, {"密码", "password"},
	{"账号", "account"}, {"链接", "link"}, {"页面", "page"}, {"质量", "quality"}, {"材质", "material"}, {"谢谢", "thanks"},
}

// mix says the words that have an English loan in English.
func (s *speaker) mix(text string) string {
	for _, w := range borrowed {
		if strings.Contains(text, w.chinese) && s.chance(.7) {
			text = strings.ReplaceAll(text, w.chinese, []string{w.english, " " + w.english + " "}[s.rand.IntN(2)])
		}
	}
	return text
}

func (s *speaker) slot(name string) {
	values := s.grammar.slots[name]
	s.grammar.write(&s.b, values[s.rand.IntN(len(values))], s.rand)
}

// slip drops a character now and then, or swaps two.
func (s *speaker) slip(text string) string {
	runes := []rune(text)
	if len(runes) < 5 {
		return text
	}
	if s.chance(.04) {
		i := s.rand.IntN(len(runes))
		runes = append(runes[:i], runes[i+1:]...)
	}
	if s.chance(.02) {
		i := s.rand.IntN(len(runes) - 1)
		runes[i], runes[i+1] = runes[i+1], runes[i]
	}
	return string(runes)
}

func (s *speaker) chance(p float64) bool { return s.rand.Float64() < p }
