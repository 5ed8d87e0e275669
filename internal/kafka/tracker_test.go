package kafka

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the order in which records are done, what may be committed is the
// offset of the first that is not, or the one after the last.
func TestTrackerCommitsAnUnbrokenRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr tracker
		offset := rapid.Int64Range(0, 1<<40).Draw(t, "first")
		var open []int64 // delivered, not done, ascending
		last, committed := offset, offset
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if len(open) == 0 || rapid.Bool().Draw(t, "deliver") {
				offset += rapid.Int64Range(1, 3).Draw(t, "gap")
				last = offset
				tr.add(offset)
				open = append(open, offset)
				continue
			}
			i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
			o := open[i]
			open = slices.Delete(open, i, i+1)
			next, grew := tr.done(o)
			if grew != (i == 0) {
				t.Fatalf("done %d: grew %v with %v open", o, grew, open)
			}
			if grew {
				if next <= committed {
					t.Fatalf("commit went back from %d to %d", committed, next)
				}
				committed = next
			}
			if len(open) > 0 && committed > open[0] || committed > last+1 {
				t.Fatalf("commit %d with %v open", committed, open)
			}
			if len(open) == 0 && committed != last+1 {
				t.Fatalf("all done up to %d, commit %d", last, committed)
			}
		}
	})
}

func TestTrackerIgnoresWhatItDoesNotKnow(t *testing.T) {
	var tr tracker
	tr.add(5)
	for _, unknown := range []int64{4, 6} {
		if next, grew := tr.done(unknown); grew {
			t.Errorf("done %d: commit %d", unknown, next)
		}
	}
	tr.done(5)
	if _, grew := tr.done(5); grew {
		t.Error("done twice grew twice")
	}
}

func TestTrackerStaysSmall(t *testing.T) {
	var tr tracker
	for o := range int64(100_000) {
		tr.add(o)
		tr.done(o)
	}
	if cap(tr.open) > 8192 {
		t.Errorf("holds %d deliveries after all were done", cap(tr.open))
	}
}
