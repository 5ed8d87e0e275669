package reply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"askbuy/internal/httpserver"
	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// answer is what a shopper gets.
type answer struct {
	brief, whole string
	conv         string
	route        turn.Route
	mode         turn.Mode
	given        []string // ids of a person's words that it contains
	words        string   // those words, alone
	first        bool     // of all turns of this shopper, as far as is remembered
}

// lateText is the seed's word for a question without an answer.
const lateText = "ERR_AI_TIMEOUT"

// failed is the answer to a question that gets none.
func (s *Service) failed(reason string, err error) error {
	s.metrics.failed.WithLabelValues(reason).Inc()
	if err != nil {
		s.logOutage(err)
	}
	return httpserver.Plain(500, lateText)
}

// respond answers a question, or says again what a retry of it was answered.
// It goes on when the shopper has left: the turn is recorded either way.
func (s *Service) respond(q question) (*answer, error) {
	arrived := s.Now()
	known, err := s.known(q.Shopper, arrived)
	if err != nil {
		return nil, s.failed(failedState, fmt.Errorf("read conversation: %w", err))
	}
	text := s.Mask(q.query)
	conv := s.ids.choose(q.Shopper, q.conv, known, arrived)
	t := &turn.Turn{Shopper: q.Shopper, ConvID: conv, Text: text, State: known.In(conv)}
	same := q.message
	if same == "" {
		same = s.ids.sum("query", text)
	}
	again := s.ids.sum("retry", q.ShopID, q.UserID, conv, same)
	fresh := false
	// A person's conversation has a memory of its own: what the bot said before
	// is not said again.
	a, err := s.recent.Get(context.Background(), again+string(known.Mode), otter.LoaderFunc[string, *answer](func(context.Context, string) (a *answer, err error) {
		a, fresh, err = s.answer(t, q, arrived, again)
		return a, err
	}))
	if err == nil && a.route != turn.RouteHuman {
		a, err = s.unlessTaken(q.Shopper, a, arrived)
	}
	switch {
	case err != nil:
	case fresh:
		s.metrics.answered(a.route, s.Now().Sub(arrived))
	default:
		s.metrics.repeats.Inc()
	}
	return a, err
}

// known is what is known of a shopper. A person who took the conversation and
// let it lie until it was over does not have the next one.
func (s *Service) known(of event.Shopper, arrived time.Time) (turn.State, error) {
	known, err := s.Conversations.Get(of)
	if err != nil || known.Mode != turn.ModeHuman || s.Handoffs == nil || arrived.UnixMilli()-known.LastAt < turn.Silence.Milliseconds() {
		return known, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Budget/2)
	defer cancel()
	lapsed, err := s.Handoffs.Lapse(ctx, of)
	if err != nil || !lapsed {
		if err != nil {
			s.logOutage(err)
		}
		return known, nil // the person still has it
	}
	return s.Conversations.Get(of)
}

// unlessTaken is an answer of the bot's, or only a person's words that it
// contains when a person has the conversation by now. It is asked last of all before the answer is sent.
func (s *Service) unlessTaken(of event.Shopper, a *answer, arrived time.Time) (*answer, error) {
	may, err := s.maySpeak(of, arrived)
	if err != nil || may {
		return a, err
	}
	return &answer{brief: a.words, whole: a.words, words: a.words, given: a.given, conv: a.conv, route: turn.RouteHuman, mode: turn.ModeHuman, first: a.first}, nil
}

// maySpeak looks before it waits: it is nearly always known, and a clock for
// each question costs more than the look.
func (s *Service) maySpeak(of event.Shopper, arrived time.Time) (bool, error) {
	if may, err := s.Conversations.MaySpeak(over, of); err == nil {
		return may, nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(s.config.Deadline-s.Now().Sub(arrived)))
	defer cancel()
	may, err := s.Conversations.MaySpeak(ctx, of)
	if err != nil {
		return false, s.failed(failedState, err)
	}
	return may, nil
}

// over is a context that has ended: who is given it does not wait.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// take answers one turn and records it. What was asked is recorded even when
// there is no answer.
func (s *Service) take(t *turn.Turn, q question, arrived time.Time, left *attempt) (*answer, error) {
	s.complete(t, q)
	rec := s.newRecording(t, arrived)
	out := s.readAlong(t, q.early, rec)
	defer out.ended()
	var r turn.Reply
	var given []turn.Words
	if t.State.Mode == turn.ModeHuman {
		r, given = human(t)
	} else if answered, late := s.walk(t, &r, rec, out); !answered && late && s.config.OnTimeout == ErrorOnTimeout {
		if err := rec.finish(nil); err != nil {
			return nil, s.failed(failedStore, err)
		}
		return nil, s.failed(failedLate, nil)
	}
	if r.Route != turn.RouteHuman && !out.spoke() { // taken over while it was answered: it was never said
		may, err := s.maySpeak(t.Shopper, arrived)
		if err != nil {
			return nil, errors.Join(err, rec.finish(nil)) // what the shopper wrote is kept
		}
		if !may {
			t.State.Mode = turn.ModeHuman
			r, given = human(t)
		}
	}
	made := r // as a step made it: what is said to one shopper is not kept for others
	r = dress(r, t, s.offers(t))
	if r.Dialogue == "" { // no word of the dialogue's: it stands where it stood
		r.Dialogue, r.Slots = t.State.Dialogue, t.Slots
	}
	done := turn.Done{Turn: t, Reply: &r}
	mode := turn.ModeBot
	if out.spoke() {
		mode, done.Brief = out.brief.mode, out.brief.brief
	} else {
		mode, done.Brief = s.call(t, &r, rec), brief(&r)
	}
	if before, found := t.State.Find(t.EventID, "", 0, 0); found && before.Answer != "" && r.Route != turn.RouteHuman {
		done.Brief, r.Text = before.Answer, before.Answer // it may have been read: it is said again
	}
	a := &answer{brief: done.Brief, whole: r.Text, conv: t.ConvID, route: r.Route, mode: mode, first: first(t)}
	if r.Route != turn.RouteHuman && len(t.State.Waiting) > 0 {
		given = a.precede(t)
	}
	for _, w := range given {
		done.Given = append(done.Given, w.EventID)
	}
	a.given = done.Given
	if err := rec.finish(&done); err != nil {
		left.answered(rec, done, a)
		return nil, s.failed(failedStore, err)
	}
	s.Conversations.Note(done)
	if r.Route != turn.RouteHuman {
		s.ladder.learn(t, &made)
	}
	return a, nil
}

