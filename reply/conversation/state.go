package conversation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// How much is kept of a shopper.
const (
	keptQuestions = turn.Rounds + 1 // one may be on its way
	keptAnswers   = turn.Rounds + 1
	keptWords     = 20 // of people, whether shown or not
	keptClosed    = 8  // handoffs that are over
)

// State is what is remembered of one shopper. Every list is what is greatest
// of all that was ever added, so that neither the order in which events come
// nor their repetition makes a difference.
type State struct {
	LastAt    int64     // of the latest message, whoever wrote it, ms
	Questions []Said    // the shopper's, the oldest first
	Answers   []Said    // the bot's; ID is the question's
	Known     []Known   // what there is to know of the answers
	Words     []Said    // of people
	Shown     []Mark    // the words that reached the shopper
	Handoffs  []Handoff // by id
}

// Said is what somebody wrote.
type Said struct {
	ID   string // of the message; of an answer, of the question
	Conv string
	Text string
	At   int64 // ms
}

// Known is what is known of an answer beside its text.
type Known struct {
	ID       string // of the question
	Conv     string
	At       int64 // of the answer, ms
	Route    string
	Answered bool
	Dialogue string
	Slots    map[string]string
}

// Mark says that a message was shown.
type Mark struct {
	ID string
	At int64 // ms
}

// answerSuffix is what an answer's id has beyond its question's.
const answerSuffix = ":bot"

// Apply adds an event of the shopper and reports whether it concerns this
// state at all.
func (s *State) Apply(e *event.Event) bool {
	switch {
	case e.Type == event.TypeHandoff && e.Handoff != nil && e.Handoff.ID != "":
		s.handoff(e)
	case e.Type == event.TypeReply && e.Reply != nil:
		s.know(e)
	case e.Type == event.TypeMessage && e.Channel == Channel:
		s.say(e)
	default:
		return false
	}
	s.forgetOld()
	return true
}

// Channel is that of the conversations that are kept.
const Channel = "miniprogram"

func (s *State) say(e *event.Event) {
	said := Said{ID: e.ID, Conv: e.ConvID, Text: e.Text, At: e.TS}
	s.LastAt = max(s.LastAt, e.TS)
	switch e.From {
	case event.RoleUser:
		s.Questions = keep(s.Questions, said, keptQuestions, byTime)
	case event.RoleBot:
		said.ID = strings.TrimSuffix(e.ID, answerSuffix)
		s.Answers = keep(s.Answers, said, keptAnswers, byTime)
	case event.RoleAgent:
		s.Words = keep(s.Words, said, keptWords, byTime)
	}
}

func (s *State) know(e *event.Event) {
	s.Known = keep(s.Known, Known{
		ID: e.Reply.QuestionID, Conv: e.ConvID, At: e.TS, Route: e.Reply.Route, Answered: e.Reply.Answered,
		Dialogue: e.Reply.Dialogue, Slots: e.Reply.Slots,
	}, keptAnswers, knownByTime)
}

func byTime(a, b Said) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Text, b.Text))
}

func knownByTime(a, b Known) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Dialogue, b.Dialogue))
}

func marksByTime(a, b Mark) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
}

func (s Said) id() string  { return s.ID }
func (k Known) id() string { return k.ID }
func (m Mark) id() string  { return m.ID }

// keep adds an item to those that are greatest, in their order. Of several
// with one id the least stays, as it does in the facts, where it is the first.
func keep[T interface{ id() string }](list []T, item T, limit int, order func(a, b T) int) []T {
	if i := slices.IndexFunc(list, func(other T) bool { return other.id() == item.id() }); i >= 0 {
		if order(list[i], item) <= 0 {
			return list
		}
		list = slices.Delete(slices.Clone(list), i, i+1)
	}
	at, _ := slices.BinarySearchFunc(list, item, order)
	if list = slices.Insert(slices.Clip(list), at, item); len(list) > limit {
		list = list[len(list)-limit:]
	}
	return list
}

// forgetOld lets go of what lies more than the silence that ends a
// conversation before the shopper's latest message. What a person wrote stays
// until the shopper has it.
func (s *State) forgetOld() {
	old := s.LastAt - turn.Silence.Milliseconds()
	s.Questions = slices.DeleteFunc(s.Questions, func(q Said) bool { return q.At < old })
	s.Answers = slices.DeleteFunc(s.Answers, func(a Said) bool { return a.At < old })
	s.Known = slices.DeleteFunc(s.Known, func(k Known) bool { return k.At < old })
}

// Erase forgets what happened up to a time, and reports whether anything is
// left.
func (s *State) Erase(upTo int64) (left bool) {
	gone := func(w Said) bool { return w.At <= upTo }
	s.Questions, s.Answers = slices.DeleteFunc(s.Questions, gone), slices.DeleteFunc(s.Answers, gone)
	s.Words = slices.DeleteFunc(s.Words, gone)
	s.Known = slices.DeleteFunc(s.Known, func(k Known) bool { return k.At <= upTo })
	s.Shown = slices.DeleteFunc(s.Shown, func(m Mark) bool { return m.At <= upTo })
	s.Handoffs = slices.DeleteFunc(s.Handoffs, func(h Handoff) bool { return h.FirstAt <= upTo })
	return len(s.Questions)+len(s.Answers)+len(s.Known)+len(s.Words)+len(s.Handoffs) > 0
}

