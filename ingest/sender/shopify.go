package sender

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// Kind shopify: orders/* and refunds/create of a Shopify shop. Only the body is
// signed, so the body alone decides what an event says; of the headers the
// topic and the event's id name it, which at worst names one thing twice.
// An order's body is its whole state: it also says again that it was paid, and
// each of its refunds. Of the rest of it nothing is kept: it is mostly names
// and addresses.

func newShopifyKind(c Config) (*Sender, error) {
	keys, err := c.secretBytes(1)
	if err != nil {
		return nil, err
	}
	m := shopifyMapper{conv: c.option(optConv, "conv_id"), user: c.option(optUser, defaultUser)}
	return &Sender{Verifier: &bodyMAC{"X-Shopify-Hmac-Sha256", keys}, Mapper: m}, nil
}

type shopifyMapper struct{ conv, user string } // names of note attributes

type shopifyOrder struct {
	ID              jsontext.Value `json:"id"`
	OrderID         jsontext.Value `json:"order_id"` // a refund's
	UpdatedAt       jsontext.Value `json:"updated_at"`
	ProcessedAt     jsontext.Value `json:"processed_at"`
	CancelledAt     jsontext.Value `json:"cancelled_at"`
	FinancialStatus string         `json:"financial_status"`
	TotalPrice      jsontext.Value `json:"total_price"` // before refunds
	Currency        jsontext.Value `json:"currency"`
	Test            jsontext.Value `json:"test"`
	Customer        struct {
		ID jsontext.Value `json:"id"`
	} `json:"customer"`
	NoteAttributes []attribute `json:"note_attributes"`
	DiscountCodes  []struct {
		Code jsontext.Value `json:"code"`
	} `json:"discount_codes"`
	LineItems []shopifyLine   `json:"line_items"`
	Refunds   []shopifyRefund `json:"refunds"`
}

type shopifyLine struct {
	ID            jsontext.Value `json:"id"`
	SKU           jsontext.Value `json:"sku"`
	VariantID     jsontext.Value `json:"variant_id"`
	Quantity      jsontext.Value `json:"quantity"`
	Price         jsontext.Value `json:"price"` // of one
	TotalDiscount jsontext.Value `json:"total_discount"`
}

type shopifyRefund struct {
	ID           jsontext.Value `json:"id"`
	OrderID      jsontext.Value `json:"order_id"`
	ProcessedAt  jsontext.Value `json:"processed_at"`
	CreatedAt    jsontext.Value `json:"created_at"`
	Transactions []struct {
		Kind   string         `json:"kind"`
		Status string         `json:"status"`
		Amount jsontext.Value `json:"amount"`
	} `json:"transactions"`
}

// shopifyShape spells the fields that a fault may name.
var shopifyShape = ingest.Shape{
	Names: map[string]ingest.Field{
		"total_price": ingest.FieldAmount, "currency": ingest.FieldCurrency, "updated_at": ingest.FieldTS, "line_items": ingest.FieldItems,
		"customer.id": ingest.FieldUserID, "discount_codes": ingest.FieldCoupon, "id": ingest.FieldOrderID,
	},
	Type: event.TypeOrder,
}

var shopifyRefundShape = ingest.Shape{
	Names: map[string]ingest.Field{"id": ingest.FieldRefundID, "transactions": ingest.FieldRefundAmount, "processed_at": ingest.FieldTS, "order_id": ingest.FieldOrderID},
	Type:  event.TypeOrder,
}

func (m shopifyMapper) Map(d ingest.Delivery) ingest.Mapped {
	topic := d.Header.Get("X-Shopify-Topic")
	if topic == "orders/delete" || topic != "" && !strings.HasPrefix(topic, "orders/") && topic != "refunds/create" {
		return ingest.Mapped{Ignored: "the topic is none of orders/create, paid, updated, cancelled and refunds/create"}
	}
	var o shopifyOrder
	if f := parse(d.Body, &o); f != nil {
		return ingest.Malformed(d, event.TypeOrder, f)
	}
	if given(o.OrderID) == nil {
		return ingest.Mapped{Items: m.order(d, &o, topic)}
	}
	var r shopifyRefund
	if f := parse(d.Body, &r); f != nil {
		return ingest.Malformed(d, event.TypeOrder, f)
	}
	if draft := r.event(r.OrderID); draft != nil {
		return ingest.Mapped{Items: []ingest.Item{draft.Item(d)}}
	}
	return ingest.Mapped{Ignored: "the refund gave no money back"}
}

