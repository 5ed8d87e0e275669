package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

// whole is an event with every field set, though no type has them all.
func whole() *Event {
	return &Event{
		Type: TypeOrder, ID: "e1", ShopID: "s", UserID: "u", ConvID: "c", TS: 1750833600000, Test: true,
		From: RoleUser, Text: "优惠券 <b>&", Channel: "web", BotID: "b",
		OrderID: "o", Status: StatusPaid, Amount: ptr(Money(26900)), RefundedAmount: ptr(Money(0)), RefundID: "r", RefundAmount: ptr(Money(6900)),
		Currency: "CNY", Coupon: "NEW30", Items: []Item{{ItemID: "i", Category: "coat", Quantity: 2, Amount: 100, Attrs: json.RawMessage(`{"a":1}`)}},
		Name: AddToCart, ItemID: "i", PageID: "p", Category: "k", DwellMS: ptr(int64(5)),
		Experiment: "x", Variant: "v", Rating: ptr(int64(5)), Resolved: ptr(false),
		Reply: &Reply{
			QuestionID: "q", Route: "llm", Intent: "logistics", Confidence: ptr(.5), Language: "zh", LatencyMS: 1.5, PromptTokens: 1, CompletionTokens: 2,
			CostMicros: 3, Currency: "CNY", Model: "m", Answered: true, Cached: true, Dialogue: "ADDRESS", Slots: map[string]string{"order_id": "1"},
		},
		Handoff: &Handoff{
			ID: "h", Step: HandoffTaken, Reason: ReasonAnger, Confidence: ptr(0.5),
			Context: &HandoffContext{Rounds: []HandoffTurn{{From: RoleUser, Text: "t", TS: 1}}, Profile: map[string]float64{"orders": 2}},
		},
		Alias: "a",
		Attrs: json.RawMessage(`{"trace":"t"}`),
	}
}

func TestEncodeDecodeKeepsEveryField(t *testing.T) {
	want := whole()
	for field, v := range map[string]reflect.Value{"event": reflect.ValueOf(*want), "reply": reflect.ValueOf(*want.Reply)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Fatalf("%s: field %s is not covered by this test", field, v.Type().Field(i).Name)
			}
		}
	}
	b, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEmptyItemsAreNotOmittedItems(t *testing.T) {
	for _, items := range [][]Item{nil, {}} {
		b, _ := Encode(&Event{Type: TypeOrder, Items: items})
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if (got.Items == nil) != (items == nil) {
			t.Errorf("%#v came back as %#v", items, got.Items)
		}
	}
}

func TestMoney(t *testing.T) {
	good := map[string]Money{"0": 0, "269": 26900, "269.1": 26910, "269.00": 26900, "0.01": 1, "007": 700, "9999999999999999.99": 999999999999999999}
	for s, want := range good {
		if got, err := ParseMoney(s); err != nil || got != want {
			t.Errorf("ParseMoney(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", ".5", "5.", "1.005", "-1", "+1", "1e2", "1,00", "１", " 1", "10000000000000000", "0x1"} {
		if got, err := ParseMoney(s); err == nil {
			t.Errorf("ParseMoney(%q) = %d, want an error", s, got)
		}
	}
	for m, want := range map[Money]string{0: "0.00", 1: "0.01", 26900: "269.00", -5: "-0.05", 999999999999999999: "9999999999999999.99"} {
		if got := m.String(); got != want {
			t.Errorf("Money(%d) = %q, want %q", m, got, want)
		}
	}
}

func FuzzMoney(f *testing.F) {
	f.Add("269.00")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMoney(s)
		if err != nil {
			return
		}
		again, err := ParseMoney(m.String())
		if err != nil || again != m {
			t.Errorf("%q: %v is %v again, %v", s, m, again, err)
		}
	})
}

func TestKeysOfDifferentPairsDiffer(t *testing.T) {
	pairs := []Shopper{{"甲|1", "2"}, {"甲", "|12"}, {"甲", "1|2"}, {"1", "12"}, {"11", "2"}, {"", "1:12"}, {"1:", "12"}}
	seen := map[string]Shopper{}
	for _, p := range pairs {
		if other, twice := seen[p.Key()]; twice {
			t.Errorf("%v and %v share the key %q", p, other, p.Key())
		}
		seen[p.Key()] = p
	}
}

func TestIdentity(t *testing.T) {
	base := Event{Type: TypeMessage, ID: "x", ShopID: "s", UserID: "u", OrderID: "o"}
	same := base
	same.Text, same.TS, same.ConvID = "other", 5, "c"
	if base.Identity() != same.Identity() {
		t.Error("text, ts and conversation are no part of an identity")
	}
	for name, change := range map[string]func(*Event){
		"shop": func(e *Event) { e.ShopID = "s2" }, "type": func(e *Event) { e.Type = TypeFeedback },
		"user": func(e *Event) { e.UserID = "u2" }, "id": func(e *Event) { e.ID = "y" },
		"moved byte": func(e *Event) { e.UserID, e.ID = "ux", "" },
	} {
		other := base
		change(&other)
		if base.Identity() == other.Identity() {
			t.Errorf("%s: want another identity", name)
		}
	}
	order, byOther := base, base
	order.Type, byOther.Type, byOther.UserID = TypeOrder, TypeOrder, "u2"
	if order.Identity() != byOther.Identity() {
		t.Error("an order event's user is no part of its identity")
	}
}

