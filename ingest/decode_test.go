package ingest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

var testArrival = time.UnixMilli(1_800_000_000_000)

// with adds members to a good event of the type.
func with(t event.Type, members string) string {
	base := map[event.Type]string{
		event.TypeMessage:  `"user_id":"u","conv_id":"c","from":"user","text":"hi"`,
		event.TypeOrder:    `"order_id":"o","status":"paid"`,
		event.TypeBehavior: `"user_id":"u","name":"add_to_cart"`,
		event.TypeExposure: `"user_id":"u","experiment":"x","variant":"v"`,
		event.TypeFeedback: `"user_id":"u"`,
		event.TypeAlias:    `"user_id":"u","alias":"a"`,
	}[t]
	if members != "" {
		members = "," + members
	}
	return `{"type":"` + string(t) + `","event_id":"e","shop_id":"s",` + base + members + `}`
}

func TestDecodeAcceptsEveryType(t *testing.T) {
	for _, typ := range event.Types() {
		d, fault := Decode([]byte(with(typ, "")), testArrival)
		if fault != nil {
			t.Errorf("%s: %v", typ, fault)
		}
		if d.Event.Type != typ || d.Event.ID != "e" || d.Event.ShopID != "s" || !d.NoTS || d.Event.TS != testArrival.UnixMilli() {
			t.Errorf("%s: got %+v", typ, d)
		}
	}
}

