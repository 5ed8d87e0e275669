package dialogue

import "askbuy/models/intent"

// Text is what is said, in both languages.
type Text = intent.Label

func pick(english bool, t Text) string {
	if english {
		return t.English
	}
	return t.Chinese
}

// Names of the machine's texts, which a file of rules may replace.
const (
	sayFee         = "fee"          // LOGISTICS begins
	sayFeeTo       = "fee_place"    // the place is named
	sayFeeDone     = "fee_done"     // confirmed
	sayAddress     = "address"      // ADDRESS begins: neither order nor address is known
	sayAddressSent = "address_sent" // the address is there, the order is not
	sayOrderSent   = "order_sent"   // the other way round
	sayAddressBoth = "address_both" // both are there
	sayAddressDone = "address_done" // confirmed
	sayCancelled   = "cancelled"
)

// shippedTexts promise nothing that an agent or the shop's pages do not keep.
var shippedTexts = map[string]Text{
	sayFee:         {Chinese: "运费按收货地在结算页显示。您要寄到哪里？", English: "Checkout shows the fee. Where should it go?"},
	sayFeeTo:       {Chinese: "填好收货地址，结算页就会显示运费。这样可以吗？", English: "Checkout shows the fee for it. Is that all right?"},
	sayFeeDone:     {Chinese: "好的，还有问题随时问我。", English: "Good. Ask me anything else at any time."},
	sayAddress:     {Chinese: "好的，请发订单号和新的收货地址。", English: "Please send the order number and the new address."},
	sayAddressSent: {Chinese: "收到新地址，请再发一下订单号。", English: "I have the address. Which order number is it?"},
	sayOrderSent:   {Chinese: "收到订单号，请再发一下新的收货地址。", English: "I have the order. What is the new address?"},
	sayAddressBoth: {Chinese: "确认修改这个订单的地址吗？回复“确认”或“取消”。", English: "Change its address? Reply \"confirm\" or \"cancel\"."},
	sayAddressDone: {Chinese: "已登记，客服会与您核对订单和新地址。", English: "Noted. An agent will check it with you."},
	sayCancelled:   {Chinese: "好的，已取消。", English: "All right, cancelled."},
}

// The questions that are asked back, around the two meanings.
var (
	askChinese = [3]string{"您是想了解", "还是", "？"}
	askEnglish = [3]string{"Do you mean ", " or ", "?"}
	askAgain   = Text{Chinese: "能再具体说一下吗？比如商品、订单、物流还是退换？", English: "Is it a product, an order, delivery or a return?"}
)

// englishNames are short enough for two of them in a question of fifty
// characters.
var englishNames = map[string]string{
	"product_query": "product details", "recommendation": "advice", "size_query": "sizes", "option_change": "another option",
	"stock_query": "stock", "restock_query": "a restock", "price_query": "the price", "bargain": "a discount",
	"coupon_query": "coupons", "bulk_purchase": "a bulk order", "shipping_query": "shipping", "return_policy": "return terms",
	"checkout_help": "the checkout", "purchase_commit": "an order", "purchase_claim": "a purchase", "logistics": "a parcel's way",
	"order_change": "an order change", "return_refund": "a return", "quality_issue": "a faulty item", "invoice": "an invoice",
	"fault_report": "a page fault", "account_help": "your account",
}

// say is the machine's text after it heard one, whether an agent has to do the
// rest, and whether the text is a general one.
func (m *memory) say(english bool, rules *Rules) (text string, needsAgent, general bool) {
	name := sayCancelled
	switch {
	case m.state == Logistics && m.slots.Place != "":
		name = sayFeeTo
	case m.state == Logistics:
		name = sayFee
		general = !rules.has(sayFee)
	case m.state == Address:
		name = addressText(m.slots)
	case m.state == Complete && m.was == Address:
		name, needsAgent = sayAddressDone, true
	case m.state == Complete:
		name = sayFeeDone
	}
	return pick(english, rules.text(name)), needsAgent, general
}

func addressText(s Slots) string {
	switch {
	case s.HasAddress && s.Order != "":
		return sayAddressBoth
	case s.HasAddress:
		return sayAddressSent
	case s.Order != "":
		return sayOrderSent
	}
	return sayAddress
}
