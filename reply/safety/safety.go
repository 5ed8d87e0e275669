// Package safety decides what may be carried on to a language model and what
// it said may be sent to a shopper: a list of words both ways, attempts to
// give the model other instructions, instructions and personal data that leak,
// and facts about orders, prices and stock that nobody provided.
//
// All of it is pure, and errs on the side of silence: what is refused is
// answered with a preset text, which costs a reply's wit and nothing else.
package safety

// Reason is why a text is refused. The set is closed; "" is no reason.
type Reason string

// The reasons.
const (
	Word         Reason = "word"          // of the list
	Injection    Reason = "injection"     // the shopper instructs the model
	Leak         Reason = "leak"          // the reply tells of its instructions
	Personal     Reason = "personal_data" // the reply holds some
	InventedFact Reason = "invented_fact" // the reply claims what nobody provided
	Unreadable   Reason = "unreadable"    // the reply is no text for people
)

// Reasons are all there are.
func Reasons() []Reason {
	return []Reason{Word, Injection, Leak, Personal, InventedFact, Unreadable}
}

// Guard judges texts. It is safe for concurrent use.
type Guard struct {
	Words        func() *Words                             // the list in force
	Mask         func(text string) (masked string, n bool) // finds personal data
	Instructions []string                                  // what the model is told; none of it may be said
}

// Question judges a shopper's masked text before any step but the preset one
// answers it.
func (g *Guard) Question(text string) Reason {
	if g.Words().Find(text) != "" {
		return Word
	}
	if injects(text) {
		return Injection
	}
	return ""
}

// Written judges a reply that a person or a provider wrote.
func (g *Guard) Written(reply string) Reason {
	if g.Words().Find(reply) != "" {
		return Word
	}
	return ""
}

// Generated judges what a model said, in the light of what providers and the
// shop's own texts say.
func (g *Guard) Generated(reply string, known []string) Reason {
	switch {
	case leaks(reply, g.Instructions):
		return Leak
	case unreadable(reply):
		return Unreadable
	}
	if reason := g.Written(reply); reason != "" {
		return reason
	}
	if _, found := g.Mask(reply); found {
		return Personal
	}
	if invented(reply, known) != "" {
		return InventedFact
	}
	return ""
}