func TestCopies(t *testing.T) {
	f := NewFingerprinter(bytes.Repeat([]byte{1}, 32))
	base := whole()
	tests := map[string]struct {
		change func(*Event) (noTS bool)
		same   bool
	}{
		"nothing":            {func(*Event) bool { return false }, true},
		"unknown fields":     {func(e *Event) bool { e.Attrs = nil; e.Items[0].Attrs = nil; return false }, true},
		"a defaulted ts":     {func(e *Event) bool { e.TS++; return true }, true},
		"another ts":         {func(e *Event) bool { e.TS++; return false }, false},
		"another text":       {func(e *Event) bool { e.Text += "!"; return false }, false},
		"no amount":          {func(e *Event) bool { e.Amount = nil; return false }, false},
		"another item":       {func(e *Event) bool { e.Items[0].Quantity++; return false }, false},
		"items taken back":   {func(e *Event) bool { e.Items = []Item{}; return false }, false},
		"another user":       {func(e *Event) bool { e.UserID = "u9"; return false }, false},
		"no longer resolved": {func(e *Event) bool { e.Resolved = nil; return false }, false},
	}
	first := f.Copy(base, false)
	for name, tt := range tests {
		other := whole()
		noTS := tt.change(other)
		if got := first.Same(f.Copy(other, noTS)); got != tt.same {
			t.Errorf("%s: same = %v, want %v", name, got, tt.same)
		}
	}
	if NewFingerprinter(bytes.Repeat([]byte{2}, 32)).Copy(base, false).Body == first.Body {
		t.Error("want another fingerprint under another key")
	}
	if base.Attrs == nil || base.Items[0].Attrs == nil {
		t.Error("fingerprinting must not change the event")
	}
}

func TestOpen(t *testing.T) {
	e := whole()
	f := NewFingerprinter(bytes.Repeat([]byte{1}, 32))
	sent := Envelope{Identity: e.Identity(), Copy: f.Copy(e, true), Source: "events", MaybeDuplicate: true}
	value, _ := Encode(e)
	got, envelope, err := Open(sent.Headers(), value)
	if err != nil {
		t.Fatal(err)
	}
	if *envelope != sent || got.ID != e.ID {
		t.Errorf("got %+v, want %+v", *envelope, sent)
	}

	other := whole()
	other.ID = "e2"
	otherValue, _ := Encode(other)
	bad := map[string]struct {
		headers []Header
		value   []byte
	}{
		"no headers":       {nil, value},
		"not JSON":         {sent.Headers(), []byte("{")},
		"another's header": {sent.Headers(), otherValue},
		"future schema":    {[]Header{{HeaderSchema, []byte("2")}}, value},
		"short identity":   {[]Header{{HeaderIdentity, []byte("x")}}, value},
	}
	for name, b := range bad {
		if _, _, err := Open(b.headers, b.value); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	e := whole()
	value, _ := Encode(e)
	id := e.Identity()
	f.Add(id[:], value)
	f.Fuzz(func(t *testing.T, id, value []byte) {
		got, _, err := Open([]Header{{HeaderIdentity, id}, {HeaderFingerprint, make([]byte, 17)}}, value)
		if err == nil && got.Type.Topic() == "" {
			t.Error("opened an event of no topic")
		}
	})
}

func TestDecodeEntryWantsOnePart(t *testing.T) {
	for _, bad := range []string{`{}`, `null`, `[]`, `{"message":{},"order":{}}`, `{`} {
		if _, err := DecodeEntry([]byte(bad)); err == nil {
			t.Errorf("%s: want an error", bad)
		}
	}
	e, err := DecodeEntry([]byte(`{"order":{"shop_id":"s","user_id":"u","order_id":"o","v":7}}`))
	if err != nil || e.Shopper() != (Shopper{"s", "u"}) || e.Order.V != 7 {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestTextIsTest(t *testing.T) {
	for text, want := range map[string]bool{"测试": true, " TEST \n": true, "test": true, "testing": false, "": false, "测试一下": false, strings.Repeat(" ", 99) + "Test": true} {
		if got := TextIsTest(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestEveryTypeHasItsTopic(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range slices.Concat(Types(), OwnTypes()) {
		seen[typ.Topic()] = true
	}
	for _, topic := range RawTopics() {
		if !seen[topic] {
			t.Errorf("%s: no type goes there", topic)
		}
	}
	if Type("note").Topic() != "" {
		t.Error("an unknown type has no topic")
	}
}

func TestShopperOfAKey(t *testing.T) {
	for _, want := range []Shopper{{"s", "u"}, {"", ""}, {"1:2", "3:4"}, {"店", ""}} {
		if got, ok := ShopperOf(want.Key()); !ok || got != want {
			t.Errorf("%q: %v, %v", want.Key(), got, ok)
		}
	}
	for _, key := range []string{"", ":", "x:y", "9:ab", "-1:a", "01:ab", "1"} {
		if got, ok := ShopperOf(key); ok {
			t.Errorf("%q is taken for the key of %v", key, got)
		}
	}
}

func TestPositionGrows(t *testing.T) {
	if !(At(0, 5) < At(0, 6) && At(0, 1<<39) < At(1, 0)) {
		t.Error("a later offset and a later epoch are greater")
	}
}
