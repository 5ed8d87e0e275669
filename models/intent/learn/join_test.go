package learn

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

const hour = int64(3_600_000)

// The contract's last touch, by hand.
func TestAttribute(t *testing.T) {
	f := func(o Order, times map[string][]int64, want string) {
		t.Helper()
		got, at, ok := attribute(o, times)
		if fmt.Sprintf("%s %d %v", got, at, ok) != want {
			t.Errorf("%v of %v: %s %d %v, want %s", o, times, got, at, ok, want)
		}
	}
	at := func(h int64) Order { return Order{PaidAt: h * hour} }
	two := map[string][]int64{"a": {0, 5 * hour}, "b": {1 * hour}}
	f(at(6), two, "a 18000000 true")
	f(at(2), two, "b 3600000 true") // a's later message is not there yet
	f(at(72), map[string][]int64{"a": {0}}, "a 0 true")
	f(Order{PaidAt: 72*hour + 1}, map[string][]int64{"a": {0}}, " 0 false")
	f(Order{PaidAt: 30 * 24 * hour, NamedConv: "a"}, map[string][]int64{"a": {0}}, "a 0 true")
	f(Order{PaidAt: 30*24*hour + 1, NamedConv: "a"}, map[string][]int64{"a": {0}}, " 0 false")
	f(Order{PaidAt: 6 * hour, NamedConv: "b"}, two, "b 3600000 true")
	f(Order{PaidAt: 6 * hour, NamedConv: "c"}, two, "a 18000000 true")
	f(at(0), map[string][]int64{"a": {0}, "b": {0}}, "b 0 true") // the greater conv_id of equals
	f(at(0), nil, " 0 false")
}

func TestSurvival(t *testing.T) {
	// Of four, one happens at 1, one is lost sight of at 2, one happens at 3.
	s := newSurvival([]life{{3, true}, {1, true}, {2, false}, {9, true}}, 5)
	f := func(got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	f(s.beyond(0), 1)
	f(s.beyond(1), .75)
	f(s.beyond(2), .75)
	f(s.beyond(3), .375)
	f(s.end(), .375) // what is beyond the horizon does not happen
	f(s.told(1), .25/.625)
	f(s.told(5), 1)
	f(s.stays(1), .5)
	f(newSurvival(nil, 5).told(1), 1)
	f(newSurvival(nil, 5).stays(1), 1)
	f(soft(.2, 0), .2)
	f(soft(.2, 1), 0)
	f(soft(.5, .5), .25/.75)
}

// No shop has more than its share, and nobody is cut who has less.
func TestShopCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Float64Range(1, 1e6), 1, 40).Draw(t, "counts")
		share := max(mostOfShop, 2/float64(len(counts)))
		top := shopCap(append([]float64(nil), counts...), share)
		var all float64
		for _, n := range counts {
			all += min(n, top)
		}
		for _, n := range counts {
			if min(n, top) > share*all*(1+1e-9) {
				t.Fatalf("%v of %v is more than %v", min(n, top), all, share)
			}
			if n < top && n > share*all*(1+1e-9) {
				t.Fatalf("%v has more than its share", n)
			}
		}
		cut := top * float64(len(counts))
		if top < share*all*(1-1e-9) && cut >= all {
			t.Fatalf("cut to %v, though %v are allowed", top, share*all)
		}
	})
}

func TestActions(t *testing.T) {
	s := Shopper{"s", "u"}
	f := func(want float64, list ...Action) {
		t.Helper()
		for range list {
			if got := StandsFor(list).Of(s, "c"); got != want {
				t.Errorf("%v stands for %v, want %v", list, got, want)
			}
			list = append(list[1:], list[0])
		}
	}
	left := func(p float64) Action { return Action{s, "c", false, p} }
	taken := Action{s, "c", true, .9}
	if got := StandsFor(nil).Of(s, "c"); got != 1 {
		t.Errorf("where nobody asked for an action it stands for %v", got)
	}
	f(20, left(.05))
	f(4, left(.05), left(.25))
	f(4, left(.25))
	f(mostStands, left(.0001))
	f(1, left(0))
	f(1, left(2))
	f(0, taken)
	f(0, taken, left(.05))
	f(0, left(.05), taken)
	f(1, Action{Shopper{"s", "other"}, "c", true, .9})
	f(1, Action{s, "d", true, .9})
}
