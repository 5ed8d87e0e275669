package simulator

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"askbuy/schemas/event"
)

// field is a member of a JSON object that is being written.
type field struct {
	name  string
	value string // JSON
}

// wear writes an event as a sender may: plain, or, when dressed, in one of
// the many forms that mean the same.
func wear(s stream, e *event.Event, dressed, timeless bool) []byte {
	fields := fieldsOf(e)
	if !timeless {
		fields = append(fields, field{"ts", strconv.FormatInt(e.TS, 10)})
	}
	if dressed {
		fields = disguise(s, fields, e.TS)
	}
	return object(fields)
}

func object(fields []field) []byte {
	var b strings.Builder
	for i, f := range fields {
		if i == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(quote(f.name))
		b.WriteByte(':')
		b.WriteString(f.value)
	}
	b.WriteByte('}')
	return []byte(b.String())
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // strings can be marshalled
		panic("simulator: quote: " + err.Error())
	}
	return string(b)
}

// fieldsOf writes an event's fields, ts apart, as the contract's examples do.
func fieldsOf(e *event.Event) []field {
	w := writer{}
	w.text("type", string(e.Type))
	w.text("event_id", e.ID)
	w.text("shop_id", e.ShopID)
	w.text("user_id", e.UserID)
	w.text("conv_id", e.ConvID)
	w.text("from", string(e.From))
	if e.Type == event.TypeMessage {
		w.add("text", quote(e.Text))
	}
	w.text("channel", e.Channel)
	w.text("bot_id", e.BotID)
	w.text("order_id", e.OrderID)
	w.text("status", string(e.Status))
	w.money("amount", e.Amount)
	w.money("refunded_amount", e.RefundedAmount)
	w.text("refund_id", e.RefundID)
	w.money("refund_amount", e.RefundAmount)
	w.text("currency", e.Currency)
	w.text("coupon", e.Coupon)
	if e.Items != nil {
		w.add("items", itemsOf(e.Items))
	}
	w.text("name", e.Name)
	w.text("item_id", e.ItemID)
	w.text("page_id", e.PageID)
	w.text("category", e.Category)
	w.whole("dwell_ms", e.DwellMS)
	w.text("experiment", e.Experiment)
	w.text("variant", e.Variant)
	w.whole("rating", e.Rating)
	if e.Resolved != nil {
		w.add("resolved", strconv.FormatBool(*e.Resolved))
	}
	w.text("alias", e.Alias)
	if e.Test {
		w.add("test", "true")
	}
	return w.fields
}

type writer struct{ fields []field }

func (w *writer) add(name, value string) { w.fields = append(w.fields, field{name, value}) }

func (w *writer) text(name, value string) {
	if value != "" {
		w.add(name, quote(value))
	}
}

func (w *writer) money(name string, m *event.Money) {
	if m != nil {
		w.add(name, quote(m.String()))
	}
}

func (w *writer) whole(name string, n *int64) {
	if n != nil {
		w.add(name, strconv.FormatInt(*n, 10))
	}
}

func itemsOf(items []event.Item) string {
	parts := make([]string, len(items))
	for i, it := range items {
		w := writer{}
		w.text("item_id", it.ItemID)
		w.text("category", it.Category)
		w.whole("quantity", &it.Quantity)
		w.money("amount", &it.Amount)
		parts[i] = string(object(w.fields))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// disguise changes the look of fields and nothing of what they mean.
func disguise(s stream, fields []field, ts int64) []field {
	for i := range fields {
		f := &fields[i]
		bare := strings.Trim(f.value, `"`)
		switch f.name {
		case "ts":
			f.value = one(s, times(ts))
		case "amount", "refunded_amount", "refund_amount":
			f.value = one(s, []string{f.value, bare, shortMoney(bare), quote(shortMoney(bare))})
		case "shop_id", "user_id", "conv_id", "order_id":
			if isNumber(bare) && s.chance(.5) {
				f.value = bare
			}
			if f.name == "shop_id" && s.chance(.3) {
				f.name = "shopId"
			}
		}
	}
	if s.chance(.3) {
		fields = append(fields, field{"x_trace", quote(strconv.FormatUint(s.Uint64(), 36))})
	}
	if s.chance(.3) {
		fields = append(fields, field{"attributes", "null"})
	}
	s.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return fields
}

// times lists the forms of a time.
func times(ms int64) []string {
	at := time.UnixMilli(ms)
	n := strconv.FormatInt(ms, 10)
	forms := []string{n, n + "000", n + "000000", n + "123", n[:len(n)-3] + "." + n[len(n)-3:],
		quote(at.UTC().Format("2006-01-02T15:04:05.000Z07:00")),
		quote(at.In(time.FixedZone("", 8*3600)).Format("2006-01-02T15:04:05.000Z07:00"))}
	if ms%1000 == 0 {
		forms = append(forms, strconv.FormatInt(ms/1000, 10), quote(at.UTC().Format(time.RFC3339)))
	}
	return forms
}

// shortMoney leaves out trailing zeros of the fraction.
func shortMoney(m string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(m, "0"), "0"), ".")
}

// wearCoze writes a message as the body of POST /coze.
func wearCoze(s stream, m *told, dressed, timeless bool) []byte {
	w := writer{}
	w.text("user_id", m.UserID)
	w.add("text", quote(m.Text))
	w.text("conversation_id", m.ConvID)
	if !m.anonymous {
		w.text("message_id", m.ID)
	}
	if m.From != event.RoleUser {
		w.text("from", string(m.From))
	}
	w.text("shop_id", m.ShopID)
	if !timeless {
		w.add("ts", strconv.FormatInt(m.TS, 10))
	}
	if dressed {
		if m.From == event.RoleUser && s.chance(.5) {
			w.text("from", string(m.From))
		}
		s.Shuffle(len(w.fields), func(i, j int) { w.fields[i], w.fields[j] = w.fields[j], w.fields[i] })
	}
	return object(w.fields)
}
