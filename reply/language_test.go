package reply

import (
	"strings"
	"testing"
	"unicode"

	"askbuy/models/intent"
	"askbuy/reply/turn"
)

func TestLanguageOfAnAnswer(t *testing.T) {
	chineseTalk, englishTalk := []turn.Round{{Answer: "请发订单号。"}}, []turn.Round{{Answer: "Which order is it?"}}
	f := func(want, asked, read, text string, rounds []turn.Round) {
		t.Helper()
		got := languageOf(asked, &turn.Turn{Text: text, Intent: intent.Scored{Language: read}, State: turn.State{Rounds: rounds}})
		if got != want {
			t.Errorf("%q, asked for %q after %v: %q, want %q", text, asked, rounds, got, want)
		}
	}
	f("zh", "", "zh", "怎么退货", nil)
	f("en", "", "en", "how do I return it", nil)
	f("en", "en", "zh", "怎么退货", nil)
	f("en", "", "", "how do I return it", nil)
	f("zh", "", "", "怎么退货", nil)
	// What was masked has no language, nor has what is hardly a word.
	f("zh", "", "en", "[address]", nil)
	f("zh", "", "en", "[address] [phone]", chineseTalk)
	f("en", "", "zh", "[address]", englishTalk)
	f("zh", "", "en", "XL", chineseTalk)
	f("zh", "", "en", "ok", chineseTalk)
	f("en", "", "zh", "20250625001", englishTalk)
	f("zh", "", "zh", "20250625001", nil)
	f("en", "", "en", "XL", nil)
	// Who changes the language is followed.
	f("en", "", "en", "do you ship abroad", chineseTalk)
	f("zh", "", "zh", "能退吗", englishTalk)
}

// Those that are told without a table are Chinese, and none is a Latin letter in
// lower case; whatever else a text has, it is told as the tables tell it.
func TestLettersAreToldAsTablesTellThem(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		text := string(r)
		if latin := strings.ContainsAny(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz"); hasLetter(text) != latin {
			t.Fatalf("%U: a Latin letter must be %v", r, latin)
		}
		if isHan(r) != unicode.Is(unicode.Han, r) {
			t.Fatalf("%U: Chinese must be %v", r, unicode.Is(unicode.Han, r))
		}
	}
}
