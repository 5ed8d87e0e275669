package learn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Facts that differ in anything have one order, in whatever order they are
// read, so that a training cannot tell.
func TestOrderOfFactsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SampledFrom([]string{"a", "b"})
		time := rapid.Int64Range(0, 1)
		of := rapid.Custom(func(t *rapid.T) Shopper { return Shopper{few.Draw(t, "shop"), few.Draw(t, "user")} })
		f := Facts{
			Messages: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Message {
				return Message{of.Draw(t, "of"), few.Draw(t, "conv"), few.Draw(t, "id"), few.Draw(t, "text"), time.Draw(t, "ts")}
			}), 0, 30).Draw(t, "messages"),
			Orders: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Order {
				return Order{of.Draw(t, "of"), few.Draw(t, "id"), few.Draw(t, "conv"), time.Draw(t, "paid"), time.Draw(t, "lost"), rapid.Bool().Draw(t, "kept")}
			}), 0, 30).Draw(t, "orders"),
			Behaviors: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Behavior {
				return Behavior{of.Draw(t, "of"), few.Draw(t, "name"), time.Draw(t, "ts")}
			}), 0, 30).Draw(t, "behaviors"),
			Actions: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Action {
				return Action{of.Draw(t, "of"), few.Draw(t, "conv"), rapid.Bool().Draw(t, "taken"), rapid.SampledFrom([]float64{0, .05, .95}).Draw(t, "propensity")}
			}), 0, 30).Draw(t, "actions"),
		}
		other := Facts{Messages: slices.Clone(f.Messages), Orders: slices.Clone(f.Orders), Behaviors: slices.Clone(f.Behaviors), Actions: slices.Clone(f.Actions)}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffle(r, other.Messages)
		shuffle(r, other.Orders)
		shuffle(r, other.Behaviors)
		shuffle(r, other.Actions)
		f.sort()
		if other.sort(); f.digest() != other.digest() {
			t.Fatalf("%+v\nand in another order\n%+v", f, other)
		}
	})
}

func shuffle[T any](r *rand.Rand, all []T) {
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
}
