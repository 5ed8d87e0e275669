// Package dialogue carries a conversation over several turns: a finite-state
// machine for shipping fees and addresses, what the shopper has named so far
// (slots), rules that an operator writes, and the question that is asked back
// when a text may mean two things.
//
// All of it is a function of the conversation's last rounds and the text at
// hand, so there is no state to keep: any replica says the same. Nothing here
// reads a clock or does IO but File, which follows the file of rules.
package dialogue

import (
	"slices"
	"strings"
	"unicode/utf8"

	"askbuy/models/intent"
)

// Round is a question and the reply that it got. Texts are masked.
type Round struct {
	Question string
	Reply    string
}

// Turn is a question that waits for its reply.
type Turn struct {
	Shop    string
	Text    string  // masked
	Before  []Round // the oldest first
	English bool    // reply in English
}

// Reply is what the machine says.
type Reply struct {
	Text       string
	Confidence float64 // 0 to 1; 1 where the machine's own state decides
	State      State   // after this turn
	Slots      Slots
	NeedsAgent bool // the machine cannot do what was agreed on: an agent has to
	General    bool // it says what is so in every shop: what the shop itself says is better
}

// Reader says what a text tells: a model of package intent.
type Reader interface {
	Score(text string) intent.Scored
	Guesses(text string, k int) []intent.Guess
}

// Answer is the machine's reply to a turn, or that of the first rule that
// matches; not ok when neither has one. Where the machine has only something
// general to say, a rule goes first.
func Answer(t Turn, read Reader, rules *Rules) (Reply, bool) {
	if !moves(t) {
		t.Before = nil // no round can matter, and most turns need not read them
	}
	m := remember(t.Before, read)
	scored := m.hear(t.Text, read)
	reply := Reply{Confidence: 1, State: m.state, Slots: m.slots}
	if meant := m.chosen; meant != "" {
		scored.Intent, scored.IntentConfidence = meant, 1
	}
	rule := rules.match(t.Shop, t.Text, scored)
	if m.spoke {
		reply.Text, reply.NeedsAgent, reply.General = m.say(t.English, rules)
		if rule == nil || !reply.General {
			return reply, true
		}
	}
	if rule == nil {
		return reply, false
	}
	reply.Text, reply.Confidence, reply.General = rule.Answer.in(t.English), rule.confidence(scored), false
	return reply, reply.Text != ""
}

// moves reports whether the machine can have anything to say: the text or a
// round before it is an event, or something was asked back.
func moves(t Turn) bool {
	return eventOf(t.Text) != "" || slices.ContainsFunc(t.Before, func(r Round) bool {
		return eventOf(r.Question) != "" || isClarification(r.Reply)
	})
}

// Meaning is what the shopper chose when the last reply asked back: the intent,
// or "" when nothing was asked or the text is no choice. A step that goes by
// intents takes it in the place of the text's own.
func Meaning(t Turn, read Reader) string {
	m := remember(t.Before, read)
	m.hear(t.Text, read)
	return m.chosen
}

// Shifted reports whether the text leaves what the rounds before were about.
// What follows a shift is answered without them.
func Shifted(t Turn, read Reader) bool {
	m := remember(t.Before, read)
	return m.shifts(t.Text, read.Score(t.Text))
}

// Since are the rounds that a turn belongs to: those after the last shift, and
// none when the turn itself is one.
func Since(t Turn, read Reader) []Round {
	for i := len(t.Before); i >= 0; i-- {
		text := t.Text
		if i < len(t.Before) {
			text = t.Before[i].Question
		}
		if Shifted(Turn{Text: text, Before: t.Before[:i]}, read) {
			return t.Before[i:]
		}
	}
	return t.Before
}

// trimmed is a short text without what does not change its meaning.
func trimmed(text string) string {
	return lower(strings.Trim(text, " \t\r\n。，！？～.,!?~、；;:：\"'“”‘’"))
}

// lower is strings.ToLower, which asks a table about every character: most texts
// have none with a case, and their bytes tell.
func lower(text string) string {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c < utf8.RuneSelf && (c < 'A' || c > 'Z'):
			i++
		case c >= 0xE3 && c <= 0xE9, // U+3000 to U+9FFF
			c == 0xEF && i+2 < len(text) && text[i+1] == 0xBC && text[i+2] < 0xA1: // wide marks, U+FF00 to U+FF20
			i += 3
		default:
			return strings.ToLower(text)
		}
	}
	return text
}
