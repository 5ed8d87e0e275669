package reply

import (
	"time"

	"askbuy/reply/turn"
)

// A retry has to end in the records of the first try, whatever became of that.
// What both have in common is found in three places: the conversation, which
// has all that was recorded; this process, which has what it could not record;
// and, where neither knows anything, the id itself, which is made of the words
// and a slot of time.

// attempt is what a question that got no answer has left in this process.
type attempt struct {
	eventID string
	at      int64 // of the question, ms
	// Of one that was answered, and not surely recorded:
	events []Sent
	done   turn.Done
	answer *answer
}

// answered keeps what was about to be said.
func (a *attempt) answered(rec *recording, d turn.Done, said *answer) {
	a.events, a.done, a.answer = rec.all(), d, said
}

// answer answers a turn: again, when it is a retry of one that was answered;
// by going on with an attempt that failed; else by the ladder. Fresh says that
// it is new.
func (s *Service) answer(t *turn.Turn, q question, arrived time.Time, again string) (a *answer, fresh bool, err error) {
	left, tried := s.attempts.GetIfPresent(again)
	s.identify(t, q, arrived, left)
	if a, err := s.repeated(t, arrived); a != nil || err != nil {
		return a, false, err
	}
	if tried && left.answer != nil && t.State.Mode == left.done.Turn.State.Mode {
		if a, err := s.resume(left, arrived); a != nil || err != nil {
			return a, true, err
		}
	}
	next := &attempt{eventID: t.EventID, at: t.At}
	if a, err = s.take(t, q, arrived, next); err != nil {
		s.attempts.Set(again, next)
	}
	return a, true, err
}

// identify gives a turn the id and the time of the question that it repeats, or
// ones of its own. Without a name sameness of words counts, for a while.
func (s *Service) identify(t *turn.Turn, q question, arrived time.Time, left *attempt) {
	t.EventID, t.At = named(q.message), arrived.UnixMilli()
	if before, found := t.State.Find(t.EventID, t.Text, t.At, retryWindow.Milliseconds()); found {
		t.EventID, t.At = before.EventID, before.At
	} else if left != nil {
		t.EventID, t.At = left.eventID, left.at
	} else if t.EventID == "" {
		t.EventID = s.ids.message(t.ConvID, t.Text, arrived)
	}
}

// repeated is the answer that a question was given before, perhaps through
// another replica, if this is a retry of it. It is not said before an exposure
// is recorded that the first try may have failed at.
func (s *Service) repeated(t *turn.Turn, arrived time.Time) (*answer, error) {
	if t.State.Mode == turn.ModeHuman {
		return nil, nil
	}
	for _, r := range t.State.Rounds {
		if r.EventID != t.EventID {
			continue
		}
		s.expose(t)
		rec := &recording{service: s, turn: t, arrived: arrived, by: arrived.Add(s.config.Deadline)}
		rec.addExposure()
		if err := rec.finish(nil); err != nil {
			return nil, s.failed(failedStore, err)
		}
		return &answer{brief: r.Answer, whole: r.Answer, conv: t.ConvID, route: r.Route, mode: t.State.Mode, first: first(t)}, nil
	}
	return nil, nil
}

// resume records what an attempt could not, the same as it was: what is durable
// by now is the same event. Nil when a person has taken over since: what the bot
// was about to say is not said.
func (s *Service) resume(left *attempt, arrived time.Time) (*answer, error) {
	if left.answer.route != turn.RouteHuman {
		if may, err := s.maySpeak(left.done.Turn.Shopper, arrived); err != nil || !may {
			return nil, err
		}
	}
	if err := s.Accept(arrived.Add(s.config.Deadline), arrived, left.events); err != nil {
		return nil, s.failed(failedStore, err)
	}
	s.Conversations.Note(left.done)
	return left.answer, nil
}
