package truth

import "math"

// funnel counts conversations by shop, day, channel and intent.
func funnel(conversations []Conversation) []FunnelDay {
	type key struct {
		shop            string
		day             Date
		channel, intent string
	}
	days := map[key]*FunnelDay{}
	for i := range conversations {
		c := &conversations[i]
		k := key{c.ShopID, c.CohortDate, c.Channel, c.Intent}
		if days[k] == nil {
			days[k] = &FunnelDay{ShopID: k.shop, Day: k.day, Channel: k.channel, Intent: k.intent}
		}
		days[k].count(c)
	}
	out := make([]FunnelDay, 0, len(days))
	for _, f := range days {
		f.rates()
		out = append(out, *f)
	}
	return out
}

func (f *FunnelDay) count(c *Conversation) {
	high := c.HighIntentAt != nil
	f.Conversations++
	f.HighIntent += one(high)
	f.Carted += int64(c.IsCarted)
	f.Ordered += int64(c.IsOrdered)
	f.Kept += int64(c.IsKept)
	f.HighIntentOrdered += one(c.highOrdered)
	f.HighIntentKept += one(c.highKept)
	f.LowIntentOrdered += one(c.IsOrdered == 1 && !high)
	f.GrossAmount += c.OrderAmount
	f.NetAmount += c.NetAmount
	f.OtherCurrencyOrders += c.OtherCurrencyOrders
}

func one(b bool) int64 { return int64(flag(b)) }

func (f *FunnelDay) rates() {
	f.HighIntentRate = ratio(float64(f.HighIntent), float64(f.Conversations))
	f.IntentToOrderRate = ratio(float64(f.HighIntentOrdered), float64(f.HighIntent))
	f.IntentToOrderLow, f.IntentToOrderHigh = wilson(float64(f.HighIntentOrdered), float64(f.HighIntent))
	low := ratio(float64(f.LowIntentOrdered), float64(f.Conversations-f.HighIntent))
	if f.IntentToOrderRate != nil && low != nil {
		f.IntentLift = ratio(*f.IntentToOrderRate, *low)
	}
}

// ratio is nil where there is nothing to divide by.
func ratio(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	q := a / b
	return &q
}

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// wilson is the score interval of a share (Wilson, JASA 22, 1927) at 95 %.
func wilson(hits, n float64) (low, high *float64) {
	if n == 0 {
		return nil, nil
	}
	p, z2 := hits/n, z95*z95
	centre := (p + z2/(2*n)) / (1 + z2/n)
	half := z95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	lo, hi := max(0, centre-half), min(1, centre+half)
	return &lo, &hi
}
