package sender

import (
	"bytes"
	"math"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// Kind woocommerce: order.created and order.updated of a WooCommerce shop.
// Only the body is signed. The delivery id names nothing: it is made of the
// clock's second, so two deliveries may share it and a repetition has another;
// an order's state names itself. Of the body nothing else is kept: it is mostly
// names and addresses.

const wooSignature = "X-Wc-Webhook-Signature"

func newWooKind(c Config) (*Sender, error) {
	keys, err := c.secretBytes(1)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		keys[i] = []byte(specialChars.Replace(string(key)))
	}
	return &Sender{
		Verifier: &wooVerifier{bodyMAC{wooSignature, keys}},
		Mapper:   wooMapper{conv: c.option(optConv, "conv_id"), user: c.option(optUser, defaultUser)},
		Form:     true,
	}, nil
}

// specialChars undoes what WordPress does to a secret that is typed into its
// form: the plug-in signs with the characters themselves.
var specialChars = strings.NewReplacer("&lt;", "<", "&#060;", "<", "&gt;", ">", "&#062;", ">", "&quot;", `"`, "&#034;", `"`, "&#x22;", `"`,
	"&#039;", "'", "&#39;", "'", "&#x27;", "'", "&amp;", "&", "&#038;", "&", "&#x26;", "&")

// wooVerifier lets the ping through that is sent, unsigned, when a webhook is
// saved: it says nothing, and the webhook stays off unless it is answered 200.
type wooVerifier struct{ bodyMAC }

func (v *wooVerifier) Verify(h http.Header) (ingest.Proof, error) {
	proof, err := v.bodyMAC.Verify(h)
	if err == nil || len(h.Values(wooSignature)) > 0 {
		return proof, err
	}
	return ingest.Proof{Body: func(body []byte) error {
		if isPing(body) {
			return nil
		}
		return err
	}}, nil
}

// isPing knows webhook_id=N.
func isPing(body []byte) bool {
	digits, ok := bytes.CutPrefix(body, []byte("webhook_id="))
	return ok && len(digits) > 0 && len(digits) <= 20 && len(bytes.Trim(digits, "0123456789")) == 0
}

type wooMapper struct{ conv, user string } // keys of meta data

type wooOrder struct {
	ID          jsontext.Value `json:"id"`
	Status      string         `json:"status"`
	ModifiedGMT jsontext.Value `json:"date_modified_gmt"`
	CreatedGMT  jsontext.Value `json:"date_created_gmt"`
	PaidGMT     jsontext.Value `json:"date_paid_gmt"`
	Total       jsontext.Value `json:"total"` // before refunds
	Currency    jsontext.Value `json:"currency"`
	CustomerID  jsontext.Value `json:"customer_id"` // 0: a guest
	MetaData    []attribute    `json:"meta_data"`
	CouponLines []struct {
		Code jsontext.Value `json:"code"`
	} `json:"coupon_lines"`
	LineItems []struct {
		ID          jsontext.Value `json:"id"`
		SKU         jsontext.Value `json:"sku"`
		ProductID   jsontext.Value `json:"product_id"`
		VariationID jsontext.Value `json:"variation_id"` // 0: none
		Quantity    jsontext.Value `json:"quantity"`
		Total       jsontext.Value `json:"total"`
	} `json:"line_items"`
	Refunds []struct {
		Total jsontext.Value `json:"total"` // "-10.00"
	} `json:"refunds"`
}

var wooShape = ingest.Shape{
	Names: map[string]ingest.Field{
		"total": ingest.FieldAmount, "currency": ingest.FieldCurrency, "date_modified_gmt": ingest.FieldTS, "line_items": ingest.FieldItems,
		"customer_id": ingest.FieldUserID, "coupon_lines": ingest.FieldCoupon, "id": ingest.FieldOrderID, "refunds": ingest.FieldRefundedAmount,
	},
	Type: event.TypeOrder,
}