// order is the state that the body describes, the payment before it, and its
// refunds.
func (m shopifyMapper) order(d ingest.Delivery, o *shopifyOrder, topic string) []ingest.Item {
	user := given(find(o.NoteAttributes, m.user), o.Customer.ID)
	status, paid := o.status()
	draft := ingest.NewDraft(&shopifyShape)
	draft.SetText(ingest.FieldEventID, o.eventID(d.Header, topic, status))
	draft.SetText(ingest.FieldStatus, string(status))
	draft.Set(ingest.FieldOrderID, o.ID)
	draft.Set(ingest.FieldUserID, user)
	draft.Set(ingest.FieldConvID, find(o.NoteAttributes, m.conv))
	draft.Set(ingest.FieldTS, o.UpdatedAt)
	draft.Set(ingest.FieldAmount, o.TotalPrice)
	draft.Set(ingest.FieldCurrency, o.Currency)
	draft.Set(ingest.FieldTest, o.Test)
	if len(o.DiscountCodes) > 0 {
		draft.Set(ingest.FieldCoupon, o.DiscountCodes[0].Code)
	}
	if o.FinancialStatus == "refunded" && o.Refunds == nil { // a subscription may leave them out
		draft.Set(ingest.FieldRefundedAmount, o.TotalPrice)
		draft.SetText(ingest.FieldStatus, string(higher(status, event.StatusRefunded)))
	}
	setItems(draft, o.lines())
	items := []ingest.Item{draft.Item(d)}
	if paid {
		if d2 := implied(&shopifyShape, idText(o.ID), user, o.ProcessedAt); d2 != nil {
			d2.Set(ingest.FieldTest, o.Test)
			items = append(items, d2.Item(d))
		}
	}
	for i := range o.Refunds {
		if refund := o.Refunds[i].event(given(o.Refunds[i].OrderID, o.ID)); refund != nil {
			items = append(items, refund.Item(d))
		}
	}
	return items
}

// higher keeps a cancelled order cancelled.
func higher(a, b event.Status) event.Status {
	if a == event.StatusCancelled {
		return a
	}
	return b
}

// status is the order's, and whether it was ever paid.
func (o *shopifyOrder) status() (status event.Status, paid bool) {
	switch o.FinancialStatus {
	case "paid", "partially_refunded", "refunded":
		status, paid = event.StatusPaid, true
	default: // pending, authorized, partially_paid, voided
		status = event.StatusCreated
	}
	if given(o.CancelledAt) != nil {
		status = event.StatusCancelled
	}
	return status, paid
}

// eventID is the vendor's, within its topic: two subscriptions share it. Where
// it is missing, the state that the body describes is its own name.
func (o *shopifyOrder) eventID(h http.Header, topic string, status event.Status) string {
	if id := h.Get("X-Shopify-Event-Id"); id != "" {
		return topic + ":" + id
	}
	return idText(o.ID) + ":" + ingest.TextOf(o.UpdatedAt) + ":" + string(status)
}

func (o *shopifyOrder) lines() []line {
	if o.LineItems == nil {
		return nil
	}
	lines := make([]line, len(o.LineItems))
	for i, l := range o.LineItems {
		lines[i] = line{ItemID: given(l.SKU, l.VariantID, l.ID), Quantity: given(l.Quantity), Amount: l.amount()}
	}
	return lines
}

// amount is the line's after its discounts; omitted when it cannot be told.
func (l *shopifyLine) amount() jsontext.Value {
	price, ok := amountOf(l.Price)
	n, err := strconv.ParseUint(string(l.Quantity), 10, 32)
	if !ok || err != nil || n > 0 && int64(price) > math.MaxInt64/int64(n)/2 {
		return nil
	}
	total := price * event.Money(n)
	if off, ok := amountOf(l.TotalDiscount); ok && off <= total {
		total -= off
	}
	return quoted(total.String())
}

// event is the same whether the refund comes by itself or within its order;
// nil when no money went back. It names no shopper, because by itself a refund
// does not.
func (r *shopifyRefund) event(order jsontext.Value) *ingest.Draft {
	draft := ingest.NewDraft(&shopifyRefundShape)
	var sum event.Money
	for _, t := range r.Transactions {
		if t.Kind != "refund" || t.Status != "success" {
			continue
		}
		amount, ok := amountOf(t.Amount)
		if !ok || amount > math.MaxInt64/2-sum {
			draft.Fail(event.ReasonBadField, ingest.FieldRefundAmount, "want amounts of money")
			amount = 0
		}
		sum += amount
		draft.SetText(ingest.FieldRefundAmount, sum.String())
	}
	if draft.Get(ingest.FieldRefundAmount) == nil {
		return nil
	}
	draft.SetText(ingest.FieldEventID, idText(order)+"#refund:"+idText(r.ID))
	draft.SetText(ingest.FieldStatus, string(event.StatusRefunded))
	draft.Set(ingest.FieldOrderID, order)
	draft.Set(ingest.FieldRefundID, r.ID)
	draft.Set(ingest.FieldTS, given(r.ProcessedAt, r.CreatedAt))
	return draft
}
