package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/schemas/event"
)

// vector is one case of the shared file of meanings; see its conventions.
type vector struct {
	ID      string           `json:"id"`
	Permute bool             `json:"permute"`
	Events  []map[string]any `json:"events"`
	Expect  map[string]any   `json:"expect"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("../../../schemas/testdata/meaning.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// playedAt is the clock that the cases ask for.
var playedAt = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// load reads a case's events as the door does, in the given order: faults are
// left out, and of copies of one event the first stays.
func load(raw []map[string]any) []event.Event {
	var out []event.Event
	for _, fields := range raw {
		if e, ok := decode(fields); ok {
			out = append(out, e)
		}
	}
	return out
}

func decode(f map[string]any) (event.Event, bool) {
	id := func(name string) string { return text(f[name]) }
	e := event.Event{
		Type: event.Type(id("type")), ID: id("event_id"), ShopID: id("shop_id"), UserID: id("user_id"),
		ConvID: id("conv_id"), From: event.Role(id("from")), Text: id("text"), Channel: id("channel"),
		OrderID: id("order_id"), Status: event.Status(id("status")), RefundID: id("refund_id"),
		Currency: id("currency"), Name: id("name"), ItemID: id("item_id"),
		Experiment: id("experiment"), Variant: id("variant"), Alias: id("alias")}
	e.Test, _ = f["test"].(bool)
	ok := true
	e.TS, ok = when(f["ts"])
	for name, field := range map[string]**event.Money{
		"amount": &e.Amount, "refunded_amount": &e.RefundedAmount, "refund_amount": &e.RefundAmount} {
		if s := text(f[name]); s != "" {
			m, err := event.ParseMoney(s)
			ok = ok && err == nil
			*field = &m
		}
	}
	if list, given := f["items"].([]any); given {
		e.Items = []event.Item{}
		for _, it := range list {
			item := it.(map[string]any)
			quantity, _ := strconv.ParseInt(text(item["quantity"]), 10, 64)
			amount, _ := event.ParseMoney(text(item["amount"]))
			ok = ok && item["item_id"] != nil
			e.Items = append(e.Items, event.Item{ItemID: text(item["item_id"]), Category: text(item["category"]), Quantity: quantity, Amount: amount})
		}
	}
	if id("via") == "coze" {
		e.Channel = "coze"
		if e.ID == "" {
			e.ID = fmt.Sprint("hash of ", e.Text, e.TS)
		}
	}
	return e, ok && valid(&e, f)
}

// valid knows the faults that the cases hold, no others.
func valid(e *event.Event, f map[string]any) bool {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return f[n] == nil || f[n] == "" && n != "text" })
	}
	if len(e.ConvID) > 256 || e.TS > playedAt+5*60_000 {
		return false
	}
	switch e.Type {
	case event.TypeMessage:
		return has("user_id", "conv_id", "from", "text") && slices.Contains([]event.Role{event.RoleUser, event.RoleBot, event.RoleAgent}, e.From)
	case event.TypeOrder:
		statuses := []event.Status{event.StatusCreated, event.StatusPaid, event.StatusRefunded, event.StatusCancelled}
		return has("order_id", "status") && slices.Contains(statuses, e.Status) && (e.RefundID != "") == (e.RefundAmount != nil)
	case event.TypeBehavior:
		return has("user_id", "name")
	case event.TypeExposure:
		return has("user_id", "experiment", "variant")
	case event.TypeFeedback:
		return has("user_id")
	case event.TypeAlias:
		return has("user_id", "alias")
	}
	return false
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// when reads a ts by its magnitude, digit by digit.
func when(v any) (int64, bool) {
	switch v := v.(type) {
	case string:
		at, err := time.Parse(time.RFC3339Nano, v)
		return at.UnixMilli(), err == nil
	case json.Number:
		whole, fraction, _ := strings.Cut(v.String(), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return 0, false
		}
		switch {
		case n < 1e11:
			thousandths, _ := strconv.ParseInt((fraction + "000")[:3], 10, 64)
			return n*1000 + thousandths, true
		case n < 1e14:
			return n, true
		case n < 1e17:
			return n / 1000, true
		}
		return n / 1_000_000, true
	}
	return playedAt, true
}

// matches compares an expected value with a row's.
func matches(want, got any) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case map[string]any:
		if choices, ok := want["one_of"].([]any); ok {
			return slices.ContainsFunc(choices, func(w any) bool { return matches(w, got) })
		}
		limits := want["range"].([]any)
		x, ok := number(got)
		low, _ := number(limits[0])
		high, _ := number(limits[1])
		return ok && low <= x && x <= high
	case string:
		if got == nil {
			return want == ""
		}
		return want == got
	}
	a, _ := number(want)
	b, ok := number(got)
	return ok && math.Abs(a-b) <= 1e-9
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	x, err := n.Float64()
	return x, err == nil
}
