package dialogue

import (
	"slices"
	"strings"

	"askbuy/models/faq"
	"askbuy/models/intent"
)

type scored = intent.Scored

// sure is the least confidence of an intent that names a topic: two intents of
// one topic often share what confidence there is.
const sure = 0.4

// fewLetters is how much a text may have, in bytes, beside what it names.
const fewLetters = 14

// related is from which similarity on a text goes on with one before it,
// whatever its intent.
const related = 0.3

// topic is what a conversation is about: the field of the last intent that
// names one, such as logistics.
type topic struct{ kind, field string }

// fieldless are intents that fit into any topic.
var fieldless = []string{"", intent.Other, "greeting", "small_talk", "hesitation", "rejection", "human_agent", "complaint", "spam"}

func topicOf(text string, s scored) (topic, bool) {
	if s.IntentConfidence < sure || len(s.IntentPath) < 2 || slices.Contains(fieldless, s.Intent) || bare(text, s.Entities) {
		return topic{}, false
	}
	return topic{s.IntentPath[0], s.IntentPath[1]}, true
}

var unmasked = strings.NewReplacer(maskedAddress, "", maskedPhone, "")

// bare reports whether a text is little more than what it names, as an order's
// number or an address: it answers a question, whatever intent it seems to have.
func bare(text string, named []intent.Entity) bool {
	rest := unmasked.Replace(text)
	for _, e := range named {
		rest = strings.Replace(rest, e.Text, "", 1)
	}
	return len(rest) < len(text) && len(trimmed(rest)) <= fewLetters && len(text)-len(rest) > len(trimmed(rest))
}

func (t *topic) follow(text string, s scored) {
	if next, ok := topicOf(text, s); ok {
		*t = next
	}
}

// shifts reports whether a text leaves the topic: it is surely about another
// one and unlike all that was said.
func (m *memory) shifts(text string, s scored) bool {
	if m.topic == (topic{}) {
		return false
	}
	next, ok := topicOf(text, s)
	if !ok || next == m.topic {
		return false
	}
	if e := eventOf(text); e == Confirm || e == Cancel {
		return false
	}
	said := faq.NewText(text)
	return !slices.ContainsFunc(m.texts, func(before string) bool { return faq.NewText(before).Similarity(said) >= related })
}

func pathOf(id string) []string {
	for _, in := range intent.Intents() {
		if in.ID == id {
			return in.Path
		}
	}
	return nil
}
