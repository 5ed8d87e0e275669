package reply

import (
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
	exposure string     // its id; "" when none is recorded
	first    chan error // of what was begun; nil: nothing was
}

// newRecording begins with the shopper's message and, where an experiment
// covers them, the exposure, which thus is never later than the reply.
func (s *Service) newRecording(t *turn.Turn, arrived time.Time, named bool) *recording {
	rec := &recording{service: s, turn: t, arrived: arrived, by: arrived.Add(s.config.Deadline)}
	rec.pending = append(make([]Sent, 0, 5), Sent{Event: event.Event{
		Type: event.TypeMessage, ID: t.EventID, ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID, TS: t.At, Test: t.Test,
		From: event.RoleUser, Text: t.Text, Channel: channel,
	}, NoTS: named}) // a retry of a named message is the same one, minutes later, too
	if t.Arm.Experiment == "" || t.State.Mode == turn.ModeHuman {
		return rec
	}
	id := "chat:" + s.ids.sum("exposure", t.ConvID, t.Arm.Experiment)
	if _, known := s.exposed.GetIfPresent(id); known {
		return rec
	}
	rec.exposure = id
	rec.pending = append(rec.pending, Sent{Event: event.Event{
		Type: event.TypeExposure, ID: id, ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID, TS: t.At, Test: t.Test,
		Experiment: t.Arm.Experiment, Variant: t.Arm.Variant,
	}, NoTS: true}) // any replica may say it again
	return rec
}

func (rec *recording) add(e event.Event) { rec.pending = append(rec.pending, Sent{Event: e}) }

// begin records what is there, beside the caller.
func (rec *recording) begin() {
	events := rec.pending
	rec.pending, rec.first = make([]Sent, 0, 3), make(chan error, 1)
	go func() { rec.first <- rec.service.Accept(rec.by, rec.arrived, events) }()
}

// finish records what is left, the turn's answer if there is one, and returns
// when all is durable.
func (rec *recording) finish(d *turn.Done) error {
	if d != nil && (d.Reply.Route != turn.RouteHuman) {
		rec.addReply(d)
	}
	var err error
	if len(rec.pending) > 0 {
		err = rec.service.Accept(rec.by, rec.arrived, rec.pending)
	}
	if rec.first != nil {
		if begun := <-rec.first; err == nil {
			err = begun
		}
	}
	if err == nil && rec.exposure != "" {
		rec.service.exposed.Set(rec.exposure, struct{}{})
	}
	return err
}

// addReply adds the bot's message and what there is to know of it.
func (rec *recording) addReply(d *turn.Done) {
	t, r := rec.turn, d.Reply
	now := rec.service.Now()
	said := event.Event{
		Type: event.TypeMessage, ID: t.EventID + ":bot", ShopID: t.ShopID, UserID: t.UserID, ConvID: t.ConvID,
		TS: max(now.UnixMilli(), t.At), Test: t.Test, From: event.RoleBot, Text: d.Brief, Channel: channel,
	}
	known := said
	known.Type, known.From, known.Text, known.Channel = event.TypeReply, "", "", ""
	known.Experiment, known.Variant = t.Arm.Experiment, t.Arm.Variant
	known.Reply = &event.Reply{
		QuestionID: t.EventID, Route: string(r.Route), Intent: t.Intent.Intent, Confidence: r.Confidence, Language: t.Language,
		LatencyMS: float64(now.Sub(rec.arrived).Microseconds()) / 1000, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens,
		CostMicros: r.CostMicros, Currency: r.Currency, Answered: r.Answered(), Cached: r.Cached(), Model: r.Model,
		Dialogue: r.Dialogue, Slots: r.Slots,
	}
	rec.add(said)
	rec.add(known)
}

// isTest says whether a text alone marks its turn as test traffic.
func isTest(text string) bool { return event.TextIsTest(text) }
