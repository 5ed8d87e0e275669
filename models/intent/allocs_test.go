//go:build !race

package intent

import "testing"

func TestScoreAllocatesOnlyEntities(t *testing.T) {
	m := Default()
	f := func(text string, want float64) {
		t.Helper()
		if got := testing.AllocsPerRun(100, func() { m.Score(text) }); got > want {
			t.Errorf("%q: %v allocations, want %v", text, got, want)
		}
	}
	f("便宜点", 0)
	f("is this still available? can you do a discount", 0)
	f("", 0)
	f("有红色的吗", 1)
}
