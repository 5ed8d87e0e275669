package processors

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"askbuy/schemas/event"

	"pgregory.net/rapid"
)

const halfDay = day / 2

// history makes events of one shop: a few shoppers who share conversation
// ids, times on a grid on which the day's and the month's edges are hit. Pick
// answers a number below its argument.
func history(pick func(n int) int, days, messages, orderEvents, behaviors int) []*event.Event {
	var events []*event.Event
	when := func() int64 { return int64(pick(2*days)) * halfDay }
	for i := range messages {
		events = append(events, &event.Event{
			Type: event.TypeMessage, ShopID: "s", ID: fmt.Sprint("m", i), TS: when(),
			UserID: []string{"u1", "u2", "u3"}[pick(3)], ConvID: fmt.Sprint("c", pick(3)),
			From: []event.Role{"user", "user", "user", "bot", "user", "agent"}[pick(6)],
			Text: "xxxxxxxxx"[:pick(10)], Test: pick(10) == 9,
		})
	}
	for i := range orderEvents {
		events = append(events, &event.Event{
			Type: event.TypeOrder, ShopID: "s", ID: fmt.Sprint("e", i), TS: when(), OrderID: fmt.Sprint("o", pick(2)),
			UserID: []string{"u1", "u2", "u3", ""}[pick(4)], ConvID: []string{"", "", "c0", "c1"}[pick(4)],
			Status: []event.Status{"paid", "paid", "created", "paid", "created", "refunded", "cancelled"}[pick(7)],
			Test:   pick(10) == 9,
		})
	}
	for i := range behaviors {
		events = append(events, &event.Event{
			Type: event.TypeBehavior, ShopID: "s", ID: fmt.Sprint("b", i), TS: when(), UserID: []string{"u1", "u2", "u3"}[pick(3)],
			Name: []string{event.AddToCart, "page_view", "checkout", "looked_away"}[pick(4)], Test: pick(10) == 9,
		})
	}
	return events
}

// delivery is a random order of arrival in which some events come again.
func delivery(dice *rand.Rand, events []*event.Event) []*event.Event {
	log := append([]*event.Event(nil), events...)
	for _, e := range events {
		for dice.IntN(4) == 0 {
			log = append(log, e)
		}
	}
	dice.Shuffle(len(log), func(i, j int) { log[i], log[j] = log[j], log[i] })
	return log
}

// trial plays one history and says how the rows differ from the truth.
func trial(dice *rand.Rand, limits Limits, b bug, crashes int, events []*event.Event) string {
	return diff(truth(testModels, testFold, events), newWorld(dice, limits, b, crashes, delivery(dice, events)).run())
}

func diff(want, got map[string]string) string {
	if maps.Equal(want, got) {
		return ""
	}
	text := ""
	for key := range want {
		if got[key] != want[key] {
			text += fmt.Sprintf("\n%s\n  want %s\n  got  %s", key, want[key], got[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			text += fmt.Sprintf("\n%s\n  want nothing\n  got  %s", key, got[key])
		}
	}
	return text
}

// tight are bounds that hardly anything fits into.
func tight(pick func(n int) int) Limits {
	return Limits{
		Messages: 1 + pick(8), Behaviors: 1 + pick(4), Bytes: []int{300, 600, 1200, 128 << 10}[pick(4)],
		Age: DefaultLimits().Age,
	}
}

// Whatever the order of arrival, the repetitions, the crashes, the bounds: the
// rows are what the contract says of the set of events.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		limits := DefaultLimits()
		if pick(2) == 1 {
			limits = tight(pick)
		}
		events := history(pick, []int{3, 8, 50, 120}[pick(4)], pick(12), pick(10), pick(8))
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		if different := trial(dice, limits, noBug, pick(7), events); different != "" {
			t.Fatal(different)
		}
	})
}

// The same over histories that are all full; rapid prefers small ones.
func TestConvergesInCrowds(t *testing.T) {
	for seed := range 2000 {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		limits := DefaultLimits()
		if seed%2 == 1 {
			limits = tight(dice.IntN)
		}
		events := history(dice.IntN, []int{3, 8, 50, 120}[dice.IntN(4)], 10, 8, 8)
		if different := trial(dice, limits, noBug, []int{0, 1, 3, 6}[dice.IntN(4)], events); different != "" {
			t.Fatalf("seed %d: %s", seed, different)
		}
	}
}

// Conflicts, too: of copies that differ the first in the log counts. Only what
// a copy said of itself alone stays said, a score of a message that is none.
func TestConflictsConverge(t *testing.T) {
	for seed := range 1000 {
		dice := rand.New(rand.NewPCG(uint64(seed), 4))
		events := history(dice.IntN, 8, 10, 8, 8)
		for i, e := range history(dice.IntN, 8, 10, 8, 8) {
			if e.Type != event.TypeBehavior && dice.IntN(2) == 0 {
				e.UserID, e.OrderID = orIf(e.Type == event.TypeMessage, events[i].UserID, e.UserID), events[i].OrderID
				events = append(events, e) // another body under the same identity
			}
		}
		sent := delivery(dice, events)
		want, got := truth(testModels, testFold, sent), newWorld(dice, DefaultLimits(), noBug, dice.IntN(7), sent).run()
		for key := range got {
			if _, ok := want[key]; !ok && strings.HasPrefix(key, "score ") {
				delete(got, key)
			}
		}
		if different := diff(want, got); different != "" {
			t.Fatalf("seed %d: %s", seed, different)
		}
	}
}

func orIf(cond bool, a, b string) string {
	if cond {
		return a
	}
	return b
}

// The tests above can fail: each mistake that the recipe guards against is
// found.
func TestMistakesAreFound(t *testing.T) {
	const histories = 10_000
	small := DefaultLimits()
	small.Messages = 3
	cases := map[bug]Limits{
		twoLogs: DefaultLimits(), previous: DefaultLimits(), first: DefaultLimits(), onlyChanged: DefaultLimits(),
		noRepairs: small, hasty: small, deafToBehaviors: DefaultLimits(), deafToOrders: DefaultLimits(),
		byArrival: DefaultLimits(), lastModel: DefaultLimits(),
	}
	for mistake, limits := range cases {
		t.Run(string(mistake), func(t *testing.T) {
			behaviors := 1
			if mistake == deafToBehaviors {
				behaviors = 8
			}
			for seed := range histories {
				dice := rand.New(rand.NewPCG(uint64(seed), 1))
				if trial(dice, limits, mistake, 9, history(dice.IntN, 3+27*(seed%2), 10, 8, behaviors)) != "" {
					t.Logf("found after %d histories", seed+1)
					return
				}
			}
			t.Errorf("not found in %d histories", histories)
		})
	}
}
