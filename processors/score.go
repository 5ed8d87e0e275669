package processors

import (
	"fmt"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// scorer says what a text tells; it must be a function of the text alone.
type scorer interface {
	ID() string
	Score(text string) intent.Scored
}

// scored reports whether a model reads the event: a user's message does.
func scored(e *event.Event) bool {
	return e.Type == event.TypeMessage && e.From == event.RoleUser && !e.Test
}

// scoreEvent makes the journey's entry of a message or a behaviour; raw is
// the record's position in its topic. Messages of bots and agents and test
// traffic are handed on without evidence, so that their copies are known.
func scoreEvent(model scorer, e *event.Event, raw event.Position) (*event.Entry, error) {
	switch e.Type {
	case event.TypeMessage:
		return &event.Entry{Message: scoreMessage(model, e, raw)}, nil
	case event.TypeBehavior:
		return &event.Entry{Behavior: behaviorOf(e, raw)}, nil
	}
	return nil, fmt.Errorf("score event: a %s has no place in a journey", e.Type)
}

func behaviorOf(e *event.Event, raw event.Position) *event.Behavior {
	return &event.Behavior{
		ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, Name: e.Name, TS: e.TS,
		ItemID: e.ItemID, Category: e.Category, Test: e.Test, Raw: raw,
	}
}

func scoreMessage(model scorer, e *event.Event, raw event.Position) *event.ScoredMessage {
	m := &event.ScoredMessage{
		ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, ConvID: e.ConvID, TS: e.TS, Raw: raw, Folded: scored(e),
	}
	if m.Folded {
		s := model.Score(e.Text)
		m.Evidence, m.Act, m.Intent, m.IntentPath, m.ModelID = s.Evidence, s.Act, s.Intent, s.IntentPath, model.ID()
	}
	return m
}
