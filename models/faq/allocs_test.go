//go:build !race

package faq

import "testing"

func TestNearestAllocatesTheResultAlone(t *testing.T) {
	x := mustIndex(t, large())
	if got := testing.AllocsPerRun(100, func() { x.Nearest("请问这款能开电子发票吗", 3) }); got > 1 {
		t.Errorf("%v allocations, want the result's one", got)
	}
}