func (m wooMapper) Map(d ingest.Delivery) ingest.Mapped {
	if isPing(d.Body) {
		return ingest.Mapped{Ignored: "a ping"}
	}
	if resource := d.Header.Get("X-Wc-Webhook-Resource"); resource != "" && resource != "order" {
		return ingest.Mapped{Ignored: "the resource is no order"}
	}
	var o wooOrder
	if f := parse(d.Body, &o); f != nil {
		return ingest.Malformed(d, event.TypeOrder, f)
	}
	if given(o.ID) != nil && o.Status == "" {
		return ingest.Mapped{Ignored: "a deleted order tells nothing of what happened to it"}
	}
	user := given(find(o.MetaData, m.user), unlessZero(o.CustomerID))
	items := []ingest.Item{o.draft(user, find(o.MetaData, m.conv)).Item(d)}
	if paid := implied(&wooShape, idText(o.ID), user, utc(o.PaidGMT)); paid != nil {
		items = append(items, paid.Item(d))
	}
	return ingest.Mapped{Items: items}
}

func (o *wooOrder) draft(user, conv jsontext.Value) *ingest.Draft {
	draft := ingest.NewDraft(&wooShape)
	at := given(utc(o.ModifiedGMT), utc(o.CreatedGMT))
	draft.SetText(ingest.FieldEventID, "order:"+idText(o.ID)+":"+ingest.TextOf(at)+":"+o.Status)
	draft.Set(ingest.FieldOrderID, o.ID)
	draft.SetText(ingest.FieldStatus, string(o.status(draft)))
	draft.Set(ingest.FieldUserID, user)
	draft.Set(ingest.FieldConvID, conv)
	draft.Set(ingest.FieldTS, at)
	draft.Set(ingest.FieldAmount, o.Total)
	draft.Set(ingest.FieldCurrency, o.Currency)
	if len(o.CouponLines) > 0 {
		draft.Set(ingest.FieldCoupon, o.CouponLines[0].Code)
	}
	setItems(draft, o.lines())
	return draft
}

// status is the order's; what was refunded so far goes into the draft.
func (o *wooOrder) status(draft *ingest.Draft) event.Status {
	var refunded event.Money
	for _, r := range o.Refunds {
		amount, ok := amountOf(quoted(strings.TrimPrefix(ingest.TextOf(r.Total), "-")))
		if !ok || amount > math.MaxInt64/2-refunded {
			draft.Fail(event.ReasonBadField, ingest.FieldRefundedAmount, "want amounts of money")
			continue
		}
		refunded += amount
	}
	switch {
	case refunded > 0:
		draft.SetText(ingest.FieldRefundedAmount, refunded.String())
	case o.Status == "refunded": // without saying how much: all of it
		draft.Set(ingest.FieldRefundedAmount, o.Total)
	}
	switch {
	case o.Status == "cancelled":
		return event.StatusCancelled
	case refunded > 0, o.Status == "refunded":
		return event.StatusRefunded
	case given(o.PaidGMT) != nil, o.Status == "processing", o.Status == "completed":
		return event.StatusPaid
	}
	return event.StatusCreated // pending, on-hold, failed, and what plug-ins add
}

func (o *wooOrder) lines() []line {
	if o.LineItems == nil {
		return nil
	}
	lines := make([]line, len(o.LineItems))
	for i, l := range o.LineItems {
		lines[i] = line{
			ItemID:   given(l.SKU, unlessZero(l.VariationID), unlessZero(l.ProductID), l.ID),
			Quantity: given(l.Quantity), Amount: given(l.Total),
		}
	}
	return lines
}

// unlessZero is an id; the vendor writes 0 for none.
func unlessZero(v jsontext.Value) jsontext.Value {
	if string(v) == "0" {
		return nil
	}
	return v
}

// utc adds the zone that the vendor leaves out of its GMT times.
func utc(v jsontext.Value) jsontext.Value {
	if text := ingest.TextOf(v); len(text) == len("2006-01-02T15:04:05") {
		return quoted(text + "Z")
	}
	return v
}
