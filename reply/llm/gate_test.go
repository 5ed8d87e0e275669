package llm

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// The angry wait in front, and the last of the others makes room for them.
func TestGateUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3)
		if err := g.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var order []string
		var refused []string
		wait := func(name string, urgent bool) {
			go func() {
				if err := g.enter(context.Background(), urgent); err != nil {
					refused = append(refused, name)
					return
				}
				order = append(order, name)
				g.leave()
			}()
			synctest.Wait()
		}
		wait("first", false)
		wait("second", false)
		wait("angry", true)
		wait("third", false)    // full
		wait("angry too", true) // takes the second's place
		g.leave()
		synctest.Wait()
		if len(refused) != 2 || refused[0] != "third" || refused[1] != "second" {
			t.Errorf("refused %v", refused)
		}
		if len(order) != 3 || order[0] != "angry" || order[1] != "angry too" || order[2] != "first" {
			t.Errorf("let in %v", order)
		}
		if g.free != 1 || g.queued() != 0 {
			t.Errorf("%d free, %d wait", g.free, g.queued())
		}
	})
}

func TestGateDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3)
		_ = g.enter(t.Context(), false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.enter(ctx, true); !errors.Is(err, errLate) {
			t.Errorf("%v", err)
		}
		if g.queued() != 0 {
			t.Error("who gave up still waits")
		}
		g.leave()
		if g.free != 1 {
			t.Error("a place is lost")
		}
	})
}

// Whatever comes and goes, no place is lost or given twice.
func TestGateKeepsItsPlaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places, waiting := rapid.IntRange(1, 3).Draw(rt, "places"), rapid.IntRange(1, 4).Draw(rt, "waiting")
		calls := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]int {
			return [3]int{rapid.IntRange(0, 9).Draw(t, "comes"), rapid.IntRange(0, 9).Draw(t, "stays"), rapid.IntRange(0, 5).Draw(t, "patience")}
		}), 1, 20).Draw(rt, "calls")
		synctest.Test(t, func(*testing.T) {
			g := newGate(places, waiting)
			in, most := 0, 0
			for i, c := range calls {
				go func() {
					time.Sleep(time.Duration(c[0]) * time.Millisecond)
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c[2])*time.Millisecond)
					defer cancel()
					if g.enter(ctx, i%2 == 0) != nil {
						return
					}
					g.mu.Lock()
					in++
					most = max(most, in)
					g.mu.Unlock()
					time.Sleep(time.Duration(c[1]) * time.Millisecond)
					g.mu.Lock()
					in--
					g.mu.Unlock()
					g.leave()
				}()
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if most > places || g.free != places || g.queued() != 0 {
				rt.Fatalf("%d at once of %d; %d free, %d wait", most, places, g.free, g.queued())
			}
		})
	})
}