func TestDecodeFaults(t *testing.T) {
	long := strings.Repeat("x", maxShort+1)
	type m = event.Reason
	f := func(raw string, reason m, detail string) {
		t.Helper()
		_, fault := Decode([]byte(raw), testArrival)
		if fault == nil || fault.Reason != reason || !strings.HasPrefix(fault.Detail, detail) {
			t.Errorf("%.200s\n got %v, want %s: %s", raw, fault, reason, detail)
		}
	}
	message := func(members string) string { return with(event.TypeMessage, members) }
	order := func(members string) string { return with(event.TypeOrder, members) }

	f(``, "malformed", "event")
	f(`[]`, "malformed", "event: want an object")
	f(`5`, "malformed", "event")
	f(`null`, "malformed", "event")
	f(`{}`, "missing_field", "shop_id")
	f(`{"shop_id":"s"}`, "missing_field", "type")
	f(`{"type":null,"shop_id":"s"}`, "missing_field", "type")
	f(`{"type":"note"}`, "unknown_type", "type")
	f(`{"type":"Message"}`, "unknown_type", "type")
	f(`{"type":5}`, "unknown_type", "type")
	f(`{"type":"message","event_id":"e","shop_id":"s","user_id":"u","text":5,"ts":"soon","from":"robot"}`, "missing_field", "conv_id")
	f(`{"type":"message","event_id":"e","shop_id":"s","user_id":"","conv_id":"c","from":"user","text":""}`, "missing_field", "user_id")
	f(`{"type":"message","event_id":"e","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":null}`, "missing_field", "text")
	f(`{"type":"message","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"x"}`, "missing_field", "event_id")
	f(`{"type":"message","event_id":"e","shop_id":"s","user_id":"u","conv_id":"c","text":"x"}`, "missing_field", "from")
	f(`{"type":"message","event_id":"e","shop_id":"s","user_id":"u","conv_id":"c","from":"robot","text":"x","ts":4102444800000}`, "bad_field", "from")
	f(`{"type":"message","event_id":"e","SHOP_ID":"s","user_id":"u","conv_id":"c","from":"user","text":"x"}`, "missing_field", "shop_id")
	f(`{"type":"order","event_id":"e","shop_id":"s","order_id":"o"}`, "missing_field", "status")
	f(`{"type":"order","event_id":"e","shop_id":"s","status":"paid"}`, "missing_field", "order_id")
	f(`{"type":"order","event_id":"e","shop_id":"s","order_id":"o","status":"PAID"}`, "bad_field", "status")
	f(`{"type":"behavior","event_id":"e","shop_id":"s","user_id":"u"}`, "missing_field", "name")
	f(`{"type":"exposure","event_id":"e","shop_id":"s","user_id":"u","experiment":"x"}`, "missing_field", "variant")
	f(`{"type":"alias","event_id":"e","shop_id":"s","user_id":"u"}`, "missing_field", "alias")
	f(`{"type":"feedback","event_id":"e","shop_id":"s"}`, "missing_field", "user_id")

	f(message(`"shopId":"other"`), "bad_field", "shopId")
	f(message(`"channel":"`+long+`"`), "bad_field", "channel: at most 256 bytes")
	f(message(`"channel":5`), "bad_field", "channel: want a string")
	f(message(`"bot_id":1.5`), "bad_field", "bot_id")
	f(message(`"bot_id":1e999999999999`), "bad_field", "bot_id")
	f(message(`"bot_id":true`), "bad_field", "bot_id")
	f(message(`"bot_id":{"a":1}`), "bad_field", "bot_id")
	f(message(`"test":"true"`), "bad_field", "test")
	f(message(`"test":1`), "bad_field", "test")
	f(message(`"ts":"1750830000000"`), "bad_field", "ts")
	f(message(`"ts":"yesterday"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T10:00:00"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14 10:00:00Z"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T10:00Z"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T1:00:00Z"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T10:00:00,5Z"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T10:00:00+24:00"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T10:00:00+08:60"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14T23:59:60Z"`), "bad_field", "ts")
	f(message(`"ts":"2026-10-14t10:00:00z"`), "bad_field", "ts")
	f(message(`"ts":-99999999999`), "bad_field", "ts: before 1900")
	f(message(`"ts":true`), "bad_field", "ts")
	f(message(`"ts":-1e30`), "bad_field", "ts")
	f(message(`"ts":4102444800000`), "future_ts", "ts")
	f(message(`"ts":1e999999`), "future_ts", "ts")
	f(message(`"ts":"2100-01-01T00:00:00Z"`), "future_ts", "ts")
	f(message(`"ts":1800000300001`), "future_ts", "ts")
	f(strings.Replace(message(""), `"hi"`, `"`+strings.Repeat("x", maxText+1)+`"`, 1), "bad_field", "text: at most 64 KiB")

	for _, money := range []string{`"-1.00"`, `"1.005"`, `"many"`, `"1e2"`, `1e2`, `-1`, `-0`, `1.005`, `"1."`, `".5"`, `" 1"`, `"+1"`, `"12345678901234567"`, `12345678901234567`, `true`, `[]`, `{}`} {
		f(order(`"amount":`+money), "bad_field", "amount")
		f(order(`"items":[{"item_id":"i","amount":`+money+`}]`), "bad_field", "items[0].amount")
	}
	f(order(`"refund_id":"r"`), "missing_field", "refund_amount")
	f(order(`"refund_amount":"1.00"`), "missing_field", "refund_id")
	f(order(`"refund_amount":"1.00","refund_id":""`), "missing_field", "refund_id")
	f(order(`"items":{}`), "bad_field", "items")
	f(order(`"items":[5]`), "bad_field", "items")
	f(order(`"items":[{"item_id":"i","quantity":1.5},{"quantity":1}]`), "missing_field", "items[1].item_id")
	f(order(`"items":[{"item_id":"i","quantity":-1}]`), "bad_field", "items[0].quantity")
	f(order(`"items":[{"item_id":"i","quantity":"1"}]`), "bad_field", "items[0].quantity")

	for _, name := range []string{"AddToCart", "add-to-cart", "_add", "add_", "add__cart", "1add", "añadir", "add to"} {
		f(strings.Replace(with(event.TypeBehavior, ""), "add_to_cart", name, 1), "bad_field", "name")
	}
	f(with(event.TypeBehavior, `"dwell_ms":-1`), "bad_field", "dwell_ms")
	f(with(event.TypeBehavior, `"dwell_ms":1.5`), "bad_field", "dwell_ms")
	for _, rating := range []string{`0`, `6`, `4.5`, `"5"`, `true`, `1e99`} {
		f(with(event.TypeFeedback, `"rating":`+rating), "bad_field", "rating")
	}
	f(with(event.TypeFeedback, `"resolved":"yes"`), "bad_field", "resolved")
}

func TestDecodeNotJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	for _, raw := range []string{
		``, ` `, `{`, `{"type":"message"`, `{"type":"message",}`, `{'type':1}`, `{"a":01}`, `nul`, `{"a":NaN}`,
		`{"type":"message","type":"message"}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`,
		"{\"a\":\"\xff\"}", "{\"\xff\":1}", `{"a":"\ud800"}`, `{"a":1} trailing`, `{"a":1}{"a":1}`, `[] []`,
		`{"a":` + deep(10_000) + `}`, deep(20_000), "\ufeff{}",
	} {
		_, fault := Decode([]byte(raw), testArrival)
		if fault == nil || fault.Reason != event.ReasonMalformed || !fault.NotJSON {
			t.Errorf("%.60q: got %+v, want no JSON", raw, fault)
		}
	}
	for _, raw := range []string{`[]`, `5`, `null`, `"x"`, ` true `, `{"a":1e999}`, `{"a":` + deep(9_999) + `}`} {
		if _, fault := Decode([]byte(raw), testArrival); fault == nil || fault.NotJSON {
			t.Errorf("%.60q: got %+v, want a fault of JSON", raw, fault)
		}
	}
}

func TestDecodeValues(t *testing.T) {
	f := func(typ event.Type, members string, want func(*event.Event)) {
		t.Helper()
		expect, _ := Decode([]byte(with(typ, "")), testArrival)
		want(&expect.Event)
		got, fault := Decode([]byte(with(typ, members)), testArrival)
		if fault != nil || !reflect.DeepEqual(got.Event, expect.Event) {
			t.Errorf("%s\n fault %v\n  got %+v\n want %+v", members, fault, got.Event, expect.Event)
		}
	}
	money := func(m event.Money) *event.Money { return &m }
	number := func(n int64) *int64 { return &n }
	yes := true

	f(event.TypeMessage, `"shopId":"s","channel":null,"bot_id":""`, func(e *event.Event) {})
	f(event.TypeMessage, `"bot_id":9007199254740993`, func(e *event.Event) { e.BotID = "9007199254740993" })
	f(event.TypeMessage, `"bot_id":-12`, func(e *event.Event) { e.BotID = "-12" })
	f(event.TypeMessage, `"bot_id":1024.0`, func(e *event.Event) { e.BotID = "1024" })
	f(event.TypeMessage, `"bot_id":1.5e3`, func(e *event.Event) { e.BotID = "1500" })
	f(event.TypeMessage, `"bot_id":-0`, func(e *event.Event) { e.BotID = "0" })
	f(event.TypeMessage, `"bot_id":"\u4f60\n"`, func(e *event.Event) { e.BotID = "你\n" })
	f(event.TypeMessage, `"b\u006ft_id":"x"`, func(e *event.Event) { e.BotID = "x" })
	f(event.TypeMessage, `"test":true`, func(e *event.Event) { e.Test = true })
	f(event.TypeMessage, `"test":null`, func(e *event.Event) {})
	f(event.TypeMessage, `"zeta":1.50,"alpha":{"b":1,"a":12345678901234567890},"amount":null`, func(e *event.Event) {
		e.Attrs = []byte(`{"alpha":{"a":12345678901234567890,"b":1},"amount":null,"zeta":1.50}`)
	})
	f(event.TypeOrder, `"amount":269,"refunded_amount":"0","currency":"CNY","coupon":"NEW30","conv_id":7`, func(e *event.Event) {
		e.Amount, e.RefundedAmount, e.Currency, e.Coupon, e.ConvID = money(26900), money(0), "CNY", "NEW30", "7"
	})
	f(event.TypeOrder, `"amount":null,"refunded_amount":"","currency":"","conv_id":null,"user_id":""`, func(e *event.Event) {})
	f(event.TypeOrder, `"refund_id":9,"refund_amount":69.1`, func(e *event.Event) { e.RefundID, e.RefundAmount = "9", money(6910) })
	f(event.TypeOrder, `"items":[]`, func(e *event.Event) { e.Items = []event.Item{} })
	f(event.TypeOrder, `"items":null`, func(e *event.Event) {})
	f(event.TypeOrder, `"items":[{"item_id":1},{"item_id":"b","quantity":2.0,"amount":"40","category":"coat","size":"M"}]`, func(e *event.Event) {
		e.Items = []event.Item{{ItemID: "1", Quantity: 1}, {ItemID: "b", Quantity: 2, Amount: 4000, Category: "coat", Attrs: []byte(`{"size":"M"}`)}}
	})
	f(event.TypeBehavior, `"item_id":"i","page_id":1,"category":"coat","dwell_ms":1500`, func(e *event.Event) {
		e.ItemID, e.PageID, e.Category, e.DwellMS = "i", "1", "coat", number(1500)
	})
	f(event.TypeBehavior, `"conv_id":"c","rating":9`, func(e *event.Event) { e.ConvID, e.Attrs = "c", []byte(`{"rating":9}`) })
	f(event.TypeExposure, `"conv_id":"c"`, func(e *event.Event) { e.ConvID = "c" })
	f(event.TypeFeedback, `"conv_id":"c","rating":5,"resolved":true`, func(e *event.Event) { e.ConvID, e.Rating, e.Resolved = "c", number(5), &yes })
}

