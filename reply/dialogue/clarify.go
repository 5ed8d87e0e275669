package dialogue

import (
	"slices"
	"strings"

	"askbuy/models/intent"
)

// Two guesses are close when they are most of what the text may mean and the
// second is not much less likely than the first.
const (
	closeTogether = 0.5 // least sum of both
	closeRatio    = 0.4 // least ratio of the second to the first
)

// option is one of the meanings that are asked about.
type option struct {
	intent string
	label  intent.Label
}

// Clarify is the question that is asked back where no step has an answer: which
// of two meanings, or, when none are close, what it is about. It asks once; not
// ok when the last reply was such a question.
func Clarify(t Turn, read Reader) (string, bool) {
	if n := len(t.Before); n > 0 && isClarification(t.Before[n-1].Reply) {
		return "", false
	}
	options := closest(t.Text, read)
	if len(options) == 0 {
		return pick(t.English, askAgain), true
	}
	return which(options, t.English), true
}

// which asks which of two meanings a text has.
func which(options []option, english bool) string {
	a, b := options[0].label, options[1].label
	if english {
		return askEnglish[0] + englishNames[options[0].intent] + askEnglish[1] + englishNames[options[1].intent] + askEnglish[2]
	}
	return askChinese[0] + a.Chinese + askChinese[1] + b.Chinese + askChinese[2]
}

// closest are the two meanings of a text when they are close.
func closest(text string, read Reader) []option {
	guesses := slices.DeleteFunc(read.Guesses(text, 4), func(g intent.Guess) bool { return slices.Contains(fieldless, g.Act) })
	if len(guesses) < 2 {
		return nil
	}
	first, second := guesses[0].Probability, guesses[1].Probability
	if first+second < closeTogether || second < closeRatio*first {
		return nil
	}
	return []option{{guesses[0].Act, intent.LabelOf(guesses[0].Act)}, {guesses[1].Act, intent.LabelOf(guesses[1].Act)}}
}

// isClarification recognises a question asked back by its own words, so that
// the rounds need to say nothing else of it.
func isClarification(reply string) bool {
	return strings.HasPrefix(reply, askChinese[0]) && strings.HasSuffix(reply, askChinese[2]) ||
		strings.HasPrefix(reply, askEnglish[0]) && strings.HasSuffix(reply, askEnglish[2]) ||
		reply == askAgain.Chinese || reply == askAgain.English
}

// asks are the meanings that a round's reply asked about: those of its
// question, when the reply is the question asked back.
func asks(r Round, read Reader) []option {
	options := closest(r.Question, read)
	if len(options) == 0 || r.Reply != which(options, false) && r.Reply != which(options, true) {
		return nil
	}
	return options
}

// The ways to choose the first and the second of two meanings.
var choices = [2][]string{
	{"1", "a", "第一个", "第一种", "前者", "前一个", "一", "the first", "first", "first one", "the first one"},
	{"2", "b", "第二个", "第二种", "后者", "后一个", "二", "the second", "second", "second one", "the second one", "the latter"},
}

// choice is the intent that a text chooses among those asked about, or "".
func choice(asked []option, text string, s scored) string {
	if len(asked) < 2 {
		return ""
	}
	whole := trimmed(text)
	for i, o := range asked[:2] {
		switch {
		case slices.Contains(choices[i], whole), s.Act == o.intent && s.ActConfidence >= sure:
			return o.intent
		case strings.Contains(whole, o.label.Chinese), strings.Contains(whole, strings.ToLower(o.label.English)), strings.Contains(whole, englishNames[o.intent]):
			return o.intent
		case len(whole) >= 2 && strings.Contains(o.label.Chinese, whole): // 发票 of 发票与报销
			return o.intent
		}
	}
	return ""
}
