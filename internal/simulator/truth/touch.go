package truth

import (
	"cmp"
	"slices"
	"time"

	"askbuy/schemas/event"
)

const (
	// candidacy is how long before an order a conversation is still a touch.
	candidacy = Millis(30 * 24 * time.Hour / time.Millisecond)
	// attributionHours is the default window.
	attributionHours = 72
	hour             = Millis(time.Hour / time.Millisecond)
)

const explicit = "explicit"

// findTouches lists every paid order's candidates, ranks them, and names the
// attributed conversation.
func (d *derivation) findTouches() {
	d.touches = map[orderKey][]Touch{}
	for key, o := range d.orders {
		if o.PaidAt == nil {
			continue
		}
		touches := d.candidates(o)
		rank(touches)
		d.touches[key] = touches
		o.Touches = int64(len(touches))
		named := slices.ContainsFunc(touches, func(t Touch) bool { return t.Evidence == explicit })
		o.ExplicitUnmatched = flag(o.NamedConvID != "" && !named)
		if best := attributed(touches); best != nil {
			o.ConvID = best.ConvID
		}
	}
}

func (d *derivation) candidates(o *Order) []Touch {
	var out []Touch
	if o.UserID == "" {
		return nil
	}
	for _, c := range d.byShopper[event.Shopper{ShopID: o.ShopID, UserID: o.UserID}] {
		i := c.lastBefore(int64(*o.PaidAt))
		if i < 0 || *o.PaidAt-Millis(c.user[i].TS) > candidacy {
			continue
		}
		t := Touch{ShopID: o.ShopID, OrderID: o.OrderID, ConvID: c.row.ConvID, UserID: o.UserID,
			TouchAt: Millis(c.user[i].TS), OrderAt: *o.PaidAt, Evidence: "time"}
		t.GapSeconds = float64(t.gap()) / 1000
		if c.row.ConvID == o.NamedConvID {
			t.Evidence = explicit
		}
		if s := c.scores[i]; s != nil {
			t.BuyScoreAtTouch = &s.BuyScore
		}
		out = append(out, t)
	}
	return out
}

func (t *Touch) gap() Millis { return t.OrderAt - t.TouchAt }

// rank orders an order's touches both ways and numbers them.
func rank(touches []Touch) {
	slices.SortFunc(touches, func(a, b Touch) int {
		return cmp.Or(cmp.Compare(a.TouchAt, b.TouchAt), cmp.Compare(a.ConvID, b.ConvID))
	})
	for i := range touches {
		touches[i].RankFirst = int64(i + 1)
		touches[i].Touches = int64(len(touches))
	}
	slices.SortFunc(touches, func(a, b Touch) int {
		return cmp.Or(-cmp.Compare(flag(a.Evidence == explicit), flag(b.Evidence == explicit)),
			-cmp.Compare(a.TouchAt, b.TouchAt), -cmp.Compare(a.ConvID, b.ConvID))
	})
	for i := range touches {
		touches[i].RankLast = int64(i + 1)
	}
}

// attributed is the touch that the default model and window give an order to.
func attributed(touches []Touch) *Touch {
	left := within(touches, attributionHours)
	if len(left) == 0 {
		return nil
	}
	return &left[0] // rank leaves them by rank_last
}

// within keeps the touches of a window, the explicit one whatever its age.
func within(touches []Touch, hours int64) []Touch {
	var left []Touch
	for _, t := range touches {
		if t.Evidence == explicit || t.gap() <= Millis(hours)*hour {
			left = append(left, t)
		}
	}
	return left
}

// fillCarts marks the conversation that is the last touch of a cart.
func (d *derivation) fillCarts(live []*event.Event) {
	for _, e := range live {
		if e.Type != event.TypeBehavior || e.Name != event.AddToCart {
			continue
		}
		at := Millis(e.TS)
		cart := Order{ShopID: e.ShopID, UserID: e.UserID, PaidAt: &at}
		touches := d.candidates(&cart)
		rank(touches)
		if last := attributed(touches); last != nil {
			d.convs[convKey{e.ShopID, e.UserID, last.ConvID}].row.IsCarted = 1
		}
	}
}