func TestDecodeTime(t *testing.T) {
	f := func(ts string, want int64) {
		t.Helper()
		d, fault := Decode([]byte(with(event.TypeMessage, `"ts":`+ts)), testArrival)
		if fault != nil || d.NoTS || d.Event.TS != want {
			t.Errorf("%s: got %d %v, want %d", ts, d.Event.TS, fault, want)
		}
	}
	f(`1791943200000`, 1791943200000)
	f(`1791943200`, 1791943200000)
	f(`1791943200.1239`, 1791943200123)
	f(`1791943200123999`, 1791943200123)
	f(`1791943200123456789`, 1791943200123)
	f(`1.791943200123e9`, 1791943200123)
	f(`1791943200123.999`, 1791943200123)
	f(`0`, 0)
	f(`-0.0`, 0)
	f(`1e-999999999999`, 0)
	f(`-0.0001`, -1)
	f(`-0.001`, -1)
	f(`-1`, -1000)
	f(`-1.0005`, -1001)
	f(`-2208988800`, -2208988800000)
	f(`99999999`, 99999999000)
	f(`100000000000`, 100000000000)
	f(`1799999999.9999`, 1799999999999)
	f(`100000000000000`, 100000000000)
	f(`100000000000000000`, 100000000000)
	f(`"2026-10-14T10:00:00+08:00"`, 1791943200000)
	f(`"2026-10-14T04:00:03.123999999+02:00"`, 1791943203123)
	f(`"1969-12-31T23:59:59.9995Z"`, -1)
	f(`1800000300000`, 1800000300000)
}

func TestDecodeMarksTestTraffic(t *testing.T) {
	for text, want := range map[string]bool{"测试": true, " TEST\n": true, "Test": true, "testing": false, "测试一下": false} {
		d, fault := Decode([]byte(strings.Replace(with(event.TypeMessage, ""), "hi", strings.ReplaceAll(text, "\n", `\n`), 1)), testArrival)
		if fault != nil || d.Event.Test != want {
			t.Errorf("%q: test %v, fault %v", text, d.Event.Test, fault)
		}
	}
}

// What was read once is read the same again: an event's record, posted, is
// that event.
func TestDecodeOfEncodedIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawEvent(t)
		value, err := event.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, fault := Decode(value, testArrival)
		if fault != nil || !reflect.DeepEqual(&got.Event, want) {
			t.Fatalf("%s\n fault %v\n got %+v", value, fault, got.Event)
		}
	})
}

