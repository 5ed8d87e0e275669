package sinks

import (
	"maps"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

// In whatever order and batches copies are judged, and however often, the
// last word on each place is what the whole log says, and the fact is the copy
// of the least position.
func TestJudgeDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log := make([]candidate, rapid.IntRange(1, 30).Draw(rt, "records"))
		first := map[event.IdentityHash]candidate{}
		for at := range log {
			log[at] = candidate{
				identity: event.IdentityHash{rapid.Byte().Draw(rt, "identity") % 4}, at: event.Position(at),
				copy: event.Copy{Body: [16]byte{rapid.Byte().Draw(rt, "body") % 2}, TS: int64(rapid.IntRange(0, 1).Draw(rt, "ts"))},
			}
			if _, seen := first[log[at].identity]; !seen {
				first[log[at].identity] = log[at]
			}
		}
		want := map[event.Position]Outcome{}
		for _, c := range log {
			want[c.at] = against(first[c.identity], c.copy, c.at)
		}
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		said, known := map[event.Position]Outcome{}, map[event.IdentityHash]First{}
		for _, batch := range batches(dice, log) {
			judgeBatch(said, known, batch)
			for id, f := range known { // at no time is another copy said to be the fact
				for _, c := range log {
					if c.identity == id && c.at != f.At && said[c.at] == Fresh {
						rt.Fatalf("the facts of %v are at %d and at %d", id[0], f.At, c.at)
					}
				}
			}
		}
		// As after a rewind to where the least copy of each was first stored.
		judgeBatch(said, known, log)
		if !maps.Equal(said, want) {
			rt.Errorf("said %v, want %v", said, want)
		}
		for id, f := range known {
			if f.At != first[id].at {
				rt.Errorf("the fact of %v is at %d, want %d", id[0], f.At, first[id].at)
			}
		}
	})
}

// judgeBatch is what a sink does with a verdict: receipts, then facts.
func judgeBatch(said map[event.Position]Outcome, known map[event.IdentityHash]First, batch []candidate) {
	outcomes, ousted := judge(known, batch)
	for id, outcome := range ousted {
		said[known[id].At] = outcome
	}
	for n, c := range batch {
		said[c.at] = outcomes[n]
		if outcomes[n] == Fresh {
			known[c.identity] = First{Copy: c.copy, At: c.at}
		}
	}
}

// batches cuts a log, shuffled and in part repeated, into batches.
func batches(dice *rand.Rand, log []candidate) (all [][]candidate) {
	told := append([]candidate(nil), log...)
	for _, c := range log {
		for dice.IntN(3) == 0 {
			told = append(told, c)
		}
	}
	dice.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
	for len(told) > 0 {
		n := 1 + dice.IntN(len(told))
		all, told = append(all, told[:n]), told[n:]
	}
	return all
}
