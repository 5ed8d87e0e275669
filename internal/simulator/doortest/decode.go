package doortest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/schemas/event"
)

// Decode reads one event as the contract says, received at the given ms. The
// reason is "" when there is no fault; noTS says that the sender gave no time.
func Decode(raw []byte, arrival int64) (e event.Event, noTS bool, reason event.Reason) {
	var f object
	if err := json.Unmarshal(raw, &f); err != nil || f == nil {
		return e, false, event.ReasonMalformed
	}
	if v, ok := f["shopId"]; ok && f["shop_id"] == nil {
		f["shop_id"] = v
	}
	r := reader{f: f}
	e = r.event()
	r.when(&e, arrival)
	switch {
	case !slices.Contains(event.Types(), e.Type):
		return e, false, event.ReasonUnknownType
	case missing(f, &e):
		return e, false, event.ReasonMissingField
	case r.bad || !enumerated(&e):
		return e, false, event.ReasonBadField
	case e.TS > arrival+5*time.Minute.Milliseconds():
		return e, false, event.ReasonFutureTS
	}
	return e, !f.has("ts"), ""
}

// object is a JSON object whose members are still bytes.
type object map[string]jsontext.Value

// has reports a member that is given: null and "" are omission.
func (f object) has(name string) bool {
	v := f[name]
	return len(v) > 0 && v.Kind() != 'n' && string(v) != `""`
}

// reader reads members by type and remembers whether any was bad.
type reader struct {
	f   object
	bad bool
}

func (r *reader) event() event.Event {
	e := event.Event{
		Type: event.Type(r.text("type", 256)), ID: r.id("event_id"), ShopID: r.id("shop_id"),
		UserID: r.id("user_id"), ConvID: r.id("conv_id")}
	e.Test = r.flag("test") != nil && *r.flag("test")
	switch e.Type {
	case event.TypeMessage:
		e.From, e.Text = event.Role(r.text("from", 256)), r.text("text", 64<<10)
		e.Channel, e.BotID = r.text("channel", 256), r.id("bot_id")
	case event.TypeOrder:
		e.OrderID, e.Status = r.id("order_id"), event.Status(r.text("status", 256))
		e.Amount, e.RefundedAmount = r.money("amount"), r.money("refunded_amount")
		e.RefundID, e.RefundAmount = r.id("refund_id"), r.money("refund_amount")
		e.Currency, e.Coupon = r.text("currency", 256), r.text("coupon", 256)
		e.Items = r.items()
	case event.TypeBehavior:
		e.Name, e.ItemID, e.PageID = r.text("name", 256), r.id("item_id"), r.id("page_id")
		e.Category, e.DwellMS = r.text("category", 256), r.whole("dwell_ms")
	case event.TypeExposure:
		e.Experiment, e.Variant = r.text("experiment", 256), r.text("variant", 256)
	case event.TypeFeedback:
		e.Rating, e.Resolved = r.whole("rating"), r.flag("resolved")
	case event.TypeAlias:
		e.Alias = r.id("alias")
	}
	return e
}

func (r *reader) text(name string, most int) string {
	if !r.f.has(name) {
		return ""
	}
	var s string
	if err := json.Unmarshal(r.f[name], &s); err != nil || len(s) > most {
		r.bad = true
	}
	return s
}

// id reads a string or a whole number.
func (r *reader) id(name string) string {
	if v := r.f[name]; len(v) > 0 && v.Kind() == '0' {
		if strings.ContainsAny(string(v), ".eE-") {
			r.bad = true
		}
		return string(v)
	}
	return r.text(name, 256)
}

func (r *reader) money(name string) *event.Money {
	if !r.f.has(name) {
		return nil
	}
	m, err := event.ParseMoney(strings.Trim(string(r.f[name]), `"`))
	r.bad = r.bad || err != nil
	return &m
}

func (r *reader) whole(name string) *int64 {
	if !r.f.has(name) {
		return nil
	}
	n, err := strconv.ParseInt(string(r.f[name]), 10, 64)
	r.bad = r.bad || err != nil
	return &n
}

func (r *reader) flag(name string) *bool {
	if !r.f.has(name) {
		return nil
	}
	var b bool
	r.bad = r.bad || json.Unmarshal(r.f[name], &b) != nil
	return &b
}

func (r *reader) items() []event.Item {
	if !r.f.has("items") {
		return nil
	}
	var list []object
	if err := json.Unmarshal(r.f["items"], &list); err != nil {
		r.bad = true
		return nil
	}
	out := []event.Item{}
	for _, f := range list {
		one := reader{f: f}
		item := event.Item{ItemID: one.id("item_id"), Category: one.text("category", 256), Quantity: 1}
		if n := one.whole("quantity"); n != nil {
			item.Quantity = *n
		}
		if m := one.money("amount"); m != nil {
			item.Amount = *m
		}
		r.bad = r.bad || one.bad
		out = append(out, item)
	}
	return out
}

// when reads the event's time by its magnitude, digit by digit.
func (r *reader) when(e *event.Event, arrival int64) {
	v := r.f["ts"]
	switch {
	case !r.f.has("ts"):
		e.TS = arrival
	case v.Kind() == '"':
		at, err := time.Parse(time.RFC3339Nano, strings.Trim(string(v), `"`))
		e.TS, r.bad = at.UnixMilli(), r.bad || err != nil
	default:
		whole, fraction, _ := strings.Cut(string(v), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		r.bad = r.bad || err != nil
		e.TS = scale(n, fraction)
	}
}

func scale(n int64, fraction string) int64 {
	switch {
	case n < 1e11:
		thousandths, _ := strconv.ParseInt((fraction + "000")[:3], 10, 64)
		return n*1000 + thousandths
	case n < 1e14:
		return n
	case n < 1e17:
		return n / 1000
	}
	return n / 1_000_000
}

var needed = map[event.Type][]string{
	event.TypeMessage:  {"user_id", "conv_id", "from", "text"},
	event.TypeOrder:    {"order_id", "status"},
	event.TypeBehavior: {"user_id", "name"},
	event.TypeExposure: {"user_id", "experiment", "variant"},
	event.TypeFeedback: {"user_id"},
	event.TypeAlias:    {"user_id", "alias"},
}

func missing(f object, e *event.Event) bool {
	for _, name := range append([]string{"event_id", "shop_id"}, needed[e.Type]...) {
		if !f.has(name) && !(name == "text" && string(f[name]) == `""`) {
			return true
		}
	}
	if e.Type == event.TypeOrder && f.has("refund_id") != f.has("refund_amount") {
		return true
	}
	return slices.ContainsFunc(e.Items, func(it event.Item) bool { return it.ItemID == "" })
}

// enumerated reports that every closed set holds its field's value.
func enumerated(e *event.Event) bool {
	switch e.Type {
	case event.TypeMessage:
		return slices.Contains([]event.Role{event.RoleUser, event.RoleBot, event.RoleAgent}, e.From)
	case event.TypeOrder:
		return slices.Contains([]event.Status{event.StatusCreated, event.StatusPaid, event.StatusCancelled, event.StatusRefunded}, e.Status)
	case event.TypeBehavior:
		return strings.Trim(e.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	case event.TypeFeedback:
		return e.Rating == nil || *e.Rating >= 1 && *e.Rating <= 5
	}
	return true
}