// waitsFor is how long a person's words wait for the shopper to come back.
const waitsFor = 7 * 24 * time.Hour

// Idle reports whether nothing of the state is of use at a time: the
// conversation is over, no words wait for the shopper, and no handoff is open
// or on its way to those who are told of it.
func (s *State) Idle(now int64) bool {
	if now-s.LastAt < 2*turn.Silence.Milliseconds() {
		return false
	}
	if slices.ContainsFunc(s.Waiting(), func(w turn.Words) bool { return now-w.At < waitsFor.Milliseconds() }) {
		return false
	}
	return !slices.ContainsFunc(s.Handoffs, func(h Handoff) bool {
		return h.Open() || h.Undelivered() && now-h.FirstAt < deliveredBy.Milliseconds()
	})
}

// Said reports whether a person's words are known.
func (s *State) Said(id string) bool { _, known := find(s.Words, id); return known }

// Waiting are a person's words that the shopper was not yet given, the oldest
// first.
func (s *State) Waiting() (words []turn.Words) {
	for _, w := range s.Words {
		if !slices.ContainsFunc(s.Shown, func(m Mark) bool { return m.ID == w.ID }) {
			words = append(words, turn.Words{EventID: w.ID, Text: w.Text, At: w.At})
		}
	}
	return words
}

// Turn is the state as the ladder reads it: that of the latest conversation.
func (s *State) Turn() turn.State {
	t := turn.State{LastAt: s.LastAt, Waiting: s.Waiting()}
	if t.Mode, t.HandoffID = s.Mode(); t.HandoffID != "" {
		h := s.Handoff(t.HandoffID)
		t.HandoffConv, t.HandoffAt = h.Conv, h.RequestedAt
	}
	t.HandoffOver = s.lastOver()
	if n := len(s.Questions); n > 0 {
		t.ConvID = s.Questions[n-1].Conv
	} else if n := len(s.Answers); n > 0 {
		t.ConvID = s.Answers[n-1].Conv
	}
	for _, q := range s.Questions {
		if q.Conv != t.ConvID {
			continue
		}
		answer, answered := find(s.Answers, q.ID)
		if known, is := find(s.Known, q.ID); answered && is {
			t.Rounds = append(t.Rounds, turn.Round{EventID: q.ID, Question: q.Text, Answer: answer.Text, Route: turn.Route(known.Route), At: q.At})
		} else {
			t.Asked = append(t.Asked, turn.Asked{EventID: q.ID, Text: q.Text, At: q.At, Answer: answer.Text})
		}
	}
	for _, a := range s.Answers { // whose question failed to be recorded
		if _, asked := find(s.Questions, a.ID); !asked && a.Conv == t.ConvID {
			t.Asked = append(t.Asked, turn.Asked{EventID: a.ID, At: a.At, Answer: a.Text})
		}
	}
	t.Met = s.met(t.Mode)
	t.Rounds = t.Rounds[max(0, len(t.Rounds)-turn.Rounds):]
	for _, k := range s.Known {
		if k.Conv != t.ConvID {
			continue
		}
		t.Dialogue, t.Slots = k.Dialogue, k.Slots
		t.Clarified = turn.Route(k.Route) == turn.RouteClarify || t.Clarified && !k.Answered
		if t.Failures++; k.Answered {
			t.Failures = 0
		}
	}
	return t
}

// met is the first question remembered that was answered: by the bot, or by a
// person's being there.
func (s *State) met(mode turn.Mode) string {
	switch {
	case len(s.Answers) > 0:
		return s.Answers[0].ID
	case len(s.Questions) > 0 && (mode == turn.ModeHuman || len(s.Shown) > 0):
		return s.Questions[0].ID
	}
	return ""
}

func find[T interface{ id() string }](list []T, id string) (found T, is bool) {
	i := slices.IndexFunc(list, func(item T) bool { return item.id() == id })
	if i < 0 {
		return found, false
	}
	return list[i], true
}

// History is who said what, the oldest first: the last five questions and all
// that was said since the first of them.
func (s *State) History(conv string) (turns []event.HandoffTurn) {
	for _, list := range []struct {
		from event.Role
		said []Said
	}{{event.RoleUser, s.Questions}, {event.RoleBot, s.Answers}, {event.RoleAgent, s.Words}} {
		for _, said := range list.said {
			if said.Conv == conv {
				turns = append(turns, event.HandoffTurn{From: list.from, Text: said.Text, TS: said.At})
			}
		}
	}
	slices.SortStableFunc(turns, func(a, b event.HandoffTurn) int { return cmp.Compare(a.TS, b.TS) })
	return turns
}
