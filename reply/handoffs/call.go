package handoffs

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"sync"

	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Call says whether a turn calls a person, and what records the call: nothing
// while the person who was called is awaited. A call from an earlier
// conversation, or from long ago, that nobody has answered lapses, and a new one
// takes its place: a shopper who asks again is put before people again. The same
// turn, answered by whichever replica, makes the same handoff.
func (d *Desk) Call(t *turn.Turn, r *turn.Reply) (records []event.Event, call bool) {
	reason, call := due(t, r)
	if !call {
		return nil, false
	}
	if t.State.Mode == turn.ModePending && !outlived(t) {
		return nil, true
	}
	h := event.Handoff{
		ID: idOfCall(t), Step: event.HandoffRequested, Reason: reason, Confidence: r.Confidence,
		Context: &event.HandoffContext{
			Rounds: append(d.history(t), event.HandoffTurn{From: event.RoleUser, Text: t.Text, TS: t.At}),
			Intent: t.Intent.Intent, Language: t.Language, Segment: t.Profile.Kind, Profile: profile(t.Profile),
		},
	}
	h.BuyScore = d.score(t.Shopper, h.Context.Rounds)
	record := d.step(t.Shopper, t.ConvID, t.Test, h)
	record.ID, record.TS = h.ID+":"+string(h.Step)+":"+idOf(t.EventID), t.At
	if d.called.add(h.ID) {
		d.metrics.handoffs[reason].Inc()
	}
	records = append(records, record)
	if t.State.Mode == turn.ModePending {
		lapse := d.step(t.Shopper, t.State.HandoffConv, false, event.Handoff{ID: t.State.HandoffID, Step: event.HandoffLapsed, Detail: "called again"})
		lapse.ID, lapse.TS = t.State.HandoffID+":"+string(event.HandoffLapsed)+":"+h.ID, t.At
		records = append(records, lapse)
	}
	return records, true
}

// outlived reports whether the call that nobody has answered is of another
// conversation, or as old as if it were.
func outlived(t *turn.Turn) bool {
	return t.State.HandoffConv != t.ConvID || t.At-t.State.HandoffAt >= turn.Silence.Milliseconds()
}

// idOfCall is the handoff of a call: one for all turns of a conversation that
// call while nobody knows of each other's, by whichever replica they are
// answered, so that a conversation has one open handoff at most. What came
// before it tells it from the next one; where nothing is remembered, the time
// does: a conversation is forgotten after more silence than a slot is long.
func idOfCall(t *turn.Turn) string {
	before := cmp.Or(t.State.HandoffID, t.State.HandoffOver, strconv.FormatInt(t.At/turn.Silence.Milliseconds(), 10))
	return idOf(t.ShopID, t.UserID, t.ConvID, before)
}

// calls are the handoffs that were called for not long ago, so that none is
// counted twice.
type calls struct {
	mu  sync.Mutex
	ids map[string]struct{}
}

// recentCalls is how many are remembered at most, then it begins anew.
const recentCalls = 10_000

// add reports whether a handoff is new.
func (c *calls) add(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.ids[id]; known {
		return false
	}
	if c.ids == nil || len(c.ids) == recentCalls {
		c.ids = map[string]struct{}{}
	}
	c.ids[id] = struct{}{}
	return true
}

// history is what was said before a turn: the rounds that the turn was asked
// with, and what people wrote.
func (d *Desk) history(t *turn.Turn) (turns []event.HandoffTurn) {
	for _, r := range t.State.Rounds {
		turns = append(turns, event.HandoffTurn{From: event.RoleUser, Text: r.Question, TS: r.At}, event.HandoffTurn{From: event.RoleBot, Text: r.Answer, TS: r.At})
	}
	return turns[max(0, len(turns)-2*(turn.Rounds-1)):]
}

// idOf is an id made of parts: 32 hexadecimal digits.
func idOf(parts ...string) string {
	var b []byte
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// profile has a shopper's figures under the names that the agent reads.
func profile(p turn.Profile) map[string]float64 {
	if p.Kind == "" {
		return nil
	}
	return map[string]float64{
		"orders": float64(p.Orders), "refunds": float64(p.Refunds), "basket": float64(p.BasketCents) / 100, "days_since_last": p.DaysSinceLast,
	}
}

func (d *Desk) score(s event.Shopper, turns []event.HandoffTurn) *float64 {
	if d.Score == nil {
		return nil
	}
	var texts []string
	for _, t := range turns {
		if t.From == event.RoleUser {
			texts = append(texts, t.Text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return d.Score(s, texts)
}

// Shown is what records that a shopper was given words of a person's.
func (d *Desk) Shown(s event.Shopper, conv string, ids []string) event.Event {
	_, handoff := d.Book.State(s).Mode()
	return d.step(s, conv, false, event.Handoff{ID: cmp.Or(handoff, noHandoff), Step: event.HandoffShown, Shown: slices.Clone(ids)})
}

// noHandoff stands for the handoff of words that were shown when it was over.
const noHandoff = "-"

// unasked is a handoff that nobody called for: a person comes by themselves.
func (d *Desk) unasked(s event.Shopper, conv, agent string, state *conversation.State) event.Event {
	known := state.History(conv)
	h := event.Handoff{
		ID: d.ID(), Step: event.HandoffTaken, Reason: event.ReasonTakeover, Agent: agent,
		Context: &event.HandoffContext{Rounds: known}, BuyScore: d.score(s, known),
	}
	return d.step(s, conv, false, h)
}
