package conversation

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Of any part of any history, the bytes tell of every question what the state
// tells; of bytes cut short nothing is told that is not there.
func TestBytesTellWhatIsAnswered(t *testing.T) {
	told := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		events := slices.DeleteFunc(history(rt), func(*event.Event) bool { return rapid.IntRange(0, 5).Draw(rt, "lost") == 0 })
		events = append(events, named(fmt.Sprintf("chat:%032x", 7), turn.RouteFAQ)...)
		s := stateOf(events...)
		value, err := Encode(s)
		if err != nil {
			rt.Fatal(err)
		}
		for _, id := range []string{"q0", "q1", "q4", "q8", "w0", "later", "c", "FAQ", "ADDRESS", "", "none", fmt.Sprintf("chat:%032x", 7), fmt.Sprintf("chat:%032x", 8)} {
			_, known := find(s.Known, id)
			_, said := find(s.Answers, id)
			if got := answered(value, id); got != (known && said) {
				rt.Fatalf("%q: the bytes tell %v of %+v", id, got, s)
			}
			told[known && said]++
		}
		for n := range value {
			answered(value[:n], "q1")
		}
	})
	if told[true] == 0 || told[false] == 0 {
		t.Errorf("one side was never met: %v", told)
	}
}

// named is a round of a question with an id of its own.
func named(id string, route turn.Route) []*event.Event {
	return []*event.Event{message(id, event.RoleUser, "问", at+1), message(id+answerSuffix, event.RoleBot, "答", at+2), reply(id, route, at+2)}
}

func BenchmarkAnswered(b *testing.B) {
	value, err := Encode(longState())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !answered(value, fmt.Sprintf("chat:%032x", 1<<60+4)) {
			b.Fatal("the last turn is not found")
		}
	}
}
