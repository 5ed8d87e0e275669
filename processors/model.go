package processors

import (
	"context"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// models says which model is in force when. It answers the same for ever.
type models interface {
	// At is the model in force at an event time, ms. It waits until that is
	// certain; an error is the end of ctx, or one that would come again.
	At(ctx context.Context, ts int64) (intent.Scorer, error)
	// Know makes certain that Params knows these models.
	Know(ctx context.Context, ids []string) error
	// Params are those of a model that is known.
	Params(id string) *intent.Params
}

// Only has one model in force all the time.
func Only(m intent.Scorer) OneModel { return OneModel{m} }

// OneModel is models of which there is one. It reads every message by its
// Params, whatever model it was scored by.
type OneModel struct{ model intent.Scorer }

// At is the model.
func (o OneModel) At(context.Context, int64) (intent.Scorer, error) { return o.model, nil }

// Know knows all there are.
func (o OneModel) Know(context.Context, []string) error { return nil }

// Params are the model's.
func (o OneModel) Params(string) *intent.Params { return o.model.Params() }

// scorerOf is the model that scores an event; nil: none does.
func scorerOf(ctx context.Context, m models, e *event.Event) (scorer, error) {
	if !scored(e) {
		return nil, nil
	}
	return m.At(ctx, e.TS)
}

// scorersOf are the models of messages, in their order.
func scorersOf(ctx context.Context, m models, messages []Fact) ([]scorer, error) {
	list := make([]scorer, len(messages))
	for i := range messages {
		s, err := scorerOf(ctx, m, messages[i].Event)
		if err != nil {
			return nil, err
		}
		list[i] = s
	}
	return list, nil
}

// modelsOf are the ids of all models that folding the entry into the journey
// may ask for.
func modelsOf(j *journey, e *event.Entry) (ids []string) {
	last := ""
	add := func(id string) {
		if id != last && id != "" {
			ids, last = append(ids, id), id
		}
	}
	if e.Message != nil {
		add(e.Message.ModelID)
	}
	for i := range j.Messages {
		add(j.Messages[i].Model)
	}
	return ids
}

// fold says what one conversation's messages, in their order, add up to after
// each of them, in view of what else the shopper did.
type fold func(shop string, points []intent.Point, past *intent.Past) []intent.Folded
