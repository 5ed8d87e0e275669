package conversation

import (
	"cmp"
	"slices"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// deliveredBy is after how long the package of a handoff is not posted any
// more.
const deliveredBy = 76 * time.Hour

// Handoff is what the steps of one handoff come to, in whatever order and
// however often they were told. Its machine: pending when it was requested,
// human when it was taken, closed when it was closed or lapsed. Closed by a
// human is for ever, and nothing leads from human back to pending. A lapse does
// not count against a taking that came after it or less than the silence that
// ends a conversation before: nothing that the bot records on its own takes a
// conversation from a human who has just come.
type Handoff struct {
	ID      string `json:"id"`
	Conv    string `json:"conv"`
	Test    bool   `json:"test,omitzero"`
	FirstAt int64  `json:"first"` // of the earliest step, ms
	// Of the earliest step that gives a reason:
	Reason      event.HandoffReason   `json:"reason,omitzero"`
	RequestedAt int64                 `json:"requested,omitzero"`
	Confidence  *float64              `json:"confidence,omitzero"`
	BuyScore    *float64              `json:"buy_score,omitzero"`
	Context     *event.HandoffContext `json:"context,omitzero"`
	Asked       string                `json:"asked,omitzero"` // id of that step
	// The earliest of each, but for two; 0: there was none.
	TakenAt     int64  `json:"taken,omitzero"`
	Agent       string `json:"agent,omitzero"`
	ClosedAt    int64  `json:"closed,omitzero"`
	LastTakenAt int64  `json:"last_taken,omitzero"` // the latest
	LapsedAt    int64  `json:"lapsed,omitzero"`     // the latest
	DeliveredAt int64  `json:"delivered,omitzero"`
	AbandonedAt int64  `json:"abandoned,omitzero"`
	// Of postings: how many, and when the last one was.
	Attempts  int64 `json:"attempts,omitzero"`
	AttemptAt int64 `json:"attempt_at,omitzero"`
}

// Open reports whether somebody asked for a human and the bot does not have
// the conversation back.
func (h *Handoff) Open() bool { return h.EndedAt() == 0 && (h.RequestedAt != 0 || h.TakenAt != 0) }

// EndedAt is when it was closed, or lapsed, ms; 0: it goes on.
func (h *Handoff) EndedAt() int64 {
	lapsed := h.LapsedAt
	if h.LastTakenAt != 0 && lapsed < h.LastTakenAt+turn.Silence.Milliseconds() {
		lapsed = 0
	}
	if lapsed != 0 && h.ClosedAt != 0 {
		return min(lapsed, h.ClosedAt)
	}
	return lapsed + h.ClosedAt
}

// Over reports whether a handoff lapses at a time: nobody has written to each
// other for as long as ends a conversation, or nobody came for as long as its
// package is posted.
func (s *State) Over(h *Handoff, now int64) bool {
	switch h.State() {
	case StateHuman:
		return now-max(s.LastAt, h.LastTakenAt) >= turn.Silence.Milliseconds()
	case StatePending:
		return h.RequestedAt != 0 && now-h.RequestedAt >= deliveredBy.Milliseconds()
	}
	return false
}

// Undelivered reports whether the package is still to be posted.
func (h *Handoff) Undelivered() bool {
	return h.RequestedAt != 0 && h.DeliveredAt == 0 && h.AbandonedAt == 0
}

// HandoffState is where a handoff stands. The set is closed.
type HandoffState string

// The states.
const (
	StatePending HandoffState = "pending"
	StateHuman   HandoffState = "human"
	StateClosed  HandoffState = "closed"
)

// State is where the handoff stands.
func (h *Handoff) State() HandoffState {
	switch {
	case h.EndedAt() != 0:
		return StateClosed
	case h.TakenAt != 0:
		return StateHuman
	}
	return StatePending
}

// handoff adds a step.
func (s *State) handoff(e *event.Event) {
	if e.Handoff.Step == event.HandoffShown {
		for _, id := range e.Handoff.Shown {
			s.Shown = keep(s.Shown, Mark{id, e.TS}, 2*keptWords, marksByTime)
		}
		return
	}
	i, known := slices.BinarySearchFunc(s.Handoffs, e.Handoff.ID, func(h Handoff, id string) int { return cmp.Compare(h.ID, id) })
	if !known {
		s.Handoffs = slices.Insert(slices.Clip(s.Handoffs), i, Handoff{ID: e.Handoff.ID, Conv: e.ConvID, FirstAt: e.TS})
	}
	s.Handoffs[i].apply(e)
	s.forgetClosed()
}

func (h *Handoff) apply(e *event.Event) {
	step := e.Handoff
	h.FirstAt, h.Test = min(h.FirstAt, e.TS), h.Test || e.Test
	earlier := func(at *int64) bool {
		if *at != 0 && *at <= e.TS {
			return false
		}
		*at = e.TS
		return true
	}
	if step.Reason != "" && (h.Asked == "" || cmp.Or(cmp.Compare(e.TS, h.RequestedAt), cmp.Compare(e.ID, h.Asked)) < 0) {
		h.Asked, h.RequestedAt, h.Conv = e.ID, e.TS, e.ConvID
		h.Reason, h.Confidence, h.BuyScore, h.Context = step.Reason, step.Confidence, step.BuyScore, step.Context
	}
	switch step.Step {
	case event.HandoffTaken:
		h.LastTakenAt = max(h.LastTakenAt, e.TS)
		if same := h.TakenAt == e.TS; earlier(&h.TakenAt) || same && (h.Agent == "" || step.Agent != "" && step.Agent < h.Agent) {
			h.Agent = step.Agent
		}
	case event.HandoffClosed:
		earlier(&h.ClosedAt)
	case event.HandoffLapsed:
		h.LapsedAt = max(h.LapsedAt, e.TS)
	case event.HandoffDelivered:
		earlier(&h.DeliveredAt)
	case event.HandoffAbandoned:
		earlier(&h.AbandonedAt)
	}
	if step.Attempt > 0 {
		h.Attempts, h.AttemptAt = max(h.Attempts, step.Attempt), max(h.AttemptAt, e.TS)
	}
}

// forgetClosed lets go of the handoffs that were closed first, when there are
// many. Steps of one handoff lie seconds apart or are only of its posting, so
// none that is forgotten comes to life again.
func (s *State) forgetClosed() {
	closed := 0
	oldest := -1
	for i := range s.Handoffs {
		if h := &s.Handoffs[i]; h.EndedAt() != 0 && !h.Undelivered() {
			if closed++; oldest < 0 || h.EndedAt() < s.Handoffs[oldest].EndedAt() {
				oldest = i
			}
		}
	}
	if closed > keptClosed {
		s.Handoffs = slices.Delete(s.Handoffs, oldest, oldest+1)
	}
}

// Mode is who has the shopper's conversation, and the handoff that says so: of
// several the one that a human took, then the one that was asked for first.
func (s *State) Mode() (mode turn.Mode, handoff string) {
	var best *Handoff
	for i := range s.Handoffs {
		h := &s.Handoffs[i]
		if h.Open() && (best == nil || h.State() != best.State() && h.State() == StateHuman ||
			h.State() == best.State() && h.FirstAt < best.FirstAt) {
			best = h
		}
	}
	switch {
	case best == nil:
		return turn.ModeBot, ""
	case best.State() == StateHuman:
		return turn.ModeHuman, best.ID
	}
	return turn.ModePending, best.ID
}

// lastOver is the handoff that ended last; "" when none is remembered.
func (s *State) lastOver() (id string) {
	var at int64
	for i := range s.Handoffs {
		if ended := s.Handoffs[i].EndedAt(); ended != 0 && ended >= at { // of several at once the greatest id
			id, at = s.Handoffs[i].ID, ended
		}
	}
	return id
}

// Handoff finds a handoff by its id; nil when there is none.
func (s *State) Handoff(id string) *Handoff {
	for i := range s.Handoffs {
		if s.Handoffs[i].ID == id {
			return &s.Handoffs[i]
		}
	}
	return nil
}
