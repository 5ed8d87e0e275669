package reply

import (
	"strings"
	"unicode/utf8"

	"askbuy/reply/turn"
)

// aloud says the brief of an answer while the rest of it is still being made, to
// a shopper who reads along: its first sentences, as soon as a step has said
// them. What must stay true is what holds of whole answers: all that goes with
// the brief is durable before it is said, the exposure among it, and no person
// has the conversation. All of it is done by who asks the step; the step itself
// only says more. A nil aloud says nothing.
type aloud struct {
	service *Service
	rec     *recording
	say     func(*answer)
	parts   chan string   // what the step says
	over    chan struct{} // closed when nobody hears it any more

	said  string  // by the step so far
	brief *answer // what the shopper has; nil: nothing yet
	mute  bool    // the rest is for the whole answer to settle
}

// partsAtOnce may wait until they are heard.
const partsAtOnce = 16

// readAlong lets a step say a turn's answer aloud. What waits for the shopper,
// or was said to them before, goes with the whole answer.
func (s *Service) readAlong(t *turn.Turn, say func(*answer), rec *recording) *aloud {
	before, found := t.State.Find(t.EventID, "", 0, 0)
	if say == nil || t.State.Mode == turn.ModeHuman || len(t.State.Waiting) > 0 || found && before.Answer != "" {
		return nil
	}
	o := &aloud{service: s, rec: rec, say: say, parts: make(chan string, partsAtOnce), over: make(chan struct{})}
	t.Say = func(part string) {
		select {
		case o.parts <- part:
		case <-o.over:
		}
	}
	return o
}

// ended hears no more.
func (o *aloud) ended() {
	if o != nil {
		close(o.over)
	}
}

// heard is where a step says more; nil: nobody listens.
func (o *aloud) heard() <-chan string {
	if o == nil {
		return nil
	}
	return o.parts
}

// hear takes in what a step says, and says the brief with the first sentence.
func (o *aloud) hear(part string) {
	o.said += part
	if o.brief != nil || o.mute || !endsSentence(strings.TrimSpace(o.said)) {
		return
	}
	o.brief = o.speak()
	o.mute = o.brief == nil
}

// endsSentence reports whether a text may stand by itself.
func endsSentence(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune("。！？!?；;.", last)
}

// speak records the brief, and says it if it may be said then; nil: it may not.
func (o *aloud) speak() *answer {
	s, t := o.service, o.rec.turn
	if may, err := s.Conversations.MaySpeak(over, t.Shopper); err != nil || !may {
		return nil
	}
	r := o.left()
	r = dress(r, t, s.offers(t))
	a := &answer{mode: s.call(t, &r, o.rec), conv: t.ConvID, route: r.Route, first: first(t)}
	a.brief = brief(&r)
	a.whole = a.brief
	o.rec.addSaid(a.brief)
	if o.rec.flush() != nil {
		return a // it may be durable: the whole answer has to agree with it
	}
	if may, err := s.Conversations.MaySpeak(over, t.Shopper); err == nil && may {
		o.say(a)
	}
	return a
}

// left is the answer as far as it was said. What is the shopper's alone may
// stand in it.
func (o *aloud) left() turn.Reply {
	return turn.Reply{Text: strings.TrimSpace(o.said), Route: turn.RouteLLM, Own: true}
}

// spoke reports whether the shopper may have a part of the answer: it is the
// answer then, whatever becomes of the rest.
func (o *aloud) spoke() bool { return o != nil && o.brief != nil }
