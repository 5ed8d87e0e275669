package llm

import (
	"context"
	"strings"
	"unicode/utf8"

	"askbuy/reply/safety"
	"askbuy/reply/turn"
)

// Known is what a model may say to a turn.
type Known struct {
	Facts []string // of providers, promotions, and the shop's own texts
	Own   bool     // some are this shopper's alone
}

// Step is the model as a step of the ladder.
type Step struct {
	Client  *Client
	Guard   *safety.Guard
	Known   func(ctx context.Context, t *turn.Turn) Known
	Context func(ctx context.Context, t *turn.Turn) []turn.Round // the rounds that a turn belongs to
	Refuse  func(safety.Reason)                                  // is told of what may not be said
}

// Answer is what the model says, when all of it may be said. To a shopper who
// reads along it is said by sentences, each checked with all before it; what
// was said by then is the answer when the rest goes wrong.
func (s *Step) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) {
	known := s.Known(ctx, t)
	aloud := &speaker{check: func(text string) safety.Reason { return s.check(text, t, known) }, say: t.Say}
	result, err := s.Client.Complete(ctx, s.request(ctx, t, known), aloud.heard)
	text := aloud.said
	if err == nil && aloud.refused == "" {
		text = aloud.finish(result)
	}
	if aloud.refused != "" {
		s.Refuse(aloud.refused)
	}
	if text == "" {
		return turn.Reply{Late: err != nil && aloud.refused == ""}, false
	}
	c := s.Client.config
	return turn.Reply{
		Text: text, Route: turn.RouteLLM, Model: c.Model, Own: known.Own,
		PromptTokens: result.PromptTokens, CompletionTokens: result.CompletionTokens,
		CostMicros: c.costMicros(result), Currency: c.Currency,
	}, true
}

// check says why a text may not be said to a shopper; "": it may.
func (s *Step) check(text string, t *turn.Turn, known Known) safety.Reason {
	if safety.Foreign(text, t.Language) {
		return safety.Unreadable
	}
	return s.Guard.Generated(text, known.Facts)
}

func (s *Step) request(ctx context.Context, t *turn.Turn, known Known) Request {
	c := s.Client.config
	facts := fit(known.Facts, t.Text, (c.ContextTokens-c.MaxTokens)/factsShare)
	r := Request{
		Instructions: instructions(t.Language, t.Intent.Sentiment, styleOf(t.Profile), facts),
		Question:     t.Text, Sampling: SamplingFor(t.Profile.Kind), Urgent: t.Angry(),
	}
	for _, round := range s.Context(ctx, t) {
		r.Rounds = append(r.Rounds, Exchange{round.Question, round.Answer})
	}
	return r
}

// longest is how many characters of an answer are waited for: several times
// what a mini program shows.
const longest = 400

// speaker hears a model and says what may be said.
type speaker struct {
	check   func(string) safety.Reason
	say     func(string) // nil: nobody reads along
	said    string       // checked, and said if anybody reads along
	refused safety.Reason
}

// heard takes what was said so far and reports whether more is wanted.
func (s *speaker) heard(sofar string) bool {
	if s.say != nil {
		if at := lastSentence(sofar); at > len(s.said) && !s.speak(sofar[:at]) {
			return false
		}
	}
	return len(sofar) < 3*longest
}

// finish is the whole answer, if all of it may be said. One that was cut off
// ends with its last sentence.
func (s *speaker) finish(r Result) string {
	text := r.Text
	if r.CutOff {
		text = text[:lastSentence(text)]
	}
	if text == "" {
		return ""
	}
	whole := tidy(text)
	if s.say == nil {
		if s.refused = s.check(whole); s.refused != "" {
			return ""
		}
		return whole
	}
	if len(text) > len(s.said) {
		s.speak(text)
	}
	return tidy(s.said)
}

// speak says what is new of a text if all of it may be said.
func (s *speaker) speak(text string) bool {
	if s.refused = s.check(tidy(text)); s.refused != "" {
		return false
	}
	s.say(text[len(s.said):])
	s.said = text
	return true
}

// lastSentence is where the last sentence of a text that has ended is over.
func lastSentence(text string) int {
	at := strings.LastIndexAny(text, sentenceEnds)
	if at < 0 {
		return 0
	}
	_, width := utf8.DecodeRuneInString(text[at:])
	return at + width
}

// tidy takes off what models put around an answer.
func tidy(text string) string {
	text = strings.TrimSpace(text)
	for _, name := range []string{"客服：", "客服:", "助手：", "助手:", "Assistant:", "回复：", "回答：", "Answer:", "Reply:"} {
		text = strings.TrimSpace(strings.TrimPrefix(text, name))
	}
	for _, quotes := range [][2]string{{`"`, `"`}, {"“", "”"}, {"「", "」"}} {
		if strings.HasPrefix(text, quotes[0]) && strings.HasSuffix(text, quotes[1]) && len(text) > len(quotes[0]) && strings.Count(text, quotes[1]) <= 2 {
			text = strings.TrimSuffix(strings.TrimPrefix(text, quotes[0]), quotes[1])
		}
	}
	return strings.TrimSpace(text)
}
