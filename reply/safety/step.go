package safety

import (
	"context"

	"askbuy/reply/turn"
)

// refusals are what a shopper reads whose question is refused. They say
// nothing of why: an attacker learns nothing from them.
var refusals = map[string]string{
	"zh": "这个问题我帮不上忙，关于商品和订单可以随时问我。",
	"en": "I cannot help with that. Ask about our products.",
}

// Gate is the first step of a ladder: it answers the questions that no other
// step may see.
type Gate struct {
	Guard  *Guard
	Refuse func(Reason) // is told of each
}

// Answer refuses, or leaves the turn to the next step.
func (g Gate) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	reason := g.Guard.Question(t.Text)
	if reason == "" {
		return turn.Reply{}, false
	}
	g.Refuse(reason)
	text := refusals["zh"]
	if t.Language == "en" {
		text = refusals["en"]
	}
	return turn.Reply{Text: text, Route: turn.RoutePreset, Instructs: reason == Injection}, true
}

// Checked is a step whose replies people or providers wrote: one with a word
// of the list is not said.
type Checked struct {
	Step   turn.Step
	Guard  *Guard
	Refuse func(Reason)
}

// Answer is the step's, if it may be said.
func (c Checked) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) {
	r, ok := c.Step.Answer(ctx, t)
	if !ok {
		return r, false
	}
	if reason := c.Guard.Written(r.Text); reason != "" {
		c.Refuse(reason)
		return turn.Reply{}, false
	}
	return r, true
}

// Learn is the step's, if it has one.
func (c Checked) Learn(t *turn.Turn, r *turn.Reply) {
	if learner, ok := c.Step.(turn.Learner); ok {
		learner.Learn(t, r)
	}
}
