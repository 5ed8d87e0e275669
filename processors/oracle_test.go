package processors

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// truth is what the contract says of a set of events, worked out from all of
// them at once and with nothing of the code under test but the model. The
// rows are written as text under their keys; rows that say nothing are left out.
func truth(models turns, fold fold, log []*event.Event) map[string]string {
	events := firstCopies(log)
	rows := map[string]string{}
	for _, m := range events {
		if isUsers(m) {
			folded := scoreAt(models, fold, events, m)
			rows[scoreKey(m.ShopID, m.UserID, m.ID)] = foldedText(m.ConvID, m.TS, folded, folded.Terms.ByName())
		}
	}
	for _, e := range events {
		if e.Type == event.TypeOrder && !e.Test {
			key, text := touchTruth(models, fold, events, e.ShopID, e.OrderID)
			if text != "" {
				rows[key] = text
			}
		}
	}
	return rows
}

func scoreKey(shop, user, id string) string {
	return strings.Join([]string{"score", shop, user, id}, " ")
}

func isUsers(e *event.Event) bool {
	return e.Type == event.TypeMessage && e.From == event.RoleUser && !e.Test
}

func firstCopies(log []*event.Event) []*event.Event {
	seen := map[event.IdentityHash]bool{}
	var events []*event.Event
	for _, e := range log {
		if !seen[e.Identity()] {
			seen[e.Identity()] = true
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(a, b *event.Event) int { return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID)) })
	return events
}

// scoreAt folds from the last pause of more than a day up to the message.
func scoreAt(models turns, fold fold, events []*event.Event, m *event.Event) intent.Folded {
	var points []intent.Point
	for _, x := range events {
		if !isUsers(x) || x.ShopID != m.ShopID || x.UserID != m.UserID || x.ConvID != m.ConvID {
			continue
		}
		if n := len(points); n > 0 && x.TS-points[n-1].TS > 24*3600*1000 {
			points = nil
		}
		model := models.at(x.TS)
		scored := model.Score(x.Text)
		points = append(points, intent.Point{TS: x.TS, Evidence: scored.Evidence, Bargain: scored.Act == intent.Bargain, Params: model.Params()})
		if x.ID == m.ID {
			break
		}
	}
	scores := fold(m.ShopID, points, pastOf(models, events, m.Shopper()))
	return scores[len(scores)-1]
}

// pastOf is all that a shopper ever did.
func pastOf(models turns, events []*event.Event, s event.Shopper) *intent.Past {
	var past intent.Past
	orders := map[string]bool{}
	for _, e := range events {
		switch {
		case e.Type == event.TypeOrder && e.ShopID == s.ShopID && !orders[e.OrderID]:
			orders[e.OrderID] = true
			if o := orderOf(events, e.ShopID, e.OrderID); o.shopper == s.UserID && o.paid != nil {
				past.Purchases = append(past.Purchases, intent.Purchase{PaidAt: o.paid.TS, LostAt: o.lost})
			}
		case e.Test || e.Shopper() != s:
		case isUsers(e) && models.at(e.TS).Score(e.Text).Act == intent.Claim:
			past.Claims = append(past.Claims, e.TS)
		case e.Type == event.TypeBehavior && intent.SignalOf(e.Name) != intent.NoSignal:
			past.Behaviors = append(past.Behaviors, intent.Behavior{TS: e.TS, Signal: intent.SignalOf(e.Name)})
		}
	}
	past.Sort()
	return &past
}

type orderTruth struct {
	shopper, named string
	paid           *event.Event
	lost           int64
}

func orderOf(events []*event.Event, shop, id string) orderTruth {
	var shopper, anyUser, named string
	var paid *event.Event
	lost := int64(math.MaxInt64)
	for _, e := range events { // in order of (ts, id)
		if e.Type != event.TypeOrder || e.Test || e.ShopID != shop || e.OrderID != id {
			continue
		}
		if e.UserID != "" && anyUser == "" {
			anyUser = e.UserID
		}
		if e.Status == event.StatusPaid && e.UserID != "" && shopper == "" {
			shopper = e.UserID
		}
		if e.Status == event.StatusPaid && paid == nil {
			paid = e
		}
		if e.Status == event.StatusCancelled || e.Status == event.StatusRefunded {
			lost = min(lost, e.TS)
		}
		if e.ConvID != "" {
			named = e.ConvID
		}
	}
	return orderTruth{cmp.Or(shopper, anyUser), named, paid, lost}
}

func touchTruth(models turns, fold fold, events []*event.Event, shop, id string) (key, text string) {
	o := orderOf(events, shop, id)
	shopper, named, paid := o.shopper, o.named, o.paid
	if paid == nil || shopper == "" {
		return "", ""
	}
	last := map[string]*event.Event{}
	for _, m := range events {
		if isUsers(m) && m.ShopID == shop && m.UserID == shopper && m.TS <= paid.TS {
			last[m.ConvID] = m
		}
	}
	var touches []*event.Event
	for _, m := range last {
		if paid.TS-m.TS <= 30*24*3600*1000 {
			touches = append(touches, m)
		}
	}
	var lines []string
	for _, m := range touches {
		better, earlier := 1, 1 // ranks by counting those before
		for _, o := range touches {
			oe, me := o.ConvID == named, m.ConvID == named
			later := o.TS > m.TS || o.TS == m.TS && o.ConvID > m.ConvID
			if oe && !me || oe == me && later {
				better++
			}
			if o.TS < m.TS || o.TS == m.TS && o.ConvID < m.ConvID {
				earlier++
			}
		}
		lines = append(lines, fmt.Sprint(m.ConvID, " ", m.TS, " ", m.ConvID == named, " ", better, " ", earlier, " ", scoreAt(models, fold, events, m).BuyScore))
	}
	if len(lines) == 0 {
		return "", ""
	}
	slices.Sort(lines)
	return strings.Join([]string{"touches", shop, id, shopper}, " "), fmt.Sprint(paid.TS, named, lines)
}

// scoreText and touchesText write rows of the code under test like the truth's.
func scoreText(r event.MessageScore) (key, text string) {
	return scoreKey(r.ShopID, r.UserID, r.EventID), foldedText(r.ConvID, r.TS, intent.Folded{BuyScore: r.BuyScore, POrder: r.POrder, PNet: r.PNet}, r.Terms)
}

func touchesText(r event.OrderTouches) (key, text string) {
	key = strings.Join([]string{"touches", r.ShopID, r.OrderID, r.UserID}, " ")
	if len(r.Touches) == 0 {
		return key, ""
	}
	var lines []string
	for _, t := range r.Touches {
		lines = append(lines, fmt.Sprint(t.ConvID, " ", t.TouchAt, " ", t.Explicit, " ", t.RankLast, " ", t.RankFirst, " ", t.BuyScore))
	}
	slices.Sort(lines)
	return key, fmt.Sprint(r.OrderAt, r.NamedConv, lines)
}

func foldedText(conv string, ts int64, f intent.Folded, terms map[string]float64) string {
	return fmt.Sprint(conv, ts, f.BuyScore, f.POrder, f.PNet, terms)
}
