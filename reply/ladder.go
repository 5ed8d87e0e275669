package reply

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"askbuy/reply/turn"
)

// Rung is a step and what it may take.
type Rung struct {
	Step   turn.Step
	Budget time.Duration         // 0: it computes, and never waits
	LLM    bool                  // not for shoppers who are in the arm without one
	Only   func(*turn.Turn) bool // the turns that it is for; nil: all
	// Underway says that the turn goes on with what the step has begun: it is
	// asked whatever the text alone is about; nil: never.
	Underway func(*turn.Turn) bool
	Always   bool // also about topics that are not enabled, and in a holdout: it says no facts
}

// ladder asks steps in their order until one answers.
type ladder struct {
	config   Config
	log      *slog.Logger
	rungs    []Rung
	learners []turn.Learner
}

func newLadder(c Config, rungs []Rung, log *slog.Logger) ladder {
	l := ladder{config: c, rungs: rungs, log: log}
	for _, r := range rungs {
		if learner, ok := r.Step.(turn.Learner); ok {
			l.learners = append(l.learners, learner)
		}
	}
	return l
}

// open says whether a step may be asked about a turn.
func (l *ladder) open(r Rung, t *turn.Turn) bool {
	switch {
	case r.Only != nil && !r.Only(t):
		return false
	case r.Always:
		return true
	case t.Arm.Treatment == turn.TreatHoldout, r.LLM && t.Arm.Treatment == turn.TreatFAQ:
		return false
	}
	return r.Underway != nil && r.Underway(t) || l.config.enabled(t)
}

// climb asks the steps from a rung on that may be asked. It stops before the
// first that waits unless it may wait, and says where it stands; behind a
// language model that is late or broken nobody is asked.
func (l *ladder) climb(ctx context.Context, t *turn.Turn, from int, mayWait bool, out *aloud) (r turn.Reply, answered bool, next int) {
	var below turn.Reply // the surest of the answers that were not sure enough
	for at := from; at < len(l.rungs); at++ {
		rung := l.rungs[at]
		if !l.open(rung, t) {
			continue
		}
		if rung.Budget > 0 && !mayWait {
			return below, false, at
		}
		r, ok := l.ask(ctx, rung, t, out)
		if ok {
			return r, true, at
		}
		if surer(r, below) {
			below = r
		}
		if rung.LLM && r.Late { // the preset text, or the seed's error, is for this
			below.Late = true
			return below, false, len(l.rungs)
		}
	}
	return below, false, len(l.rungs)
}

// surer says whether a step that gave up was nearer to an answer than another.
func surer(r, than turn.Reply) bool {
	return r.Below && r.Confidence != nil && (than.Confidence == nil || *r.Confidence > *than.Confidence)
}

// ask gives a step its budget. A step that waits runs beside, so that one that
// does not heed its context costs no more than its budget. One that panics
// there has no answer: it takes neither the turn nor the process with it. What
// it has said aloud by then is its answer.
func (l *ladder) ask(ctx context.Context, rung Rung, t *turn.Turn, out *aloud) (turn.Reply, bool) {
	if rung.Budget == 0 {
		return rung.Step.Answer(ctx, t)
	}
	ctx, cancel := context.WithTimeout(ctx, rung.Budget)
	defer cancel()
	type said struct {
		reply turn.Reply
		ok    bool
	}
	answers := make(chan said, 1)
	go func() {
		var a said
		defer func() {
			if p := recover(); p != nil {
				l.log.Error("a step of the ladder panicked and has no answer", "step", fmt.Sprintf("%T", rung.Step), "panic", p, "stack", string(debug.Stack()))
				a = said{reply: turn.Reply{Late: true}}
			}
			answers <- a
		}()
		a.reply, a.ok = rung.Step.Answer(ctx, t)
	}()
	for {
		var a said
		select {
		case part := <-out.heard():
			out.hear(part)
			continue
		case a = <-answers:
		case <-ctx.Done():
			a.reply.Late = true
		}
		if !a.ok && out.spoke() {
			return out.left(), true
		}
		return a.reply, a.ok
	}
}

// hasLLM says whether a turn may be answered by an LLM.
func (l *ladder) hasLLM(t *turn.Turn) bool {
	for _, r := range l.rungs {
		if r.LLM && l.open(r, t) {
			return true
		}
	}
	return false
}

// learn tells the steps that want to know what was answered.
func (l *ladder) learn(t *turn.Turn, r *turn.Reply) {
	for _, learner := range l.learners {
		learner.Learn(t, r)
	}
}
