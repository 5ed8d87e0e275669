package processors

import (
	"cmp"
	"slices"

	"askbuy/schemas/event"
)

// orderEvent is what the fold needs of an order event.
type orderEvent struct {
	ID       string         `json:"i"`
	TS       int64          `json:"t"`
	Raw      event.Position `json:"r"` // in the orders topic
	Status   event.Status   `json:"s"`
	User     string         `json:"u,omitempty"`
	Conv     string         `json:"c,omitempty"`
	Amount   *event.Money   `json:"a,omitempty"`
	Refunded *event.Money   `json:"f,omitempty"` // cumulative
	RefundID string         `json:"n,omitempty"`
	Refund   *event.Money   `json:"m,omitempty"` // of this refund alone
	Test     bool           `json:"x,omitempty"`
}

func newOrderEvent(e *event.Event, raw event.Position) orderEvent {
	return orderEvent{
		ID: e.ID, TS: e.TS, Raw: raw, Status: e.Status, User: e.UserID, Conv: e.ConvID,
		Amount: e.Amount, Refunded: e.RefundedAmount, RefundID: e.RefundID, Refund: e.RefundAmount, Test: e.Test,
	}
}

// foldOrder is what the contract says an order came to. It depends on the set
// of events alone; test events are as if never sent. The caller fills in what
// is not folded: ids, Overflowed and V.
func foldOrder(events []orderEvent) event.OrderSnapshot {
	real := slices.DeleteFunc(slices.Clone(events), func(e orderEvent) bool { return e.Test })
	slices.SortFunc(real, func(a, b orderEvent) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID))
	})
	o := event.OrderSnapshot{Shopper: orderShopper(real), Refunded: refundedAmount(real)}
	for i := range real {
		e := &real[i]
		if at := statusTime(&o, e.Status); at != nil && *at == nil {
			*at = &e.TS
		}
		if e.Conv != "" {
			o.NamedConv = e.Conv
		}
		if e.Amount != nil {
			o.Amount = *e.Amount
		}
	}
	return o
}

func statusTime(o *event.OrderSnapshot, s event.Status) **int64 {
	switch s {
	case event.StatusCreated:
		return &o.CreatedAt
	case event.StatusPaid:
		return &o.PaidAt
	case event.StatusCancelled:
		return &o.CancelledAt
	case event.StatusRefunded:
		return &o.RefundedAt
	}
	return nil
}

// orderShopper is the user of the least paid event that has one, else of the
// least event that has one. The events are sorted.
func orderShopper(events []orderEvent) string {
	first := ""
	for _, e := range events {
		switch {
		case e.User == "":
		case e.Status == event.StatusPaid:
			return e.User
		case first == "":
			first = e.User
		}
	}
	return first
}

// refundedAmount is the greater of the cumulative values' greatest and the
// sum over refunds, of which the latest amount counts. No sum is greater than
// an amount can be: what reads the order would refuse it whole. The events
// are sorted.
func refundedAmount(events []orderEvent) event.Money {
	var cumulative, sum event.Money
	refunds := map[string]event.Money{}
	for _, e := range events {
		if e.Refunded != nil {
			cumulative = max(cumulative, *e.Refunded)
		}
		if e.RefundID != "" && e.Refund != nil {
			refunds[e.RefundID] = *e.Refund
		}
	}
	for _, amount := range refunds {
		sum = sum.Plus(amount)
	}
	return max(cumulative, sum)
}
