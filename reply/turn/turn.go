// Package turn is what the parts of the reply room hand to each other: what a
// step of the ladder is asked with, what it answers, and what is known of the
// conversation before. It decides nothing.
package turn

import (
	"context"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// Turn is one question of a shopper, with all that a step may go by. Nobody
// writes to it once the ladder is asked.
type Turn struct {
	event.Shopper
	ConvID   string
	EventID  string // of the shopper's message
	Text     string // masked, trimmed
	Language string // of the answer, zh or en
	At       int64  // ms since the epoch
	Test     bool   // test traffic
	FAQ      string // version of the shop's FAQ when the turn began

	State   State             // before this turn
	Slots   map[string]string // what the conversation has named so far, this text included
	Intent  intent.Scored     // what the text tells; its zero when the model cannot be had in time
	Profile Profile
	Arm     Arm

	// Say is given by a shopper who reads the answer while it is made: a step
	// may call it with the answer's next characters. Nil: nobody does.
	Say func(part string)
}

// Angry reports whether the shopper goes first.
func (t *Turn) Angry() bool { return t.Intent.Sentiment == intent.Angry }

// Arm is what an experiment gives the shopper; its zero: none covers them.
type Arm struct {
	Experiment string
	Variant    string
	Treatment  Treatment
}

// Treatment is what a variant means for the ladder.
type Treatment string

// The treatments.
const (
	TreatAll     Treatment = ""        // the whole ladder
	TreatFAQ     Treatment = "faq"     // everything but an LLM
	TreatLLM     Treatment = "llm"     // the whole ladder, too
	TreatHoldout Treatment = "holdout" // as if there were no bot: preset text and people
)

// Profile is what the shopper's past says of them.
type Profile struct {
	Kind          string  // new, repeat, vip or "" (not known)
	Orders        int64   // paid
	Refunds       int64   // orders with a refund
	BasketCents   int64   // mean net amount of a paid order, hundredths
	DaysSinceLast float64 // since the last paid order
}

// Route is the step that answered.
type Route string

// The routes. The set is closed.
const (
	RouteHot     Route = "hot"     // among the answers that are asked for most
	RouteCache   Route = "cache"   // the same context was answered minutes ago
	RouteRule    Route = "rule"    // rules, dialogue, facts of a provider
	RouteFAQ     Route = "faq"     // the nearest entry
	RouteLLM     Route = "llm"     // a language model
	RouteClarify Route = "clarify" // asked back
	RoutePreset  Route = "preset"  // nothing else answered
	RouteHuman   Route = "human"   // a person has the conversation
)

// Routes lists the routes.
func Routes() []Route {
	return []Route{RouteHot, RouteCache, RouteRule, RouteFAQ, RouteLLM, RouteClarify, RoutePreset, RouteHuman}
}

// Reply is an answer to a turn.
type Reply struct {
	Text  string // the whole of it
	Brief string // what a mini program shows, at most 50 characters; "": Text, cut at a sentence
	Route Route

	// Confidence is that of the step that answered, 0 to 1; nil: it has none.
	Confidence *float64
	// Below says that a step would have answered and was not sure enough;
	// Confidence is its own.
	Below bool
	// Late says that a step that could have answered was too late, or broken:
	// whoever is asked back would be asked in its place.
	Late bool

	Model            string // that made the text; "": none
	PromptTokens     int64
	CompletionTokens int64
	CostMicros       int64 // millionths of Currency
	Currency         string

	// NeedsPerson says that what was agreed on is left for a person to do.
	NeedsPerson bool
	// Instructs says that the question tries to give orders to a model: what it
	// seems to feel or to be about is made up.
	Instructs bool
	// Own says that the text holds what is this shopper's alone, such as an
	// order's state: nobody else may be given it.
	Own bool

	// Dialogue and Slots are the dialogue's state after the answer.
	Dialogue string
	Slots    map[string]string
}

// Answered reports whether the reply answers the question, rather than asking
// back or putting off.
func (r *Reply) Answered() bool {
	return r.Route != RouteClarify && r.Route != RoutePreset && r.Route != ""
}

// Cached reports whether the reply was made for an earlier turn.
func (r *Reply) Cached() bool { return r.Route == RouteHot || r.Route == RouteCache }

// Step is one step of the ladder. The context's deadline is its budget: what
// it says later is not heard. It answers, or says false and leaves the turn to
// the next.
type Step interface {
	Answer(ctx context.Context, t *Turn) (Reply, bool)
}

// Learner is a step that wants to know what others answered.
type Learner interface {
	Learn(t *Turn, r *Reply)
}
