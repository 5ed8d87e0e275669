package turn

import (
	"cmp"
	"slices"
	"time"
)

const (
	// Rounds is how many rounds of a conversation are remembered.
	Rounds = 5
	// Silence is how long a shopper says nothing before their next message
	// begins another conversation.
	Silence = 2 * time.Hour
)

// Mode is who has the conversation.
type Mode string

// The modes.
const (
	ModeBot     Mode = ""        // the bot
	ModePending Mode = "pending" // the bot, until the person who was called comes
	ModeHuman   Mode = "human"   // a person: the bot is silent
)

// State is what is remembered of a shopper's latest conversation. Its zero is
// that of a shopper who never wrote.
type State struct {
	ConvID string
	LastAt int64 // of the latest message, whoever wrote it, ms
	Mode   Mode
	// Of the handoff that is open: its id, the conversation that it was called
	// from, and when, ms.
	HandoffID   string
	HandoffConv string
	HandoffAt   int64
	HandoffOver string // id of the handoff that ended last; "": none is remembered

	Rounds    []Round           // the latest, oldest first
	Asked     []Asked           // questions whose round is not whole, oldest first
	Met       string            // id of the first question remembered that was answered; "": none was
	Dialogue  string            // of the dialogue machine
	Slots     map[string]string // what the dialogue was told
	Failures  int               // turns running that were put off or asked back
	Clarified bool              // asked back since the last answer

	// Waiting are a person's words that the shopper was not yet given, oldest
	// first.
	Waiting []Words
}

// Words are what a person wrote to the shopper.
type Words struct {
	EventID string
	Text    string
	At      int64 // ms
}

// Round is a question and its answer.
type Round struct {
	EventID  string // of the question
	Question string // masked
	Answer   string // brief
	Route    Route
	At       int64 // of the question, ms
}

// Asked is a question that has no answer, or one of which not all was recorded:
// the attempt at it failed, is under way elsewhere, or a person has it.
type Asked struct {
	EventID string
	Text    string // masked
	At      int64  // ms
	Answer  string // brief, where that much was recorded; "": nothing was
}

// In is the state as of a conversation: another one begins anew, with nothing
// but what is the shopper's.
func (s State) In(convID string) State {
	if s.ConvID == convID {
		return s
	}
	return State{
		ConvID: convID, LastAt: s.LastAt, Waiting: s.Waiting, Met: s.Met,
		Mode: s.Mode, HandoffID: s.HandoffID, HandoffConv: s.HandoffConv, HandoffAt: s.HandoffAt, HandoffOver: s.HandoffOver,
	}
}

// Find finds the question of which a request is a retry: the one with an id,
// or, when that is "", the latest of the same words less than window ms away.
func (s State) Find(id, text string, at, window int64) (asked Asked, found bool) {
	look := func(a Asked) {
		near := id == "" && a.Text == text && a.At-at < window && at-a.At < window
		if (near || id != "" && a.EventID == id) && (!found || a.At >= asked.At) {
			asked, found = a, true
		}
	}
	for _, r := range s.Rounds {
		look(Asked{r.EventID, r.Question, r.At, r.Answer})
	}
	for _, a := range s.Asked {
		look(a)
	}
	return asked, found
}

// Done is a turn that was answered.
type Done struct {
	Turn  *Turn
	Reply *Reply
	Brief string   // what the shopper was shown
	Given []string // event ids of the person's words that it contained
}

// Round is the turn as it is remembered.
func (d Done) Round() Round {
	return Round{EventID: d.Turn.EventID, Question: d.Turn.Text, Answer: d.Brief, Route: d.Reply.Route, At: d.Turn.At}
}

// After is the state after a turn.
func (s State) After(d Done) State {
	next := s.In(d.Turn.ConvID)
	next.LastAt = max(s.LastAt, d.Turn.At)
	kept := next.Rounds[max(0, len(next.Rounds)-Rounds+1):]
	next.Rounds = append(append(make([]Round, 0, Rounds), kept...), d.Round())
	next.Asked = slices.DeleteFunc(slices.Clone(next.Asked), func(a Asked) bool { return a.EventID == d.Turn.EventID })
	next.Met = cmp.Or(next.Met, d.Turn.EventID)
	next.Waiting = without(next.Waiting, d.Given)
	if d.Reply.Route == RouteHuman {
		return next
	}
	next.Dialogue, next.Slots = d.Reply.Dialogue, d.Reply.Slots
	next.Clarified = d.Reply.Route == RouteClarify || next.Clarified && !d.Reply.Answered()
	if next.Failures++; d.Reply.Answered() {
		next.Failures = 0
	}
	return next
}

func without(words []Words, given []string) []Words {
	var left []Words
	for _, w := range words {
		found := false
		for _, id := range given {
			found = found || id == w.EventID
		}
		if !found {
			left = append(left, w)
		}
	}
	return left
}
