package turn

import (
	"fmt"
	"slices"
	"testing"
)

func TestAStateKeepsFiveRoundsOfOneConversation(t *testing.T) {
	s := State{}
	for i := range 7 {
		s = s.After(Done{
			Turn:  &Turn{ConvID: "c", EventID: fmt.Sprint(i), Text: "q", At: int64(i)},
			Reply: &Reply{Route: RouteFAQ}, Brief: "a",
		})
	}
	var ids []string
	for _, r := range s.Rounds {
		ids = append(ids, r.EventID)
	}
	if !slices.Equal(ids, []string{"2", "3", "4", "5", "6"}) || s.LastAt != 6 {
		t.Errorf("kept %v, last %d", ids, s.LastAt)
	}
	other := s.In("another")
	if len(other.Rounds) != 0 || other.LastAt != 6 {
		t.Errorf("another conversation begins with %+v", other)
	}
}

func TestAStateCountsFailures(t *testing.T) {
	s := State{Waiting: []Words{{EventID: "w1"}, {EventID: "w2"}}}
	f := func(route Route, failures int, clarified bool) {
		t.Helper()
		s = s.After(Done{Turn: &Turn{ConvID: "c"}, Reply: &Reply{Route: route}, Given: []string{"w1"}})
		if s.Failures != failures || s.Clarified != clarified {
			t.Errorf("%s: %d failures, clarified %v", route, s.Failures, s.Clarified)
		}
	}
	f(RouteClarify, 1, true)
	f(RoutePreset, 2, true)
	f(RouteHuman, 2, true) // a person's words are no turn of the bot's
	f(RouteFAQ, 0, false)
	if len(s.Waiting) != 1 || s.Waiting[0].EventID != "w2" {
		t.Errorf("waiting %v", s.Waiting)
	}
}
