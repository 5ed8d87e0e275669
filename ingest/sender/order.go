package sender

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// implied is the payment of an order, said by every later state of it in the
// same words, so that an order is known to be paid whichever of its webhooks
// was lost. Nil when the state does not tell both shopper and time.
func implied(shape *ingest.Shape, order string, user, paidAt jsontext.Value) *ingest.Draft {
	d := ingest.NewDraft(shape)
	d.Set(ingest.FieldUserID, user)
	d.Set(ingest.FieldTS, paidAt)
	if order == "" || d.Get(ingest.FieldUserID) == nil || d.Get(ingest.FieldTS) == nil {
		return nil
	}
	d.SetText(ingest.FieldEventID, order+"#paid")
	d.SetText(ingest.FieldOrderID, order)
	d.SetText(ingest.FieldStatus, string(event.StatusPaid))
	return d
}

// attribute is one pair of what a shop system lets others attach to an order.
type attribute struct {
	Name  jsontext.Value `json:"name"` // Shopify's
	Key   jsontext.Value `json:"key"`  // WooCommerce's
	Value jsontext.Value `json:"value"`
}

func find(all []attribute, name string) jsontext.Value {
	for _, a := range all {
		if (ingest.TextOf(a.Name) == name || ingest.TextOf(a.Key) == name) && idText(a.Value) != "" {
			return a.Value
		}
	}
	return nil
}

// line is one of an order's items as /v1/events has them.
type line struct {
	ItemID   jsontext.Value `json:"item_id,omitzero"`
	Quantity jsontext.Value `json:"quantity,omitzero"`
	Amount   jsontext.Value `json:"amount,omitzero"`
}

// setItems gives a draft its items; nil is omission.
func setItems(d *ingest.Draft, lines []line) {
	if lines == nil {
		return
	}
	if items, err := json.Marshal(lines); err == nil { // they were parsed before
		d.Set(ingest.FieldItems, items)
	}
}

// given is the first of the values that is not omitted.
func given(values ...jsontext.Value) jsontext.Value {
	for _, v := range values {
		if len(v) > 0 && v[0] != 'n' && string(v) != `""` {
			return v
		}
	}
	return nil
}

// quoted is a text as a JSON string.
func quoted(s string) jsontext.Value {
	v, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return nil
	}
	return v
}

// amountOf reads money as a string or a number of digits.
func amountOf(v jsontext.Value) (event.Money, bool) {
	text := ingest.TextOf(v)
	if v.Kind() == '0' {
		text = string(v)
	}
	m, err := event.ParseMoney(text)
	return m, err == nil
}
