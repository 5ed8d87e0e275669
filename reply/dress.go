package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"askbuy/models/intent"
	"askbuy/reply/turn"
)

// tones are what stands before an answer, by the shopper's mood. A language
// model is told of the mood instead.
var tones = map[string]text{
	intent.Angry:     {"非常抱歉给您添麻烦了！", "We are sorry for the trouble. "},
	intent.Hesitant:  {"您慢慢看，", "Take your time. "},
	intent.Satisfied: {"很高兴帮到您！", "Glad to help! "},
}

// dress puts the tone before an answer and an offer that runs behind it. What
// a mini program shows has them only where they leave the answer whole.
func dress(r turn.Reply, t *turn.Turn, offers []string) turn.Reply {
	if !r.Answered() || r.Route == turn.RouteHuman {
		return r
	}
	shown := brief(&r)
	if tone, ok := tones[t.Intent.Sentiment]; ok && r.Route != turn.RouteLLM {
		before := tone.in(t.Language)
		r.Text = before + r.Text
		shown = roomFor(before, shown, "")
	}
	if len(offers) > 0 && !strings.Contains(r.Text, offers[0]) {
		behind := offers[0]
		switch {
		case t.Language == english:
			behind = " " + behind
		case !ended(r.Text):
			behind = "。" + behind
		}
		r.Text += behind
		shown = roomFor("", shown, behind)
	}
	r.Brief = shown
	return r
}

// ended reports whether a text closes its last sentence.
func ended(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsPunct(last) || unicode.IsSymbol(last)
}

// roomFor puts words around a text if all of it can be shown.
func roomFor(before, text, behind string) string {
	if whole := before + text + behind; utf8.RuneCountInString(whole) <= maxBrief {
		return whole
	}
	return text
}
