package reply

import (
	"strings"

	"golang.org/x/text/language"

	"askbuy/models/intent"
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
// question.
func languageOf(asked string, s intent.Scored, text string) string {
	switch {
	case asked != "":
		return asked
	case s.Language == english:
		return english
	case s.Language == "" && strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0 && hasLetter(text):
		return english // the model could not be had
	}
	return chinese
}

func hasLetter(text string) bool {
	return strings.ContainsAny(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz")
}
