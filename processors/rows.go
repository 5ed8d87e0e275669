package processors

import (
	"cmp"
	"slices"
	"time"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

const (
	day = 24 * 60 * 60 * 1000 // ms
	// touchWindow is how far before an order a conversation is a candidate, ms.
	touchWindow = 30 * day
	// sessionGap is the longest pause over which the score's fold goes on, ms.
	sessionGap = int64(intent.SessionGap / time.Millisecond)
)

// conversation is what a shopper said in one conversation: folded messages in
// their order. The three lists are parallel.
type conversation struct {
	messages []message
	scores   []intent.Folded
	known    []bool // nothing is missing that the score depends on
}

// conversations folds messages, which are in order.
func (f join) conversations(j *journey, shop string) map[string]*conversation {
	all := map[string]*conversation{}
	for _, m := range j.Messages {
		if !m.Folded {
			continue
		}
		c := all[m.Conv]
		if c == nil {
			c = &conversation{}
			all[m.Conv] = c
		}
		c.messages = append(c.messages, m)
	}
	past := j.past()
	for _, c := range all {
		c.score(f, j, shop, past)
	}
	return all
}

func (c *conversation) score(f join, j *journey, shop string, past *intent.Past) {
	points := make([]intent.Point, len(c.messages))
	c.known = make([]bool, len(c.messages))
	var since int64 // ts of the first message of the session
	for i, m := range c.messages {
		if i == 0 || m.TS-c.messages[i-1].TS > sessionGap {
			since = m.TS
		}
		p := f.params(m.Model)
		points[i] = intent.Point{TS: m.TS, Evidence: m.Evidence, Bargain: m.Act == intent.Bargain, Params: p}
		c.known[i] = j.whole(since, sessionGap) &&
			(!p.ReadsBehaviors() || j.wholeBehaviors(m.TS, intent.BehaviorReach)) &&
			(!p.ReadsPast() || j.whole(m.TS, intent.PastReach) && !j.doubtful())
	}
	c.scores = f.fold(shop, points, past)
}

// doubtful reports that the journey does not know what some order came to.
func (j *journey) doubtful() bool {
	return j.Overflowed || slices.ContainsFunc(j.Orders, func(o order) bool { return o.Ask })
}

// rows says all that is concerned, as far as the journey can.
func (f join) rows(j *journey, s event.Shopper, c concern, at event.Position) output {
	var out output
	all := f.conversations(j, s.ShopID)
	for _, talk := range all {
		for i := range talk.messages {
			switch m := &talk.messages[i]; {
			case !f.concerns(c, m):
			case !talk.known[i]:
				c.ask = true
			default:
				out.Scores = append(out.Scores, scoreRow(s, m, talk.scores[i], at))
			}
		}
	}
	said := map[string]bool{}
	for _, o := range c.orders {
		if said[o.ID] {
			continue
		}
		said[o.ID] = true
		row, known := touchesRow(s, o, all, at)
		if o.Ask || !known || o.Paid != nil && !j.whole(*o.Paid, touchWindow) {
			c.ask = true
			continue
		}
		out.Touches = append(out.Touches, row)
	}
	if c.ask {
		out.Repair = &event.Repair{ShopID: s.ShopID, UserID: s.UserID, Version: at, Needs: slices.Clone(j.Reached)}
	}
	return out
}

// concerns reports whether what changed can show in the score of a message.
func (f join) concerns(c concern, m *message) bool {
	for _, place := range c.places {
		if place.Conv == m.Conv && inOrder(place, *m) <= 0 {
			return true
		}
	}
	p := f.params(m.Model)
	return (p.ReadsBehaviors() || p.ReadsPast()) &&
		slices.ContainsFunc(c.spans, func(s span) bool { return s.has(m.TS) })
}

func scoreRow(s event.Shopper, m *message, score intent.Folded, at event.Position) event.MessageScore {
	return event.MessageScore{
		ShopID: s.ShopID, UserID: s.UserID, EventID: m.ID, ConvID: m.Conv, TS: m.TS,
		Act: m.Act, Intent: m.Intent, IntentPath: m.Path, Evidence: m.Evidence, ModelID: m.Model,
		BuyScore: score.BuyScore, POrder: score.POrder, PNet: score.PNet, Terms: score.Terms.ByName(), Version: at,
	}
}

// touchesRow is the row of an order for one user, and whether all its scores
// are known. An order that is unpaid or another's has an empty row.
func touchesRow(s event.Shopper, o order, all map[string]*conversation, at event.Position) (event.OrderTouches, bool) {
	row := event.OrderTouches{ShopID: s.ShopID, OrderID: o.ID, UserID: s.UserID, Touches: []event.Touch{}, NamedAt: o.Named, Version: at}
	if o.Paid == nil {
		return row, true
	}
	known := true
	for conv, talk := range all {
		// The last message at or before the order time: ids do not matter.
		i, _ := slices.BinarySearchFunc(talk.messages, *o.Paid, func(m message, paid int64) int {
			if m.TS <= paid {
				return -1
			}
			return 1
		})
		if i == 0 || *o.Paid-talk.messages[i-1].TS > touchWindow {
			continue
		}
		row.Touches = append(row.Touches, event.Touch{
			ConvID: conv, TouchAt: talk.messages[i-1].TS, Explicit: conv == o.Conv, BuyScore: talk.scores[i-1].BuyScore,
		})
		known = known && talk.known[i-1]
	}
	if len(row.Touches) > 0 {
		row.OrderAt, row.NamedConv = *o.Paid, o.Conv
	}
	rank(row.Touches)
	return row, known
}

// rank numbers the touches from either end and leaves them by rank_last.
func rank(touches []event.Touch) {
	slices.SortFunc(touches, func(a, b event.Touch) int {
		return cmp.Or(cmp.Compare(a.TouchAt, b.TouchAt), cmp.Compare(a.ConvID, b.ConvID))
	})
	for i := range touches {
		touches[i].RankFirst = i + 1
	}
	slices.SortFunc(touches, func(a, b event.Touch) int {
		if a.Explicit != b.Explicit {
			return map[bool]int{true: -1, false: 1}[a.Explicit]
		}
		return cmp.Or(cmp.Compare(b.TouchAt, a.TouchAt), cmp.Compare(b.ConvID, a.ConvID))
	})
	for i := range touches {
		touches[i].RankLast = i + 1
	}
}
