package dialogue

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"askbuy/models/intent"
)

// between is a reader whose every text may mean two things.
type between struct{ a, b intent.Guess }

func (between) Score(text string) intent.Scored          { return intent.Default().Score(text) }
func (r between) Guesses(_ string, _ int) []intent.Guess { return []intent.Guess{r.a, r.b} }
func guess(act string, probability float64) intent.Guess {
	return intent.Guess{Act: act, Probability: probability}
}

func TestClarify(t *testing.T) {
	f := func(a, b intent.Guess, english bool, want string) {
		t.Helper()
		got, ok := Clarify(Turn{Text: "那个", English: english}, between{a, b})
		if !ok || got != want {
			t.Errorf("%v, %v: %q, want %q", a, b, got, want)
		}
	}
	f(guess("logistics", .45), guess("order_change", .35), false, "您是想了解查物流催发货还是修改取消订单？")
	f(guess("logistics", .45), guess("order_change", .35), true, "Do you mean a parcel's way or an order change?")
	f(guess("logistics", .9), guess("order_change", .05), false, askAgain.Chinese)
	f(guess("logistics", .2), guess("order_change", .2), false, askAgain.Chinese)
	f(guess("logistics", .5), guess("greeting", .4), true, askAgain.English)
}

// What is said fits into what a mini program shows, whichever meanings are
// close: a question that is cut could not be answered.
func TestTextsAreShort(t *testing.T) {
	short := func(name string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if n := utf8.RuneCountInString(text); n == 0 || n > 50 {
				t.Errorf("%s: %q has %d characters", name, text, n)
			}
		}
	}
	for name, text := range shippedTexts {
		short(name, text.Chinese, text.English)
	}
	short("again", askAgain.Chinese, askAgain.English)
	for _, a := range intent.Acts() {
		for _, b := range intent.Acts() {
			if slices.Contains(fieldless, a) || slices.Contains(fieldless, b) {
				continue
			}
			options := []option{{a, intent.LabelOf(a)}, {b, intent.LabelOf(b)}}
			short(a, which(options, false), which(options, true), englishNames[a])
		}
	}
}

// It asks once, whichever question it was.
func TestClarifyOnce(t *testing.T) {
	read := between{guess("logistics", .45), guess("order_change", .35)}
	for _, english := range []bool{false, true} {
		for _, r := range []Reader{read, between{guess("logistics", .9), guess("order_change", .05)}} {
			asked, _ := Clarify(Turn{Text: "那个", English: english}, r)
			if again, ok := Clarify(Turn{Text: "就是那个", Before: []Round{{"那个", asked}}, English: english}, r); ok {
				t.Errorf("after %q it asks %q", asked, again)
			}
			if _, ok := Clarify(Turn{Text: "那个", Before: []Round{{"那个", asked}, {"好吧", "好的"}}, English: english}, r); !ok {
				t.Errorf("after another reply it does not ask again")
			}
		}
	}
}

func TestChoice(t *testing.T) {
	read := between{guess("logistics", .45), guess("order_change", .35)}
	f := func(text, want string) {
		t.Helper()
		for _, english := range []bool{false, true} {
			asked, _ := Clarify(Turn{Text: "那个", English: english}, read)
			if got := Meaning(Turn{Text: text, Before: []Round{{"那个", asked}}}, read); got != want {
				t.Errorf("asked %q, told %q: %q, want %q", asked, text, got, want)
			}
		}
	}
	f("第一个", "logistics")
	f("A", "logistics")
	f("前者吧。", "")
	f("后者", "order_change")
	f("the second one", "order_change")
	f("物流", "logistics")
	f("我的订单还没发货", "logistics")
	f("你好", "")
	f("", "")
	if got := Meaning(Turn{Text: "第一个", Before: []Round{{"那个", "好的"}}}, read); got != "" {
		t.Errorf("nothing was asked, and %q was chosen", got)
	}
}

// Real texts that may mean two things are asked back, clear ones are not.
func TestClosest(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		got := closest(text, intent.Default())
		if (len(got) == 2) != want {
			t.Errorf("%q: %v of %v, want two: %v", text, got, intent.Default().Guesses(text, 3), want)
		}
	}
	f("能开发票吗", false)
	f("我的订单还没发货", false)
	f("你好", false)
	f("", false)
}

func TestRules(t *testing.T) {
	rules, err := ParseRules([]byte(`{"rules":[
		{"id":"hours","any":["营业时间","Opening Hours"],"answer":{"zh":"九点到六点。","en":"Nine to six."}},
		{"id":"invoice","intents":["invoice"],"none":["纸质"],"shops":["1"],"answer":{"zh":"订单页可开票。","en":"Invoices are on the order page."}}],
		"texts":{"fee":{"zh":"满99元包邮。","en":"Free from 99."}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(shop, text string, english bool, want string) {
		t.Helper()
		got, ok := Answer(Turn{Shop: shop, Text: text, English: english}, intent.Default(), rules)
		if ok != (want != "") || got.Text != want {
			t.Errorf("shop %s, %q: %q, want %q", shop, text, got.Text, want)
		}
	}
	f("2", "营业时间是几点", false, "九点到六点。")
	f("2", "What are your opening hours", true, "Nine to six.")
	f("1", "能开发票吗", false, "订单页可开票。")
	f("2", "能开发票吗", false, "")
	f("1", "能开纸质发票吗", false, "")
	f("1", "运费多少", false, "满99元包邮。")
	if rules.Len() != 2 {
		t.Errorf("%d rules", rules.Len())
	}
}

func TestParseRulesRefuses(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		if _, err := ParseRules([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", raw, err, want)
		}
	}
	f(`{`, "read reply rules")
	f(`{"rule":[]}`, "unknown")
	f(`{"rules":[{"id":"a","answer":{"zh":"a","en":"a"}}]}`, "every text")
	f(`{"rules":[{"any":["a"],"answer":{"zh":"a","en":"a"}}]}`, "id")
	f(`{"rules":[{"id":"a","any":[" "],"answer":{"zh":"a","en":"a"}}]}`, "empty")
	f(`{"rules":[{"id":"a","any":["a"],"answer":{"zh":"a","en":""}}]}`, "zh and en")
	f(`{"rules":[{"id":"a","intents":["nonsense"],"answer":{"zh":"a","en":"a"}}]}`, "taxonomy")
	f(`{"texts":{"nonsense":{"zh":"a","en":"a"}}}`, "nonsense")
	f(`{"texts":{"fee":{"zh":"a","en":""}}}`, "texts.fee")
	f(strings.Repeat(" ", maxRulesFile+1), "bytes")
}

func FuzzParseRules(f *testing.F) {
	f.Add([]byte(`{"rules":[{"id":"a","any":["a"],"answer":{"zh":"a","en":"b"}}]}`), "a")
	f.Add([]byte(``), "运费")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		rules, err := ParseRules(raw)
		if err != nil {
			return
		}
		if got, ok := Answer(Turn{Text: text}, intent.Default(), rules); ok && got.Text == "" {
			t.Errorf("an empty answer to %q by %s", text, raw)
		}
	})
}
