package event

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Messages and replies are what there is most of: they have to take the short
// way.
func TestMessagesAndRepliesAreReadTheShortWay(t *testing.T) {
	plain, whole := rapid.StringMatching(`[a-z0-9:值？😀 ']*`), rapid.Int64()
	number := rapid.Map(rapid.Int64Range(-1e12, 1e12), func(n int64) float64 { return float64(n) / 1000 })
	rapid.Check(t, func(rt *rapid.T) {
		e := Event{
			Type: Type(plain.Draw(rt, "type")), ID: plain.Draw(rt, "id"), ShopID: plain.Draw(rt, "shop"), UserID: plain.Draw(rt, "user"), ConvID: plain.Draw(rt, "conv"),
			TS: whole.Draw(rt, "ts"), Test: rapid.Bool().Draw(rt, "test"), From: Role(plain.Draw(rt, "from")), Text: plain.Draw(rt, "text"),
			Channel: plain.Draw(rt, "channel"), BotID: plain.Draw(rt, "bot"), Experiment: plain.Draw(rt, "experiment"), Variant: plain.Draw(rt, "variant"),
		}
		if rapid.Bool().Draw(rt, "is a reply") {
			e.Reply = &Reply{
				QuestionID: plain.Draw(rt, "question"), Route: plain.Draw(rt, "route"), Intent: plain.Draw(rt, "intent"), Language: plain.Draw(rt, "language"),
				Confidence: rapid.Ptr(number, true).Draw(rt, "confidence"), LatencyMS: number.Draw(rt, "latency"),
				PromptTokens: whole.Draw(rt, "prompt"), CompletionTokens: whole.Draw(rt, "completion"), CostMicros: whole.Draw(rt, "cost"),
				Currency: plain.Draw(rt, "currency"), Model: plain.Draw(rt, "model"), Dialogue: plain.Draw(rt, "dialogue"),
				Answered: rapid.Bool().Draw(rt, "answered"), Cached: rapid.Bool().Draw(rt, "cached"),
			}
		}
		value, err := Encode(&e)
		if err != nil {
			rt.Fatal(err)
		}
		if got, short := read(value); !short || !reflect.DeepEqual(*got, e) {
			rt.Fatalf("%s: the short way is %v, and reads %+v", value, short, got)
		}
	})
}

// What the short way reads, package json reads as the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"type":"message","event_id":"m","shop_id":"s","user_id":"u","conv_id":"c","ts":1,"test":true,"from":"user","text":"有优惠券吗","channel":"coze"}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":-0,"text":"a\"b"}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":01}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1e3}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":9223372036854775808}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1,"text":"` + "\x01" + `"}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1,"text":"` + "\xff" + `"}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1,"test":tru}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1}}`,
		`{"type":"message","event_id":"m","shop_id":"s","ts":1,"attrs":{"a":1}}`,
		`{"type":"reply","event_id":"m","shop_id":"s","ts":1,"reply":{"question_event_id":"q","route":"faq","intent":"","confidence":0.5,"language":"zh","latency_ms":-1.50,"prompt_tokens":0,"completion_tokens":0,"cost_micros":0,"is_answered":true,"is_cached":false}}`,
		`{"type":"reply","event_id":"m","shop_id":"s","ts":1,"reply":{"question_event_id":"q","route":"faq","intent":"","language":"zh","latency_ms":1.,"is_answered":true,"slots":{"a":"b"}}}`,
		`{"type":"reply","event_id":"m","shop_id":"s","ts":1,"reply":{"question_event_id":"q","route":"faq","intent":"","language":"zh","latency_ms":.5}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got, short := read(value)
		if !short {
			return
		}
		var want Event
		if err := json.Unmarshal(value, &want); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q is read as %+v; package json says %+v, %v", value, got, want, err)
		}
	})
}
