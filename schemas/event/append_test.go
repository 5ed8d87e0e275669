package event

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Every field alone, so that one which append does not know is found.
func TestEncodeKnowsEveryField(t *testing.T) {
	for i := range reflect.TypeFor[Event]().NumField() {
		var e Event
		field := reflect.ValueOf(&e).Elem().Field(i)
		switch field.Kind() {
		case reflect.String:
			field.SetString("值")
		case reflect.Int64:
			field.SetInt(-7)
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
			sameAsPackageJSON(t, &e)
			if raw, ok := field.Addr().Interface().(*json.RawMessage); ok {
				*raw = json.RawMessage(`{"a": "<"}`)
			} else {
				field.Set(reflect.MakeSlice(field.Type(), 2, 2))
			}
		default:
			t.Fatalf("%s: extend the test by kind %s", reflect.TypeFor[Event]().Field(i).Name, field.Kind())
		}
		sameAsPackageJSON(t, &e)
	}
}

func TestEncodeWritesAsPackageJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z"\\<>&\n\x00\x7f“—\x{2028}\x{2029}值😀]*`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	whole := rapid.Ptr(rapid.Int64(), true)
	amount := rapid.Ptr(rapid.Map(rapid.Int64Range(0, 1e18-1), func(n int64) Money { return Money(n) }), true)
	rapid.Check(t, func(rt *rapid.T) {
		e := Event{
			Type: Type(text.Draw(rt, "type")), ID: text.Draw(rt, "id"), Text: text.Draw(rt, "text"), TS: rapid.Int64().Draw(rt, "ts"),
			Test: rapid.Bool().Draw(rt, "test"), Amount: amount.Draw(rt, "amount"), RefundAmount: amount.Draw(rt, "refund"),
			DwellMS: whole.Draw(rt, "dwell"), Resolved: rapid.Ptr(rapid.Bool(), true).Draw(rt, "resolved"), Alias: text.Draw(rt, "alias"),
		}
		sameAsPackageJSON(rt, &e)
	})
}

func TestEncodeKnowsEveryFieldOfAReply(t *testing.T) {
	for i := range reflect.TypeFor[Reply]().NumField() {
		var r Reply
		field := reflect.ValueOf(&r).Elem().Field(i)
		switch value := field.Addr().Interface().(type) {
		case *string:
			*value = "值<"
		case *int64:
			*value = -7
		case *bool:
			*value = true
		case *float64:
			*value = -1.25
		case **float64:
			*value = new(float64)
		case *map[string]string:
			*value = map[string]string{}
			sameAsPackageJSON(t, &Event{Reply: &r})
			*value = map[string]string{"b": "<", "a": ""}
		default:
			t.Fatalf("%s: extend the test by type %s", reflect.TypeFor[Reply]().Field(i).Name, field.Type())
		}
		sameAsPackageJSON(t, &Event{Reply: &r})
	}
}

func TestEncodeWritesNumbersAsPackageJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{1e-6, 9.999999e-7, 1e21, 9.99e20, 0.1, math.Copysign(0, -1)}))
		sameAsPackageJSON(rt, &Event{Reply: &Reply{Confidence: rapid.Ptr(number, true).Draw(rt, "confidence"), LatencyMS: number.Draw(rt, "latency")}})
	})
	if b, err := Encode(&Event{Reply: &Reply{LatencyMS: math.NaN()}}); err == nil {
		t.Errorf("encoded as %s", b)
	}
}

func TestEncodeRefusesAttrsThatAreNoJSON(t *testing.T) {
	e := Event{Attrs: json.RawMessage(`{`)}
	if b, err := Encode(&e); err == nil {
		t.Errorf("encoded as %s", b)
	}
}

type failer interface{ Fatalf(string, ...any) }

func sameAsPackageJSON(t failer, e *Event) {
	want, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if got, err := Encode(e); err != nil || string(got) != string(want) {
		t.Fatalf("%s: %v, want %s", got, err, want)
	}
}

func BenchmarkEncode(b *testing.B) {
	e := Event{
		Type: TypeMessage, ID: "msg_1", ShopID: "shop-1024", UserID: "u_987", ConvID: "c_1", TS: 1_750_830_000_000,
		From: RoleUser, Text: "有优惠券吗?这款羽绒服便宜点我就下单", Channel: "coze",
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(&e); err != nil {
			b.Fatal(err)
		}
	}
}
