package event

// HandoffStep is what an event of a handoff says happened.
type HandoffStep string

// The steps. Those of one handoff may come in any order and more than once:
// each is said by the events that say it, whatever else is known.
const (
	HandoffRequested HandoffStep = "requested" // the bot, or the shopper, wants a human
	HandoffTaken     HandoffStep = "taken"     // a human answers from here on
	HandoffShown     HandoffStep = "shown"     // words of the agent reached the shopper
	HandoffAttempted HandoffStep = "attempted" // its package was posted in vain
	HandoffDelivered HandoffStep = "delivered" // its package was posted, and taken
	HandoffAbandoned HandoffStep = "abandoned" // its package is not posted any more
	HandoffClosed    HandoffStep = "closed"    // the bot has the conversation back
	// HandoffLapsed: nobody came, or nobody wrote any more: the bot has the
	// conversation back unless a human takes it, or took it a short while before.
	HandoffLapsed HandoffStep = "lapsed"
)

// HandoffReason says why a conversation is handed over. The set is closed.
type HandoffReason string

// The reasons.
const (
	ReasonAsked         HandoffReason = "asked"          // the shopper asks for a human
	ReasonComplaint     HandoffReason = "complaint"      // 投诉
	ReasonUrgent        HandoffReason = "urgent"         // 紧急
	ReasonAnger         HandoffReason = "anger"          // the shopper is angry
	ReasonLowConfidence HandoffReason = "low_confidence" // below 0.7, and clarified once
	ReasonFailures      HandoffReason = "failures"       // three turns running without an answer
	ReasonTakeover      HandoffReason = "takeover"       // a human took over unasked
)

// HandoffReasons lists every reason, the most pressing first.
func HandoffReasons() []HandoffReason {
	return []HandoffReason{ReasonAnger, ReasonUrgent, ReasonComplaint, ReasonAsked, ReasonFailures, ReasonLowConfidence, ReasonTakeover}
}

// Handoff is what an event of type handoff says beyond shop, user,
// conversation and time.
type Handoff struct {
	ID   string      `json:"handoff_id"`
	Step HandoffStep `json:"step"`
	// Of a request, and of a taking that nobody had asked for:
	Reason     HandoffReason   `json:"reason,omitempty"`
	Confidence *float64        `json:"confidence,omitempty"` // of the step that answered, 0 to 1
	BuyScore   *float64        `json:"buy_score,omitempty"`  // of the conversation then, 0 to 1
	Context    *HandoffContext `json:"context,omitempty"`
	// Of a taking, and of a closing:
	Agent string `json:"agent,omitempty"`
	// Of a posting: its number from 1, and why it failed.
	Attempt int64  `json:"attempt,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Of a showing: ids of the agent's messages.
	Shown []string `json:"shown,omitempty"`
}

// HandoffContext is what the agent is told, so that the shopper need not say
// it again.
type HandoffContext struct {
	Rounds   []HandoffTurn      `json:"rounds,omitempty"`   // the last five rounds, masked
	Profile  map[string]float64 `json:"profile,omitempty"`  // figures of the shopper, by name
	Segment  string             `json:"segment,omitempty"`  // new, vip or default
	Intent   string             `json:"intent,omitempty"`   // topic of the last question
	Language string             `json:"language,omitempty"` // of the conversation
}

// HandoffTurn is one message of the history.
type HandoffTurn struct {
	From Role   `json:"from"`
	Text string `json:"text"`
	TS   int64  `json:"ts"` // ms
}
