package truth

import "time"

// The acts that the reports of claims count.
const (
	actClaim   = "purchase_claim"
	actBargain = "bargain"
)

// A claim is met by an order that was paid so long before it, or so long after.
const (
	claimBefore = Millis(30 * 24 * time.Hour / time.Millisecond)
	claimAfter  = Millis(72 * time.Hour / time.Millisecond)
)

// leastBargains is from how many messages on a conversation bargains.
const leastBargains = 2

// claims counts what shoppers claim against what they order, by shop and day.
func (d *derivation) claims() []ClaimsDay {
	days := map[shopDay]*ClaimsDay{}
	on := func(shop string, day Date) *ClaimsDay {
		key := shopDay{shop, day}
		if days[key] == nil {
			days[key] = &ClaimsDay{ShopID: shop, Day: day}
		}
		return days[key]
	}
	paid := map[[2]string][]*Order{} // by shop and shopper
	for _, o := range d.orders {
		if o.PaidAt == nil {
			continue
		}
		on(o.ShopID, day(int64(*o.PaidAt), d.zone(o.ShopID))).order(o)
		paid[[2]string{o.ShopID, o.UserID}] = append(paid[[2]string{o.ShopID, o.UserID}], o)
	}
	for _, c := range d.convs {
		if at := c.acts(actClaim); len(at) > 0 {
			on(c.row.ShopID, day(int64(at[0]), d.zone(c.row.ShopID))).claim(at, paid[[2]string{c.row.ShopID, c.row.UserID}])
		}
		if len(c.acts(actBargain)) >= leastBargains {
			of := on(c.row.ShopID, c.row.CohortDate)
			of.Bargaining++
			of.BargainingWithoutCart += one(c.row.IsCarted == 0 && c.row.Orders == 0)
		}
	}
	out := make([]ClaimsDay, 0, len(days))
	for _, c := range days {
		c.NotOrdered = c.Claimed - c.Ordered
		c.KeptRate = ratio(float64(c.Kept), float64(c.Claimed))
		c.CancelRate, c.RefundRate = ratio(float64(c.Cancelled), float64(c.Orders)), ratio(float64(c.Refunded), float64(c.Orders))
		out = append(out, *c)
	}
	return out
}

type shopDay struct {
	shop string
	day  Date
}

// acts are the times of the conversation's messages that do something.
func (c *conversation) acts(act string) (at []Millis) {
	for i, s := range c.scores {
		if s != nil && s.Act == act {
			at = append(at, Millis(c.user[i].TS))
		}
	}
	return at
}

func (c *ClaimsDay) order(o *Order) {
	c.Orders++
	c.Cancelled += one(o.CancelledAt != nil)
	c.Refunded += one(o.CancelledAt == nil && o.Amount > 0 && o.NetAmount == 0)
}

func (c *ClaimsDay) claim(at []Millis, paid []*Order) {
	ordered, kept := false, false
	for _, o := range paid {
		for _, said := range at {
			if *o.PaidAt >= said-claimBefore && *o.PaidAt <= said+claimAfter {
				ordered, kept = true, kept || o.NetAmount > 0
			}
		}
	}
	c.Claimed++
	c.ClaimMessages += int64(len(at))
	c.Ordered += one(ordered)
	c.Kept += one(kept)
}
