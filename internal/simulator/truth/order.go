package truth

import "askbuy/schemas/event"

// foldOrders folds the events of every order, which come in time order.
func (d *derivation) foldOrders(live []*event.Event) {
	byOrder := map[orderKey][]*event.Event{}
	for _, e := range live {
		if e.Type == event.TypeOrder {
			key := orderKey{e.ShopID, e.OrderID}
			byOrder[key] = append(byOrder[key], e)
		}
	}
	d.orders = make(map[orderKey]*Order, len(byOrder))
	for key, events := range byOrder {
		d.orders[key] = fold(events)
	}
}

// fold makes one order of its events in time order.
func fold(events []*event.Event) *Order {
	o := &Order{ShopID: events[0].ShopID, OrderID: events[0].OrderID}
	for _, e := range events { // later events overwrite what they give
		if e.Amount != nil {
			o.Amount = *e.Amount
		}
		overwrite(&o.Currency, e.Currency)
		overwrite(&o.Coupon, e.Coupon)
		overwrite(&o.NamedConvID, e.ConvID)
		if e.Items != nil {
			o.items = items(e)
		}
	}
	o.stamp(events)
	o.UserID = shopper(events)
	o.RefundedAmount = refunded(events)
	if o.PaidAt != nil && o.CancelledAt == nil {
		o.NetAmount = max(0, o.Amount-o.RefundedAmount)
	}
	return o
}

func overwrite(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// stamp sets the status and the least time of each status.
func (o *Order) stamp(events []*event.Event) {
	first := map[event.Status]*Millis{}
	for _, e := range events {
		if at := Millis(e.TS); first[e.Status] == nil {
			first[e.Status] = &at
		}
	}
	o.CreatedAt, o.PaidAt = first[event.StatusCreated], first[event.StatusPaid]
	o.RefundedAt, o.CancelledAt = first[event.StatusRefunded], first[event.StatusCancelled]
	for _, s := range []event.Status{event.StatusCreated, event.StatusPaid, event.StatusRefunded, event.StatusCancelled} {
		if first[s] != nil {
			o.Status = string(s)
		}
	}
}

// shopper is the user of the first paid event that has one, else of the first
// event that has one, else "".
func shopper(events []*event.Event) string {
	anyone := ""
	for _, e := range events {
		if e.UserID == "" {
			continue
		}
		if e.Status == event.StatusPaid {
			return e.UserID
		}
		if anyone == "" {
			anyone = e.UserID
		}
	}
	return anyone
}

// refunded is the greater of the greatest cumulative value and the sum over
// refunds with an id, of which each counts as it was told last; no more than
// an amount can be.
func refunded(events []*event.Event) event.Money {
	var cumulative, sum event.Money
	byID := map[string]event.Money{}
	for _, e := range events {
		if e.RefundedAmount != nil {
			cumulative = max(cumulative, *e.RefundedAmount)
		}
		if e.RefundID != "" && e.RefundAmount != nil {
			byID[e.RefundID] = *e.RefundAmount
		}
	}
	for _, amount := range byID {
		sum = sum.Plus(amount)
	}
	return max(cumulative, sum)
}

func items(e *event.Event) []OrderItem {
	out := make([]OrderItem, 0, len(e.Items))
	for _, it := range e.Items {
		out = append(out, OrderItem{ShopID: e.ShopID, OrderID: e.OrderID, ItemID: it.ItemID,
			Category: it.Category, Quantity: it.Quantity, Amount: it.Amount})
	}
	return out
}
