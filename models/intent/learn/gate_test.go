package learn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"askbuy/models/intent"
	"askbuy/models/intent/learn"
)

// Every fault of a candidate is refused for what it is, and for nothing else:
// each is held against a model that is worse yet, where orders come as often
// as the truth says.
func TestGateNamesEachFault(t *testing.T) {
	sound := func(*intent.Bundle) {}
	far := func(b *intent.Bundle) { b.Manifest.Params.CalC += 2 }
	negated := func(b *intent.Bundle) {
		b.Evidence = slices.Clone(b.Evidence)
		for i, w := range b.Evidence {
			b.Evidence[i] = -max(w, -math.MaxInt8)
		}
	}
	f := func(name string, truth, candidate, current func(*intent.Bundle), dealt func(learn.Shopper) bool, want ...learn.Refusal) {
		t.Helper()
		facts := dealtOut(spoiled(t, truth), dealt)
		v := learn.Judge(spoiled(t, candidate), spoiled(t, current), facts)
		var got []learn.Refusal
		for _, r := range v.Refusals {
			got = append(got, r.Refusal)
		}
		if slices.Sort(got); !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%s: refused with %v, want %v", name, v.Refusals, want)
		}
	}
	firm := func(b *intent.Bundle) { b.Manifest.Params.HeadA *= 4 }
	everybody := func(learn.Shopper) bool { return true }
	f("sound", sound, sound, far, everybody)
	f("calibration shifted", sound, func(b *intent.Bundle) { b.Manifest.Params.CalC += .5 }, far, everybody, learn.Miscalibrated)
	f("evidence negated", negated, negated, func(b *intent.Bundle) { negated(b); far(b) }, everybody, learn.Misbehaves)
	f("dress matters", firm, firm, func(b *intent.Bundle) { firm(b); far(b) }, everybody, learn.Misbehaves)
	f("one shop's offset", sound, offset(1.2, 0), offset(2, 1, 2, 3, 4, 5, 6, 7, 8, 9), everybody, learn.HurtsAShop)
	f("no orders held out", sound, sound, far, heldOut(0), learn.NothingHeldOut)
}

// heldOut deals orders to all that are learned from, and to so many of those
// that are held out.
func heldOut(orders int) func(learn.Shopper) bool {
	return func(s learn.Shopper) bool {
		if !learn.HeldOut(s, s.User) {
			return true
		}
		orders--
		return orders >= 0
	}
}

// Of few orders nothing is concluded, for how many conversations each of them
// may stand.
func TestFewOrdersDecideNothing(t *testing.T) {
	m := spoiled(t, func(*intent.Bundle) {})
	f := func(orders int, leftAlone, few bool) {
		t.Helper()
		facts := dealtOut(m, heldOut(orders))
		for i := 0; leftAlone && i < len(facts.Orders); i++ {
			o := facts.Orders[i]
			facts.Actions = append(facts.Actions, learn.Action{Shopper: o.Shopper, Conv: o.User, Propensity: .05})
		}
		v := learn.Judge(m, m, facts)
		said := slices.ContainsFunc(v.Refusals, func(r learn.Reason) bool { return r.Refusal == learn.TooFewOrders })
		if said != few || v.Orders != orders {
			t.Errorf("of %d orders, left alone: %v, it counts %d and says %v", orders, leftAlone, v.Orders, v.Refusals)
		}
	}
	f(1, false, true)
	f(19, false, true)
	f(19, true, true)
	f(20, false, false)
	f(20, true, false)
}

// offset gives shops log-odds of their own.
func offset(by float64, shops ...int) func(*intent.Bundle) {
	return func(b *intent.Bundle) {
		b.Manifest.Params.Shops = map[string]float64{}
		for _, shop := range shops {
			b.Manifest.Params.Shops[fmt.Sprint("shop", shop)] = by
		}
	}
}

// spoiled is the shipped model with something changed.
func spoiled(t *testing.T, change func(*intent.Bundle)) *intent.Model {
	t.Helper()
	b := shipped(t)
	change(b)
	if err := b.Seal([]string{"你好"}); err != nil {
		t.Fatal(err)
	}
	m, err := intent.Load(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// dealtOut are ten shops' shoppers, who say one thing each. Of those who say
// the same, as many order as the truth expects, where orders are dealt.
func dealtOut(truth *intent.Model, dealt func(learn.Shopper) bool) (f learn.Facts) {
	const shops, each = 10, 200
	texts := []string{"拍下了帮我改价", "今天能发货吗", "怎么付款", "怎么还没发货", "我要退货", "怎么退款", "你好"}
	for shop := range shops {
		for _, text := range texts {
			s := learn.Shopper{Shop: fmt.Sprint("shop", shop)}
			p := intent.Fold(s.Shop, []intent.Point{{Evidence: truth.Score(text).Evidence, Params: truth.Params()}}, &intent.Past{})[0].POrder
			expected := map[bool]float64{true: .5, false: .5} // orders due, by whether they are held out; halves round
			for i := range each {
				s.User = fmt.Sprint(text, i)
				f.Messages = append(f.Messages, learn.Message{Shopper: s, Conv: s.User, ID: s.Shop + s.User, Text: text, TS: hour})
				held := learn.HeldOut(s, s.User)
				if expected[held] += p; expected[held] < 1 {
					continue
				}
				expected[held]--
				if dealt(s) {
					f.Orders = append(f.Orders, learn.Order{Shopper: s, ID: s.Shop + s.User, PaidAt: 2 * hour, LostAt: learn.Never, Kept: true})
				}
			}
		}
	}
	f.Behaviors = []learn.Behavior{{Name: "page_view", TS: 100 * hour}} // by then all windows are over
	return f
}

const hour = 3_600_000
