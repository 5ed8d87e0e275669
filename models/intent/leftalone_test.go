package intent

import (
	"fmt"
	"math"
	"testing"
)

func TestLeftAlone(t *testing.T) {
	const n = 20_000
	some, more := 0, 0
	for i := range n {
		user := fmt.Sprint("u", i)
		a, b := LeftAlone("s", user, .05), LeftAlone("s", user, .2)
		if a && !b {
			t.Fatalf("%s is left alone no more when the share grows", user)
		}
		if a {
			some++
		}
		if b {
			more++
		}
		if LeftAlone("s", user, 0) || !LeftAlone("s", user, 1) {
			t.Fatalf("of %s none and all are mistaken", user)
		}
	}
	for _, c := range []struct {
		got   int
		share float64
	}{{some, .05}, {more, .2}} {
		if z := (float64(c.got) - n*c.share) / math.Sqrt(n*c.share*(1-c.share)); math.Abs(z) > 4 {
			t.Errorf("%d of %d are left alone, want %v of them", c.got, n, c.share)
		}
	}
}
