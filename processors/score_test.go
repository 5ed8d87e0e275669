package processors

import (
	"testing"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

func TestScoreEvent(t *testing.T) {
	model := intent.Default()
	message := event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: "m", ConvID: "c", TS: 5, From: event.RoleUser, Text: "怎么付款,我现在下单"}
	got := must(scoreEvent(model, &message, 7)).Message
	if !got.Folded || got.Evidence <= 0 || got.Intent == "" || got.ModelID != model.ID() || got.Raw != 7 || got.TS != 5 || got.ConvID != "c" {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(*event.Event){
		"bot":   func(e *event.Event) { e.From = event.RoleBot },
		"agent": func(e *event.Event) { e.From = event.RoleAgent },
		"test":  func(e *event.Event) { e.Test = true },
	} {
		other := message
		change(&other)
		if got := must(scoreEvent(model, &other, 7)).Message; got.Folded || got.Evidence != 0 || got.ModelID != "" || got.EventID != "m" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	behavior := event.Event{Type: event.TypeBehavior, ShopID: "s", UserID: "u", ID: "b", Name: event.AddToCart, TS: 5, Test: true}
	if got := must(scoreEvent(model, &behavior, 8)).Behavior; got.Name != event.AddToCart || !got.Test || got.Raw != 8 {
		t.Errorf("%+v", got)
	}
	if _, err := scoreEvent(model, &event.Event{Type: event.TypeOrder}, 1); err == nil {
		t.Error("an order has no score")
	}
}
