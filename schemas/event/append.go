package event

import (
	"encoding/json"
	"math"
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
		w.reply(`,"reply":`, e.Reply)
	}
	if len(e.Attrs) > 0 {
		w.other(`,"attrs":`, e.Attrs)
	}
	return append(w.b, '}'), w.err
}

// reply writes what is known of a reply: one stands beside every answer.
func (w *writer) reply(name string, r *Reply) {
	w.b = append(w.b, name...)
	w.required(`{"question_event_id":`, r.QuestionID)
	w.required(`,"route":`, r.Route)
	w.required(`,"intent":`, r.Intent)
	w.number(`,"confidence":`, r.Confidence)
	w.required(`,"language":`, r.Language)
	w.number(`,"latency_ms":`, &r.LatencyMS)
	w.whole(`,"prompt_tokens":`, &r.PromptTokens)
	w.whole(`,"completion_tokens":`, &r.CompletionTokens)
	w.whole(`,"cost_micros":`, &r.CostMicros)
	w.text(`,"cost_currency":`, r.Currency)
	w.text(`,"model":`, r.Model)
	w.flag(`,"is_answered":`, &r.Answered)
	w.flag(`,"is_cached":`, &r.Cached)
	w.text(`,"dialogue":`, r.Dialogue)
	if len(r.Slots) > 0 {
		w.other(`,"slots":`, r.Slots)
	}
	w.b = append(w.b, '}')
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

// number leaves to package json what it writes with an exponent, or not at all.
func (w *writer) number(name string, value *float64) {
	switch {
	case value == nil:
	case *value == 0 || math.Abs(*value) >= 1e-6 && math.Abs(*value) < 1e21:
		w.b = strconv.AppendFloat(append(w.b, name...), *value, 'f', -1, 64)
	default:
		w.other(name, *value)
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
