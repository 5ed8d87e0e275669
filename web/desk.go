package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Desk is where people take conversations over from the bot and answer what it
// could not: what /v1/handoffs and /v1/knowledge do, in the name of somebody
// who is signed in. What a shop's person may see is checked before.
type Desk interface {
	// Handoffs are those of the last hours as they stand now, of a shop or, with
	// "", of all: the angry first, then by the time of the call.
	Handoffs(ctx context.Context, shop string) ([]Handoff, error)
	// Take gives a conversation to a person, called for or not, and names its
	// handoff; when it returns, the bot is silent.
	Take(ctx context.Context, shop, user, conv, agent string) (handoff string, err error)
	// Say tells the shopper an agent's words, once under one message id.
	Say(ctx context.Context, handoff, text, message, agent string) error
	// GiveBack gives the conversation back to the bot.
	GiveBack(ctx context.Context, handoff, agent string) error

	// Unanswered are the questions that wait for an answer, those asked most
	// often first, the first hundred; and how many there are.
	Unanswered(ctx context.Context, shop string) ([]Unanswered, int64, error)
	// Approve answers a question; the answer is live when it returns.
	Approve(ctx context.Context, question string, a Approval) error
	// Reject hides a question and those like it.
	Reject(ctx context.Context, question, by string) error
}

// Handoff is a conversation that was handed over.
type Handoff struct {
	ID, Shop, User, Conv         string
	Reason, State                string // as bi.handoffs has them
	Segment, Intent, Agent       string
	Profile                      map[string]float64
	BuyScore                     *float64
	Last                         []Said // masked, the oldest first
	RequestedAt, TakenAt, EndsAt time.Time
}

// Said is one message of a conversation.
type Said struct {
	From, Text string
	At         time.Time
}

// Unanswered is a question that nobody answered, in all its wordings.
type Unanswered struct {
	ID, Shop, Text, Language string
	Wordings                 []string
	Asked                    int64
	First, Last              time.Time
	Near                     *NearEntry // of the FAQ; nil when nothing is near
}

// NearEntry is the entry of the FAQ that is nearest to a question.
type NearEntry struct {
	ID, Question, Answer string
	Score                float64 // 0 to 1
}

// Approval is how somebody answers a question.
type Approval struct {
	Answer string
	Entry  string // "": a new one; else its wordings are joined by the question's
	By     string
}

// Declined is an answer of the desk other than yes.
type Declined struct {
	Status int
	Code   string        // of RFC 9457 problems of /v1
	Detail string        // in English: field and rule
	After  time.Duration // when another attempt is worth it
}

func (d *Declined) Error() string { return fmt.Sprintf("%d %s: %s", d.Status, d.Code, d.Detail) }

// declined are the codes that people are told of in words of their own; others
// are told by status.
var declined = map[string]string{
	"takeover_unsure": "error.takeover_unsure", "not_durable": "error.not_durable", "not_ready": "error.not_ready",
	"closed": "error.handoff_closed", "unknown_handoff": "error.no_handoff", "not_found": "error.no_question", "refused": "error.refused",
}

// declinedFailure is what somebody is told when an act did not succeed.
func declinedFailure(err error) (*failure, bool) {
	var told *failure
	if errors.As(err, &told) {
		return told, true
	}
	var d *Declined
	if !errors.As(err, &d) {
		return nil, false
	}
	key, known := declined[d.Code]
	detail := d.Detail
	switch {
	case known && key != "error.refused":
		detail = ""
	case !known && d.Status < http.StatusInternalServerError:
		key = "error.refused"
	case !known:
		key, detail = "error.unavailable", ""
	}
	return &failure{status: d.Status, key: key, detail: detail, after: d.After}, true
}
