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
	since    []int64 // ts of the first message that the score depends on
}

// conversations folds messages, which are in order.
func (f join) conversations(messages []message) map[string]*conversation {
	all := map[string]*conversation{}
	for _, m := range messages {
		if !m.Folded {
			continue
		}
		c := all[m.Conv]
		if c == nil {
			c = &conversation{}
			all[m.Conv] = c
		}
		since := m.TS
		if n := len(c.messages); n > 0 && m.TS-c.messages[n-1].TS <= sessionGap {
			since = c.since[n-1]
		}
		c.messages, c.since = append(c.messages, m), append(c.since, since)
	}
	for _, c := range all {
		points := make([]intent.Point, len(c.messages))
		for i, m := range c.messages {
			points[i] = intent.Point{TS: m.TS, Evidence: m.Evidence}
		}
		c.scores = f.fold(points)
	}
	return all
}

// rows says all that is concerned, as far as the journey can.
func (f join) rows(j *journey, s event.Shopper, c concern, at event.Position) output {
	var out output
	all := f.conversations(j.Messages)
	said := map[string]bool{}
	for _, place := range c.places {
		talk := all[place.Conv]
		if talk == nil {
			continue // of a copy that does not count
		}
		from, _ := slices.BinarySearchFunc(talk.messages, place, inOrder)
		for i := from; i < len(talk.messages); i++ {
			switch m := &talk.messages[i]; {
			case said[m.ID]:
			case !j.whole(talk.since[i], sessionGap):
				c.ask = true
			default:
				said[m.ID] = true
				out.Scores = append(out.Scores, scoreRow(s, m, talk.scores[i], at))
			}
		}
	}
	for _, o := range c.orders {
		row, since := touchesRow(s, o, all, at)
		if o.Ask || !j.whole(since, sessionGap) || o.Paid != nil && !j.whole(*o.Paid, touchWindow) {
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

func scoreRow(s event.Shopper, m *message, score intent.Folded, at event.Position) event.MessageScore {
	return event.MessageScore{
		ShopID: s.ShopID, UserID: s.UserID, EventID: m.ID, ConvID: m.Conv, TS: m.TS,
		Intent: m.Intent, IntentPath: m.Path, Evidence: m.Evidence, ModelID: m.Model,
		BuyScore: score.BuyScore, POrder: score.POrder, Version: at,
	}
}

// touchesRow is the row of an order for one user, and the least ts that its
// scores depend on. An order that is unpaid or another's has an empty row.
func touchesRow(s event.Shopper, o order, all map[string]*conversation, at event.Position) (event.OrderTouches, int64) {
	row := event.OrderTouches{ShopID: s.ShopID, OrderID: o.ID, UserID: s.UserID, Touches: []event.Touch{}, NamedAt: o.Named, Version: at}
	since := int64(noTime)
	if o.Paid == nil {
		return row, since
	}
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
		since = min(since, talk.since[i-1])
	}
	if len(row.Touches) > 0 {
		row.OrderAt, row.NamedConv = *o.Paid, o.Conv
	}
	rank(row.Touches)
	return row, since
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
