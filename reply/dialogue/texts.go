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
	sayFee:         {Chinese: "运费按收货地在结算页显示。您要寄到哪里？", English: "Checkout shows the shipping fee for your address. Where should it go?"},
	sayFeeTo:       {Chinese: "填好收货地址，结算页就会显示运费。这样可以吗？", English: "Fill in the address and checkout shows the fee. Is that all right?"},
	sayFeeDone:     {Chinese: "好的，还有问题随时问我。", English: "Good. Ask me anything else at any time."},
	sayAddress:     {Chinese: "好的，请发订单号和新的收货地址。", English: "Please send the order number and the new address."},
	sayAddressSent: {Chinese: "收到新地址，请再发一下订单号。", English: "I have the new address. Which order number is it?"},
	sayOrderSent:   {Chinese: "收到订单号，请再发一下新的收货地址。", English: "I have the order number. What is the new address?"},
	sayAddressBoth: {Chinese: "确认修改这个订单的地址吗？回复“确认”或“取消”。", English: "Change this order's address? Reply \"confirm\" or \"cancel\"."},
	sayAddressDone: {Chinese: "已登记，客服会与您核对订单和新地址。", English: "Noted. An agent will check the order and the new address with you."},
	sayCancelled:   {Chinese: "好的，已取消。", English: "All right, cancelled."},
}

// The questions that are asked back, around the two meanings.
var (
	askChinese = [3]string{"您是想了解", "还是", "？"}
	askEnglish = [3]string{"Is it about \"", "\" or \"", "\"?"}
	askAgain   = Text{Chinese: "能再具体说一下吗？比如商品、订单、物流还是退换？", English: "Could you say more? Is it a product, an order, delivery or a return?"}
)

// say is the machine's text after it heard one, and whether an agent has to do
// the rest.
func (m *memory) say(english bool, rules *Rules) (text string, needsAgent bool) {
	name := sayCancelled
	switch {
	case m.state == Logistics && m.slots.Place != "":
		name = sayFeeTo
	case m.state == Logistics:
		name = sayFee
	case m.state == Address:
		name = addressText(m.slots)
	case m.state == Complete && m.was == Address:
		name, needsAgent = sayAddressDone, true
	case m.state == Complete:
		name = sayFeeDone
	}
	return pick(english, rules.text(name)), needsAgent
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
