package reply

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"askbuy/reply/turn"
)

// The languages that askbuy answers in.
const (
	chinese = "zh"
	english = "en"
)

var (
	spoken  = language.NewMatcher([]language.Tag{language.Chinese, language.English})
	ofMatch = []string{chinese, english}
)

// preferred is the language of an Accept-Language header; "" when it names
// none of ours.
func preferred(header string) string {
	if header == "" {
		return ""
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	_, at, confidence := spoken.Match(wanted...)
	if confidence == language.No {
		return ""
	}
	return ofMatch[at]
}

// languageOf is the language of an answer: the one asked for, else that of the
// question; where a question hardly has one, as "XL", "ok", an order's number
// or what was masked, that of the conversation so far.
func languageOf(asked string, t *turn.Turn) string {
	text := placeholder.ReplaceAllString(t.Text, "")
	rounds := t.State.Rounds
	switch {
	case asked != "":
		return asked
	case len(rounds) > 0 && fewWords(text):
		return writtenIn(rounds[len(rounds)-1].Answer)
	case !hasLetter(text):
		return chinese
	case t.Intent.Language == english:
		return english
	case t.Intent.Language == "":
		return writtenIn(text) // the model could not be had
	}
	return chinese
}

// placeholder stands for what was masked, in letters of no language.
var placeholder = regexp.MustCompile(`\[(phone|address|id-card|email|bank-card)\]`)

// fewWords reports whether a text has no character of Chinese and at most one
// word.
func fewWords(text string) bool {
	if strings.IndexFunc(text, isHan) >= 0 { // most, and their words need not be told apart
		return false
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(words) < 2
}

func isHan(r rune) bool { return usualHan(r) || unicode.Is(unicode.Han, r) }

// usualHan needs no table.
func usualHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }

// writtenIn is the language of a text that is in one of ours.
func writtenIn(text string) string {
	if hasLetter(text) && strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 && unicode.IsLetter(r) }) < 0 {
		return english
	}
	return chinese
}

func hasLetter(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		if usualHan(r) {
			return false
		}
		r = unicode.ToLower(r)
		return r >= 'a' && r <= 'z'
	}) >= 0
}
