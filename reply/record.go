package reply

import (
	"slices"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// channel is that of every conversation held here.
const channel = "miniprogram"

// recording is what a turn leaves. It may be begun while the ladder is still
// being climbed, and has to be finished.
type recording struct {
	service  *Service
	turn     *turn.Turn
	arrived  time.Time
	by       time.Time
	pending  []Sent
	begun    []Sent
	exposure string     // its id; "" when none is recorded
	first    chan error // of what was begun; nil: nothing was
	said     bool       // the bot's message was added
}

// usualRecords of a turn are the question, the answer and what is known of it.
const usualRecords = 3

// newRecording begins with the shopper's message and, where an experiment
// covers them, the exposure, which thus is never later than the reply.
func (s *Service) newRecording(t *turn.Turn, arrived time.Time) *recording {
	rec := &recording{service: s, turn: t, arrived: arrived, by: arrived.Add(s.config.Deadline), pending: make([]Sent, 0, usualRecords)}
	rec.add(event.Event{
		Type: event.TypeMessage, ID: t.EventID, ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID, TS: t.At, Test: t.Test,
		From: event.RoleUser, Text: t.Text, Channel: channel,
	})
	if t.State.Mode != turn.ModeHuman {
		rec.addExposure()
	}
	return rec
}

// addExposure adds the exposure of the turn's conversation, unless it is known
// to be recorded. That of test traffic is another one: it exposes nobody.
func (rec *recording) addExposure() {
	t, s := rec.turn, rec.service
	if t.Arm.Experiment == "" {
		return
	}
	parts := []string{"exposure", t.ConvID, t.Arm.Experiment, "test"}
	if !t.Test {
		parts = parts[:3]
	}
	id := "chat:" + s.ids.sum(parts...)
	if _, known := s.exposed.GetIfPresent(id); known {
		return
	}
	rec.exposure = id
	rec.add(event.Event{
		Type: event.TypeExposure, ID: id, ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID, TS: t.At, Test: t.Test,
		Experiment: t.Arm.Experiment, Variant: t.Arm.Variant,
	})
}

// add adds an event that a retry, or any replica, may say again at another
// time.
func (rec *recording) add(e event.Event) { rec.pending = append(rec.pending, Sent{e, true}) }

// all is what may not be recorded yet.
func (rec *recording) all() []Sent { return slices.Concat(rec.begun, rec.pending) }

// begin records what is there, beside the caller.
func (rec *recording) begin() {
	rec.begun, rec.pending, rec.first = rec.pending, make([]Sent, 0, 3), make(chan error, 1)
	events := slices.Clone(rec.begun)
	go func() { rec.first <- rec.service.Accept(rec.by, rec.arrived, events) }()
}

// finish records what is left, the turn's answer if there is one, and returns
// when all is durable.
func (rec *recording) finish(d *turn.Done) error {
	if d != nil && (d.Reply.Route != turn.RouteHuman) {
		rec.addReply(d)
	}
	return rec.flush()
}

// flush returns when all that was added is durable. What may not be is to be
// recorded again.
func (rec *recording) flush() (err error) {
	if len(rec.pending) > 0 {
		err = rec.service.Accept(rec.by, rec.arrived, rec.pending)
	}
	if rec.first != nil {
		if begun := <-rec.first; err == nil {
			err = begun
		}
		rec.first = nil
	}
	if err != nil {
		rec.begun, rec.pending = nil, rec.all()
		return err
	}
	rec.begun, rec.pending = nil, nil
	if rec.exposure != "" {
		rec.service.exposed.Set(rec.exposure, struct{}{})
	}
	return nil
}

// addSaid adds the bot's message.
func (rec *recording) addSaid(brief string) {
	rec.said = true
	said := rec.ofTheBot()
	said.Type, said.From, said.Text, said.Channel = event.TypeMessage, event.RoleBot, brief, channel
	rec.add(said)
}

// ofTheBot is what all that is told of the turn's answer has.
func (rec *recording) ofTheBot() event.Event {
	t := rec.turn
	return event.Event{
		ID: t.EventID + ":bot", ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID, TS: max(rec.service.Now().UnixMilli(), t.At), Test: t.Test,
	}
}

// addReply adds the bot's message, if it is not said yet, and what there is to
// know of it.
func (rec *recording) addReply(d *turn.Done) {
	t, r := rec.turn, d.Reply
	if !rec.said {
		rec.addSaid(d.Brief)
	}
	known := rec.ofTheBot()
	known.Type, known.Experiment, known.Variant = event.TypeReply, t.Arm.Experiment, t.Arm.Variant
	known.Reply = &event.Reply{
		QuestionID: t.EventID, Route: string(r.Route), Intent: t.Intent.Intent, Confidence: r.Confidence, Language: t.Language,
		LatencyMS:    float64(rec.service.Now().Sub(rec.arrived).Microseconds()) / 1000,
		PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens,
		CostMicros: r.CostMicros, Currency: r.Currency, Answered: r.Answered(), Cached: r.Cached(), Model: r.Model,
		Dialogue: r.Dialogue, Slots: r.Slots,
	}
	rec.add(known)
}

// isTest says whether a text alone marks its turn as test traffic.
func isTest(text string) bool { return event.TextIsTest(text) }
