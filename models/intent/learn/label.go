package learn

// labels are what has come of conversations, and what is still to come.
type labels struct {
	until  int64
	naive  bool     // a control: what is open counts as over
	orders survival // from the last word to the order
}

// newLabels gives every conversation its outcome where it is known: an order
// that is kept today counts by the chance that it stays so.
func newLabels(all []*conversation, until int64, naive bool) labels {
	var asked, unkept, lost []life
	for _, c := range all {
		if len(c.orders) > 0 {
			asked = append(asked, life{min(c.delay(), window), true})
		} else {
			asked = append(asked, life{until - c.last, false})
		}
		for _, o := range c.orders {
			age, end := until-o.PaidAt, o.LostAt-o.PaidAt
			if o.LostAt == Never {
				end = age
			}
			unkept = append(unkept, life{end, !o.Kept})
			lost = append(lost, life{end, o.LostAt != Never})
		}
	}
	keeps, clean := newSurvival(unkept, settled), newSurvival(lost, settled)
	for _, c := range all {
		c.kept, c.net = make([]float64, len(c.points)), make([]float64, len(c.points))
		for i, at := range c.points {
			for _, o := range c.orders {
				if o.Kept && o.after(at.TS) {
					c.kept[i] = max(c.kept[i], keeps.stays(until-o.PaidAt))
				}
				if o.LostAt == Never && o.after(at.TS) {
					c.net[i] = max(c.net[i], clean.stays(until-o.PaidAt))
				}
			}
			c.net[i] = min(c.net[i], c.kept[i])
		}
	}
	return labels{until, naive, newSurvival(asked, window)}
}

// after reports whether the order answers a message: within 72 h.
func (o Order) after(ts int64) bool { return o.PaidAt > ts && o.PaidAt-ts <= window }

// of is the label of a prefix of the conversation to which the model gives p.
func (l labels) of(c *conversation, i int, p float64) float64 {
	if l.naive || !c.unknown(l.until) {
		return c.kept[i]
	}
	return soft(p, l.orders.told(l.until-c.last))
}
