package dialogue

import (
	"slices"

	"askbuy/models/faq"
	"askbuy/models/intent"
)

type scored = intent.Scored

// sure is the least confidence of an intent that names a topic.
const sure = 0.5

// related is from which similarity on a text goes on with one before it,
// whatever its intent.
const related = 0.3

// topic is what a conversation is about: the field of the last intent that
// names one, such as logistics.
type topic struct{ kind, field string }

// fieldless are intents that fit into any topic.
var fieldless = []string{"", intent.Other, "greeting", "small_talk", "hesitation", "rejection", "human_agent", "complaint", "spam"}

func topicOf(s scored) (topic, bool) {
	if slices.Contains(fieldless, s.Intent) || s.IntentConfidence < sure || len(s.IntentPath) < 2 {
		return topic{}, false
	}
	return topic{s.IntentPath[0], s.IntentPath[1]}, true
}

func (t *topic) follow(s scored) {
	if next, ok := topicOf(s); ok {
		*t = next
	}
}

// shifts reports whether a text leaves the topic: it is surely about another
// one and unlike all that was said.
func (m *memory) shifts(text string, s scored) bool {
	next, ok := topicOf(s)
	e := eventOf(text)
	if e == Confirm || e == Cancel || !ok || m.topic == (topic{}) || next == m.topic {
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