func drawEvent(t *rapid.T) *event.Event {
	id := rapid.StringN(1, 20, maxShort)
	maybe := func(name string) string { return rapid.OneOf(id, rapid.Just("")).Draw(t, name) }
	cents := rapid.Map(rapid.Int64Range(0, 999_999_999_999_999_999), func(n int64) *event.Money { m := event.Money(n); return &m })
	e := &event.Event{ID: id.Draw(t, "id"), ShopID: id.Draw(t, "shop"), UserID: id.Draw(t, "user"),
		Type: rapid.SampledFrom(event.Types()).Draw(t, "type"),
		TS:   rapid.Int64Range(100_000_000_000, 1_800_000_000_000).Draw(t, "ts"), Test: rapid.Bool().Draw(t, "test")}
	switch e.Type {
	case event.TypeMessage:
		e.ConvID, e.Text, e.Channel = id.Draw(t, "conv"), rapid.StringN(1, 50, -1).Draw(t, "text"), maybe("channel")
		e.From = rapid.SampledFrom([]event.Role{"user", "bot", "agent"}).Draw(t, "from")
		e.Test = e.Test || event.TextIsTest(e.Text)
	case event.TypeOrder:
		e.OrderID, e.Amount, e.ConvID, e.Coupon = id.Draw(t, "order"), cents.Draw(t, "amount"), maybe("conv"), maybe("coupon")
		e.Status = rapid.SampledFrom([]event.Status{"created", "paid", "refunded", "cancelled"}).Draw(t, "status")
		for i := range rapid.IntRange(0, 3).Draw(t, "items") {
			e.Items = append(e.Items, event.Item{ItemID: id.Draw(t, "item"), Quantity: int64(i), Amount: *cents.Draw(t, "line")})
		}
	case event.TypeBehavior:
		e.Name, e.PageID = rapid.StringMatching(`[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,3}`).Draw(t, "name"), maybe("page")
	case event.TypeExposure:
		e.Experiment, e.Variant, e.ConvID = id.Draw(t, "experiment"), id.Draw(t, "variant"), maybe("conv")
	case event.TypeFeedback:
		rating := rapid.Int64Range(1, 5).Draw(t, "rating")
		e.Rating = &rating
	case event.TypeAlias:
		e.Alias = id.Draw(t, "alias")
	}
	return e
}

// FuzzDecode holds that whatever comes, there is either an event that its
// record can carry or a fault, and that reading is a function of the bytes.
func FuzzDecode(f *testing.F) {
	for _, typ := range event.Types() {
		f.Add([]byte(with(typ, `"ts":1.5e9,"amount":"1.5","items":[{"item_id":1}],"x":{"b":1,"a":2}`)))
	}
	f.Add([]byte(`{"a":{"b":1,"b":2}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, fault := Decode(raw, testArrival)
		again, _ := Decode(raw, testArrival)
		if !reflect.DeepEqual(d, again) {
			t.Fatal("two readings differ")
		}
		if fault != nil {
			return
		}
		value, err := event.Encode(&d.Event)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		if back, err := event.Decode(value); err != nil || back.Identity() != d.Event.Identity() {
			t.Fatalf("record %s is not its event: %v", value, err)
		}
	})
}

// A letter shows the type that nobody knows, unless it may be somebody's data.
func TestUnknownTypes(t *testing.T) {
	f := func(sent, want string) {
		t.Helper()
		d, fault := Decode([]byte(`{"type":"`+sent+`","event_id":"e","shop_id":"s"}`), testArrival)
		if fault == nil || fault.Reason != event.ReasonUnknownType || string(d.Event.Type) != want {
			t.Errorf("%q: %q, %v, want %q", sent, d.Event.Type, fault, want)
		}
	}
	f("page_view", "page_view")
	f("order_v2", "order_v2")
	f("bogus13812345678", "")
	f("call_138_1234_5678", "")
	f("张三", "")
	f(strings.Repeat("a", 65), "")
}
