package event

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// append writes the event behind b, byte for byte as json.Marshal would, at a
// fraction of its cost: the door writes each event twice. An error is about
// attrs that are no JSON.
func (e *Event) append(b []byte) ([]byte, error) {
	w := writer{b: b}
	w.required(`{"type":`, string(e.Type))
	w.required(`,"event_id":`, e.ID)
	w.required(`,"shop_id":`, e.ShopID)
	w.text(`,"user_id":`, e.UserID)
	w.text(`,"conv_id":`, e.ConvID)
	w.whole(`,"ts":`, &e.TS)
	if e.Test {
		w.flag(`,"test":`, &e.Test)
	}
	w.text(`,"from":`, string(e.From))
	w.text(`,"text":`, e.Text)
	w.text(`,"channel":`, e.Channel)
	w.text(`,"bot_id":`, e.BotID)
	w.text(`,"order_id":`, e.OrderID)
	w.text(`,"status":`, string(e.Status))
	w.money(`,"amount":`, e.Amount)
	w.money(`,"refunded_amount":`, e.RefundedAmount)
	w.text(`,"refund_id":`, e.RefundID)
	w.money(`,"refund_amount":`, e.RefundAmount)
	w.text(`,"currency":`, e.Currency)
	w.text(`,"coupon":`, e.Coupon)
	if e.Items != nil {
		w.other(`,"items":`, e.Items)
	}
	w.text(`,"name":`, e.Name)
	w.text(`,"item_id":`, e.ItemID)
	w.text(`,"page_id":`, e.PageID)
	w.text(`,"category":`, e.Category)
	w.whole(`,"dwell_ms":`, e.DwellMS)
	w.text(`,"experiment":`, e.Experiment)
	w.text(`,"variant":`, e.Variant)
	w.whole(`,"rating":`, e.Rating)
	w.flag(`,"resolved":`, e.Resolved)
	w.text(`,"alias":`, e.Alias)
	if e.Handoff != nil {
		w.other(`,"handoff":`, e.Handoff)
	}
	if e.Reply != nil {
		w.other(`,"reply":`, e.Reply)
	}
	if len(e.Attrs) > 0 {
		w.other(`,"attrs":`, e.Attrs)
	}
	return append(w.b, '}'), w.err
}

// writer writes members whose name it is given with all that stands around it.
type writer struct {
	b   []byte
	err error // the first
}

// text writes a string that is omitted when empty.
func (w *writer) text(name, value string) {
	if value != "" {
		w.required(name, value)
	}
}

func (w *writer) required(name, value string) {
	if !plain(value) {
		w.other(name, value)
		return
	}
	w.b = append(append(append(append(w.b, name...), '"'), value...), '"')
}

// plain reports whether json.Marshal would put the string between quotes as it
// is.
func plain(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		case c == 0xE2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8: // U+2028, U+2029
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s)
}

func (w *writer) whole(name string, value *int64) {
	if value != nil {
		w.b = strconv.AppendInt(append(w.b, name...), *value, 10)
	}
}

func (w *writer) flag(name string, value *bool) {
	if value != nil {
		w.b = strconv.AppendBool(append(w.b, name...), *value)
	}
}

func (w *writer) money(name string, value *Money) {
	if value != nil {
		w.required(name, value.String())
	}
}

// other leaves a value to package json.
func (w *writer) other(name string, value any) {
	b, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(append(w.b, name...), b...)
}
