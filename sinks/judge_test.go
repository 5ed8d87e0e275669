package sinks

import (
	"maps"
	"slices"
	"testing"

	"askbuy/schemas/event"
)

func TestJudge(t *testing.T) {
	a, b := event.IdentityHash{1}, event.IdentityHash{2}
	x, y := event.Copy{Body: [16]byte{1}}, event.Copy{Body: [16]byte{2}}
	other := event.Copy{Version: 2, Body: [16]byte{3}}
	f := func(what string, known map[event.IdentityHash]First, batch []candidate, want []Outcome, ousted map[event.IdentityHash]Outcome) {
		t.Helper()
		got, gone := judge(known, batch)
		if !slices.Equal(got, want) || !maps.Equal(gone, ousted) {
			t.Errorf("%s: got %v, ousted %v", what, got, gone)
		}
		// The other way round, the same.
		slices.Reverse(batch)
		got, _ = judge(known, batch)
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s, reversed: got %v", what, got)
		}
	}
	at5 := map[event.IdentityHash]First{a: {Copy: x, At: 5}}
	f("nothing", nil, nil, []Outcome{}, nil)
	f("all new", nil, []candidate{{a, x, 1}, {b, x, 2}}, []Outcome{Fresh, Fresh}, nil)
	f("copies in one batch", nil, []candidate{{a, x, 1}, {a, x, 2}, {a, y, 3}}, []Outcome{Fresh, Duplicate, Conflict}, nil)
	f("itself again", at5, []candidate{{a, x, 5}, {a, x, 5}}, []Outcome{Fresh, Fresh}, nil)
	f("after the fact", at5, []candidate{{a, x, 6}, {a, y, 7}}, []Outcome{Duplicate, Conflict}, nil)
	f("before the fact", at5, []candidate{{a, y, 3}, {a, x, 6}, {a, y, 7}}, []Outcome{Fresh, Conflict, Duplicate}, map[event.IdentityHash]Outcome{a: Conflict})
	f("equal and before the fact", at5, []candidate{{a, x, 3}}, []Outcome{Fresh}, map[event.IdentityHash]Outcome{a: Duplicate})
	f("another form of fingerprint", at5, []candidate{{a, other, 8}}, []Outcome{Duplicate}, nil)
	f("the time alone", nil, []candidate{{a, event.Copy{TS: 1}, 1}, {a, event.Copy{TS: 2}, 2}, {a, event.Copy{TS: 3, NoTS: true}, 3}}, []Outcome{Fresh, Conflict, Duplicate}, nil)
}
