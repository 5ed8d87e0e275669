package mask

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func TestJSON(t *testing.T) {
	f := func(value, want string) {
		t.Helper()
		got, found := JSON([]byte(value))
		if string(got) != want {
			t.Errorf("%s\n got %s\nwant %s", value, got, want)
		}
		if (found == 0) != (want == value) {
			t.Errorf("%s: %s, found %v", value, got, found)
		}
	}
	same := func(value string) { t.Helper(); f(value, value) }

	f(`{"note":"打 13800138000 ","n":1}`, `{"note":"打 [phone] ","n":1}`)
	f(`{"a":[{"b":"x@y.com"}]}`, `{"a":[{"b":"[email]"}]}`)
	f(`{"note":"\u0031\u0033800138000"}`, `{"note":"[phone]"}`)
	f(`{"note":"say \"13800138000\"\n"}`, `{"note":"say \"[phone]\"\n"}`)
	f(`{"13800138000":1,"13900139000":2,"[phone] b":3}`, `{"[phone]":1,"[phone] c":2,"[phone] b":3}`)
	f(`{"receiver_phone":13800138000}`, `{"receiver_phone":"[phone]"}`)
	f(`{"Phone":"5551234567"}`, `{"Phone":"[phone]"}`)
	f(`{"phones":[1],"tel":[13800138000,"8888 6666"]}`, `{"phones":[1],"tel":["[phone]","[phone]"]}`)
	f(`{"shippingAddress1":"翠湖天地"}`, `{"shippingAddress1":"[address]"}`)
	f(`{"id_card":110105491231002}`, `{"id_card":"[id-card]"}`)
	f(`{"银行卡号":"6222 0202 0011 2230 95"}`, `{"银行卡号":"[bank-card]"}`)
	f(`"13800138000"`, `"[phone]"`)
	same(`{"phone":"iPhone 15 Pro","address":"[address]","mobile":true,"tel":null}`)
	same(`{"ts":1730000000000,"order_no":"202610140001","x":13800138000}`)
	same(`{"a":{"phone":"x"},"n":[{"tel":"y"},13800138000]}`)
	same(`{"unended":"13800138000`)
	same(``)
}

func anyJSON() *rapid.Generator[string] {
	quoted := rapid.Custom(func(t *rapid.T) string {
		b, _ := jsontext.AppendQuote(nil, anyText().Draw(t, "string")) // what is no UTF-8 is replaced
		return string(b)
	})
	return rapid.Custom(func(t *rapid.T) string {
		members := rapid.MapOfN(rapid.OneOf(quoted, rapid.SampledFrom([]string{`"phone"`, `"地址"`, `"id_card"`, `"card_no"`, `"[phone]"`, `"13800138000"`})),
			rapid.OneOf(quoted, rapid.SampledFrom([]string{`13800138000`, `null`, `[110105491231002,"x"]`, `{"tel":"88886666"}`})), 0, 5).Draw(t, "members")
		pieces := []string{}
		for name, value := range members {
			pieces = append(pieces, name+":"+value)
		}
		return "{" + strings.Join(pieces, ",") + "}"
	})
}

func checkMaskedJSON(t interface{ Errorf(string, ...any) }, value string) {
	masked, found := JSON([]byte(value))
	if (found == 0) != (string(masked) == value) {
		t.Errorf("%s: %s, found %v", value, masked, found)
	}
	if !jsontext.Value(value).IsValid() {
		return
	}
	if !jsontext.Value(masked).IsValid() {
		t.Errorf("%s: %s is no strict JSON", value, masked)
	}
	if again, more := JSON(masked); string(again) != string(masked) || more != 0 {
		t.Errorf("%s: masked %s, and again %s", value, masked, again)
	}
}

func TestMaskingJSONAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkMaskedJSON(t, anyJSON().Draw(t, "value")) })
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"13800138000":1,"phone":["x@y.com",13800138000],"\u0031":{"地址":"翠湖"}}`)
	f.Add(`{"a":"\"","b`)
	f.Fuzz(func(t *testing.T, value string) { checkMaskedJSON(t, value) })
}
