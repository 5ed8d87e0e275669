package cache

import (
	"context"

	"askbuy/reply/turn"
)

// Versions say what a reply depends on, but for the FAQ: its version is the
// turn's, so that what an old FAQ answered is never kept under a new version
// that came in meanwhile.
type Versions interface {
	Scope(t *turn.Turn) Scope
}

func scopeOf(v Versions, t *turn.Turn) Scope {
	s := v.Scope(t)
	s.FAQ = t.FAQ
	return s
}

// HotStep answers what is asked for most, whoever asks.
type HotStep struct {
	Versions Versions
	Replies  *Cache[turn.Reply]
}

// Answer is a reply that the same question was given before.
func (s HotStep) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	r, ok := s.Replies.Get(Hot(scopeOf(s.Versions, t), t.Text))
	return again(r, turn.RouteHot), ok
}

// Learn keeps answers of the FAQ: they are the same in every conversation.
func (s HotStep) Learn(t *turn.Turn, r *turn.Reply) {
	if r.Route == turn.RouteFAQ && !r.Own {
		s.Replies.Put(Hot(scopeOf(s.Versions, t), t.Text), *r)
	}
}

// ContextStep answers what was asked minutes ago after the same questions.
type ContextStep struct {
	Versions Versions
	Replies  *Cache[turn.Reply]
	Gone     func(t *turn.Turn) bool // reports whether a turn is erased by now; nil: none ever is
}

// Answer is a reply that the same question was given in the same context. What
// is a shopper's own is kept for them alone.
func (s ContextStep) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	within, texts := scopeOf(s.Versions, t), said(questions(t), t.Text)
	r, ok := s.Replies.Get(key("context", within, "", texts...))
	if !ok {
		r, ok = s.Replies.Get(key("context", within, t.Key(), texts...))
	}
	return again(r, turn.RouteCache), ok
}

// Learn keeps answers of a model, which are dear, for ten minutes.
func (s ContextStep) Learn(t *turn.Turn, r *turn.Reply) {
	if r.Route != turn.RouteLLM || s.Gone != nil && s.Gone(t) {
		return
	}
	owner := ""
	if r.Own {
		owner = t.Key()
	}
	s.Replies.Put(InContext(scopeOf(s.Versions, t), owner, questions(t), t.Text), *r)
}

func questions(t *turn.Turn) []string {
	var before []string
	for _, r := range t.State.Rounds {
		before = append(before, r.Question)
	}
	return before
}

// again is a reply that costs nothing this time.
func again(r turn.Reply, route turn.Route) turn.Reply {
	r.Route, r.PromptTokens, r.CompletionTokens, r.CostMicros = route, 0, 0, 0
	return r
}
