package truth_test

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/internal/simulator"
	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// TestTheSetOfEventsDecides derives the same tables from any order and any
// repetition of the same events.
func TestTheSetOfEventsDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := simulator.DefaultOptions(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		o.Seed, o.Conversations, o.Shops = rapid.Uint64Range(0, 1<<40).Draw(t, "seed"), rapid.IntRange(1, 12).Draw(t, "conversations"), 2
		s, err := simulator.New(o)
		if err != nil {
			t.Fatal(err)
		}
		events := named(s.Truth().Events)
		want := text(t, events)
		r := rand.New(rand.NewPCG(o.Seed, 1))
		again := slices.Concat(events, events[:r.IntN(len(events)+1)])
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		if got := text(t, again); got != want {
			t.Fatalf("another order gives other tables:\n%s\n%s", got, want)
		}
	})
}

// named gives anonymous messages some id.
func named(events []event.Event) []event.Event {
	for i := range events {
		if e := &events[i]; e.ID == "" {
			e.ID = time.UnixMilli(e.TS).String() + e.ConvID
		}
	}
	return events
}

// text is every derived table in a fixed order.
func text(t *rapid.T, events []event.Event) string {
	scores := truth.Scores{}
	for _, e := range events {
		h := fnv.New32a()
		h.Write([]byte(e.ShopID + e.UserID + e.ID))
		if n := h.Sum32(); e.Type == event.TypeMessage && e.From == event.RoleUser && !e.Test && !event.TextIsTest(e.Text) {
			scores[truth.ScoreKey{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID}] = truth.Score{
				Intent: "other", IntentPath: []string{"other"}, Evidence: float64(n % 100), BuyScore: float64(n%1000) / 1000, ModelID: "m"}
		}
	}
	d := truth.Derive(events, scores, nil)
	var all []string
	for _, row := range []any{d.Messages, d.Behaviors, d.Exposures, d.Feedback, d.Conversations, d.Orders, d.OrderItems,
		d.Touches, d.Funnel, d.Shops, d.Attribute("position", 72), d.Attribute("time_decay", 168)} {
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(b, &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			all = append(all, string(r))
		}
	}
	slices.Sort(all)
	b, _ := json.Marshal(all)
	return string(b)
}

// TestCreditsAddUp shares every order with touches whole, whatever the model.
func TestCreditsAddUp(t *testing.T) {
	o := simulator.DefaultOptions(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	o.Conversations = 500
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d := truth.Derive(s.Truth().Events, nil, nil)
	for _, model := range truth.Models() {
		sums := map[string]float64{}
		for _, a := range d.Attribute(model, 720) {
			sums[a.ShopID+a.OrderID] += a.Credit
		}
		for _, o := range d.Orders {
			if sum := sums[o.ShopID+o.OrderID]; o.Touches > 0 && (sum < 1-1e-9 || sum > 1+1e-9) {
				t.Errorf("%s: order %s gives %v of itself", model, o.OrderID, sum)
			}
		}
	}
	if len(d.Attribute("guess", 72)) != 0 {
		t.Error("an unknown model has rows")
	}
}
