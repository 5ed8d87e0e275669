package learn_test

import (
	"testing"

	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/intent/learn/learntest"
)

// A shop calls everybody who says three things and more, but for one in five,
// and everybody who is called orders. What is to be learned is what comes of
// itself: without knowing of the calls a model expects far too much.
func TestActionsAreNotLearned(t *testing.T) {
	const share = .2
	w := world(t, learntest.Options{Seed: 14, Conversations: 5000, Shops: 2, Days: 40})
	own := w.Facts
	said := map[string][]learn.Message{}
	for _, m := range own.Messages {
		said[m.Conv] = append(said[m.Conv], m)
	}
	ordered := map[learn.Shopper]bool{}
	for _, o := range own.Orders {
		ordered[o.Shopper] = true
	}
	for _, m := range own.Messages {
		all := said[m.Conv]
		if len(all) < 3 || m != all[len(all)-1] {
			continue
		}
		a := learn.Action{Shopper: m.Shopper, Conv: m.Conv, Taken: !intent.LeftAlone(m.Shop, m.User, share), Propensity: share}
		if a.Taken {
			a.Propensity = 1 - share
			if !ordered[m.Shopper] {
				w.Facts.Orders = append(w.Facts.Orders, learn.Order{Shopper: m.Shopper, ID: "called" + m.Conv, PaidAt: m.TS + 1000, LostAt: learn.Never, Kept: true})
			}
		}
		w.Facts.Actions = append(w.Facts.Actions, a)
	}
	expected := func(facts learn.Facts) float64 {
		_, m := trained(t, facts)
		return learn.Expected(learn.Examine(m, own))
	}
	knowing := expected(w.Facts)
	w.Facts.Actions = nil
	ignorant := expected(w.Facts)
	t.Logf("expected over actual orders of those who are not called: %.3f knowing of the calls, %.3f without", knowing, ignorant)
	if knowing < .7 || knowing > 1.4 || ignorant < 2 { // few are left alone, and each stands for five: chance moves the rate by 15 %
		t.Errorf("expected over actual orders: %.3f knowing of the calls, %.3f without", knowing, ignorant)
	}
}
