package handoffs

import (
	"strings"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

const (
	// SureEnough is the confidence below which an answer of the FAQ or the rules
	// is none.
	SureEnough = 0.7
	// Failures is how many turns running without an answer call a person.
	Failures = 3
)

// Words that call a person wherever they stand in a question.
var (
	complaintWords = []string{"投诉", "12315", "complaint", "complain"}
	urgentWords    = []string{"紧急", "urgent", "emergency"}
	personWords    = []string{"转人工", "人工客服", "找人工", "真人", "human agent", "real person", "talk to a human", "speak to a human"}
)

// due decides whether a turn calls a person, and why. The reasons are asked in
// the order of their urgency.
func due(t *turn.Turn, r *turn.Reply) (event.HandoffReason, bool) {
	text := strings.ToLower(t.Text)
	topic := ""
	if !r.Instructs {
		topic = topicOf(t)
	}
	switch {
	case t.Angry() && !r.Instructs:
		return event.ReasonAnger, true
	case has(text, urgentWords):
		return event.ReasonUrgent, true
	case topic == complaint || has(text, complaintWords):
		return event.ReasonComplaint, true
	case topic == humanAgent || wantsPerson(text):
		return event.ReasonAsked, true
	case r.NeedsPerson: // what the shopper asked for and confirmed is left to do
		return event.ReasonAsked, true
	case r.Answered():
		return "", false
	case t.State.Failures+1 >= Failures:
		return event.ReasonFailures, true
	case unsure(r) && t.State.Clarified && r.Route != turn.RouteClarify:
		return event.ReasonLowConfidence, true
	}
	return "", false
}

// topicOf is a turn's topic as guessed, where that is sure enough to be acted on.
func topicOf(t *turn.Turn) string {
	if t.Intent.IntentConfidence < SureEnough {
		return ""
	}
	return t.Intent.Intent
}

func wantsPerson(lower string) bool {
	return has(lower, personWords) || lower == "人工" || lower == "agent"
}

// Asks reports whether a turn asks for a person: no model has the answer.
func Asks(t *turn.Turn) bool {
	return topicOf(t) == humanAgent || wantsPerson(strings.ToLower(t.Text))
}

// Calls reports whether a turn's text calls a person whatever it is answered.
func Calls(t *turn.Turn) bool {
	_, call := due(t, &turn.Reply{Route: turn.RouteFAQ})
	return call
}

// The topics that call a person.
const (
	humanAgent = "human_agent"
	complaint  = "complaint"
)

// unsure reports that a step would have answered and was not sure enough.
func unsure(r *turn.Reply) bool {
	return r.Below || r.Confidence != nil && *r.Confidence < SureEnough
}

func has(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// pressing is the place of a reason in the queue: the angry come first.
func pressing(reason event.HandoffReason) int {
	for n, r := range event.HandoffReasons() {
		if r == reason {
			return n
		}
	}
	return len(event.HandoffReasons())
}
