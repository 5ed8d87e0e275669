package shop

import (
	"fmt"
	"strings"
)

// said is one text in both languages.
type said struct{ zh, en string }

func (s said) in(language string) string {
	if language == "en" {
		return s.en
	}
	return s.zh
}

// statusTexts are about order %s.
var statusTexts = map[Status]said{
	Unpaid:    {"订单%s还未付款。", "Order %s is not paid yet."},
	Paid:      {"订单%s已付款，还未发货。", "Order %s is paid and not shipped yet."},
	Shipped:   {"订单%s已发货。", "Order %s has been shipped."},
	Delivered: {"订单%s已签收。", "Order %s has been delivered."},
	Refunding: {"订单%s正在退款。", "Order %s is being refunded."},
	Refunded:  {"订单%s已退款。", "Order %s has been refunded."},
	Cancelled: {"订单%s已取消。", "Order %s is cancelled."},
}

var (
	parcelText = said{"%s单号%s。", " %s, tracking number %s."}
	priceText  = said{"%s现价%s。", "%s costs %s."}
	stockText  = said{"%s有货。", "%s is in stock."}
	soldText   = said{"%s暂时缺货。", "%s is out of stock."}
)

// Say tells of an order.
func (o Order) Say(language string) string {
	text := fmt.Sprintf(statusTexts[o.Status].in(language), o.ID)
	if o.Tracking != "" && (o.Status == Shipped || o.Status == Delivered) {
		text += fmt.Sprintf(parcelText.in(language), o.Carrier, o.Tracking)
	}
	return strings.TrimSpace(text)
}

// SayPrice tells what an item costs; "" when the shop does not say.
func (i Item) SayPrice(language string) string {
	if i.Price == "" {
		return ""
	}
	return fmt.Sprintf(priceText.in(language), i.name(), i.Price)
}

// SayStock tells whether there is any left; "" when the shop does not say.
func (i Item) SayStock(language string) string {
	switch {
	case i.Stock == nil:
		return ""
	case *i.Stock == 0:
		return fmt.Sprintf(soldText.in(language), i.name())
	}
	return fmt.Sprintf(stockText.in(language), i.name())
}

func (i Item) name() string {
	if i.Name == "" {
		return i.SKU
	}
	return i.Name
}
