package intent

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSignals(t *testing.T) {
	const now, day = int64(1_750_000_000_000), int64(BehaviorReach)
	f := func(past Past, talk session, want map[string]float64) {
		t.Helper()
		past.Sort()
		x := past.signals(now, talk)
		for i, name := range signalNames {
			if math.Abs(x[i]-want[name]) > 1e-12 {
				t.Errorf("%+v: %s = %v, want %v", past, name, x[i], want[name])
			}
		}
	}
	one := session{messages: 1}
	f(Past{}, one, nil)
	f(Past{}, session{messages: 4, bargains: 2}, map[string]float64{"turns": math.Log1p(3), "bargains": math.Log1p(2)})

	// The window is open at its far end and closed at the message.
	f(Past{Behaviors: []Behavior{{now - day, SignalView}, {now - day + 1, SignalView}, {now, SignalView}, {now + 1, SignalView}}}, one,
		map[string]float64{"views": math.Log1p(2)})
	f(Past{Behaviors: []Behavior{{now - cartNow, SignalCart}, {now, SignalCheckout}, {now, SignalFavorite}}}, session{1, 1},
		map[string]float64{"cart": 1, "checkout": 1, "favorite": 1})
	f(Past{Behaviors: []Behavior{{now - cartNow + 1, SignalCart}}}, one, map[string]float64{"cart": 1, "cart_now": 1})

	never := int64(math.MaxInt64)
	f(Past{Purchases: []Purchase{{now - 30*day, never}, {now - 30*day + 1, now}, {now + 1, never}}}, one,
		map[string]float64{"orders": math.Log1p(1), "lost": .5})
	f(Past{Purchases: []Purchase{{now - day + 1, now + 1}}}, one, map[string]float64{"ordered": 1, "orders": math.Log1p(1)})

	// A claim is explained by an order up to a day older than it, or newer.
	claims := []int64{now - 30*day, now - 3*day, now - day, now}
	f(Past{Claims: claims}, one, map[string]float64{"claims": math.Log1p(3)})
	f(Past{Claims: claims, Purchases: []Purchase{{now - 3*day, never}}}, one,
		map[string]float64{"claims": math.Log1p(2), "orders": math.Log1p(1)})
	f(Past{Claims: claims, Purchases: []Purchase{{now - day, never}}}, one,
		map[string]float64{"claims": math.Log1p(1), "orders": math.Log1p(1)})
}

// The intents that signals know are intents; a behaviour's name tells one
// thing; what a model reads is what changes its scores.
func TestSignalNames(t *testing.T) {
	for _, id := range []string{Claim, Bargain} {
		if _, ok := taxonomy().byID[id]; !ok {
			t.Errorf("%q is no intent", id)
		}
	}
	if SignalOf("add_to_cart") != SignalCart || SignalOf("dwell") != NoSignal {
		t.Error("behaviours tell other signals")
	}
	reads := map[bool][]string{}
	for _, name := range signalNames {
		p := &Params{Signals: map[string]float64{name: 1}}
		if p.ReadsBehaviors() {
			reads[true] = append(reads[true], name)
		}
		if p.ReadsPast() {
			reads[false] = append(reads[false], name)
		}
	}
	if want := []string{"views", "cart", "cart_now", "checkout", "favorite", "bargains"}; !slices.Equal(reads[true], want) {
		t.Errorf("behaviours are read for %v, want %v", reads[true], want)
	}
	if want := []string{"ordered", "orders", "lost", "claims"}; !slices.Equal(reads[false], want) {
		t.Errorf("the past is read for %v, want %v", reads[false], want)
	}
}

func pastGen() *rapid.Generator[*Past] {
	ts := rapid.Int64Range(0, 40*BehaviorReach)
	return rapid.Custom(func(t *rapid.T) *Past {
		p := &Past{Claims: rapid.SliceOfN(ts, 0, 4).Draw(t, "claims")}
		for _, at := range rapid.SliceOfN(ts, 0, 6).Draw(t, "behaviors") {
			p.Behaviors = append(p.Behaviors, Behavior{at, Signal(rapid.IntRange(0, 4).Draw(t, "signal"))})
		}
		for _, at := range rapid.SliceOfN(ts, 0, 4).Draw(t, "paid") {
			p.Purchases = append(p.Purchases, Purchase{at, ts.Draw(t, "lost")})
		}
		p.Sort()
		return p
	})
}

// A model says the same of a past that lacks what it does not read, and its
// terms add up to its score.
func TestFoldReadsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := everySignal()
		for _, name := range signalNames {
			if rapid.Bool().Draw(t, "without "+name) {
				delete(p.Signals, name)
				delete(p.Loss, name)
			}
		}
		points, past := pointsGen().Draw(t, "points"), pastGen().Draw(t, "past")
		for i := range points {
			points[i].Params = p
		}
		whole := Fold("s", points, past)
		less := *past
		if !p.ReadsBehaviors() {
			less.Behaviors = nil
		}
		if !p.ReadsPast() {
			less.Claims, less.Purchases = nil, nil
		}
		if got := Fold("s", points, &less); !slices.Equal(got, whole) {
			t.Fatalf("without what it does not read: %v, with it %v", got, whole)
		}
		for i, f := range whole {
			z := p.HeadB
			for _, term := range f.Terms {
				z += term
			}
			if got := Round3(sigmoid(z - p.RefLogit)); math.Abs(got-f.BuyScore) > .001+1e-9 {
				t.Fatalf("point %d: the terms add up to %v, buyScore is %v", i, got, f.BuyScore)
			}
		}
	})
}