// first reports whether a turn is the first of its shopper that is answered, as
// far as is remembered.
func first(t *turn.Turn) bool { return t.State.Met == "" || t.State.Met == t.EventID }

// precede puts what a person wrote before they gave the conversation back
// before the bot's answer, uncut. It is recorded as the person's already, and
// not as the bot's.
func (a *answer) precede(t *turn.Turn) []turn.Words {
	said, given := human(t)
	a.words, a.brief, a.whole = said.Text, said.Text+"\n"+a.brief, said.Text+"\n"+a.whole
	return given
}

// shown records that a person's words have reached the shopper: after they have,
// so that who dies in between gives them again.
func (s *Service) shown(of event.Shopper, a *answer) {
	if len(a.given) == 0 || s.Handoffs == nil {
		return
	}
	now := s.Now()
	err := s.Accept(now.Add(s.config.Deadline), now, []Sent{{Event: s.Handoffs.Shown(of, a.conv, a.given)}})
	if err != nil {
		s.logOutage(err)
	}
}

// offers are those that an answer may mention: one to a question before a
// purchase.
func (s *Service) offers(t *turn.Turn) []string {
	if s.Offers == nil || t.State.Mode == turn.ModeHuman || len(t.Intent.IntentPath) == 0 || t.Intent.IntentPath[0] != "enquiry" {
		return nil
	}
	return s.Offers(t)
}

// modelPatience is how long a turn waits for the model that reads it; without
// one it is answered all the same.
const modelPatience = 50 * time.Millisecond

// complete fills in what the steps may go by.
func (s *Service) complete(t *turn.Turn, q question) {
	ctx, cancel := turn.Patience(context.Background(), modelPatience)
	defer cancel()
	if model, err := s.Models.Now(ctx); err == nil {
		t.Intent = model.Score(t.Text)
	} else {
		t.Intent = intent.Scored{Intent: intent.Other, Sentiment: intent.Neutral}
	}
	t.Language = languageOf(q.language, t)
	if s.Carry != nil {
		t.Slots = s.Carry(t.State.Slots, t.Text, t.Intent.Entities)
	}
	if s.FAQVersion != nil {
		t.FAQ = s.FAQVersion(t.ShopID)
	}
	if s.Profile != nil {
		t.Profile = s.Profile(t.Shopper)
	}
	s.expose(t)
}

// expose says what a turn counts as: test traffic, or one of an experiment's arm.
func (s *Service) expose(t *turn.Turn) {
	t.Test = isTest(t.Text)
	if s.Arms != nil {
		t.Arm = s.Arms(t.Shopper)
	}
}

// walk climbs the ladder. The steps that only compute are asked first; when
// none of them answers, the question is recorded beside those that wait.
func (s *Service) walk(t *turn.Turn, r *turn.Reply, rec *recording, out *aloud) (answered, late bool) {
	said, answered, at := s.ladder.climb(context.Background(), t, 0, false, nil)
	if !answered && at < len(s.ladder.rungs) {
		rec.begin()
		ctx, cancel := context.WithTimeout(context.Background(), s.config.Budget)
		defer cancel()
		nearest := said
		if said, answered, _ = s.ladder.climb(ctx, t, at, true, out); !answered && surer(nearest, said) {
			nearest.Late = said.Late
			said = nearest
		}
		late = !answered && s.ladder.hasLLM(t)
	}
	if *r = said; !answered {
		*r = preset(t, said)
	}
	return answered, late
}

// human is what a person said since the shopper's last turn.
func human(t *turn.Turn) (turn.Reply, []turn.Words) {
	var words []string
	for _, w := range t.State.Waiting {
		words = append(words, w.Text)
	}
	text := strings.Join(words, "\n")
	return turn.Reply{Text: text, Brief: text, Route: turn.RouteHuman}, t.State.Waiting
}

// call calls a person when one is due, and says who has the conversation then.
func (s *Service) call(t *turn.Turn, r *turn.Reply, rec *recording) turn.Mode {
	if s.Handoffs == nil || t.State.Mode == turn.ModeHuman {
		return t.State.Mode
	}
	records, called := s.Handoffs.Call(t, r)
	if !called {
		return t.State.Mode
	}
	for _, e := range records {
		rec.add(e)
	}
	if !r.Answered() {
		// Nothing is asked back of who is told that a person comes.
		r.Route, r.Text, r.Brief = turn.RoutePreset, handoverText.in(t.Language), ""
	}
	return turn.ModePending
}
