// Package truth says what the warehouse must answer when it was sent a given
// set of events. It is written from the contract's sentences alone and shares
// nothing with the rooms whose work it judges: not the join, not the SQL, not
// the models. Everything in it is a pure function of its arguments.
package truth

import (
	"cmp"
	"slices"

	"askbuy/schemas/event"
)

// Shop is what an operator configured for a shop, or, under the id "", for
// every shop that has nothing of its own; both fields may be "".
type Shop struct {
	TimeZone          string `json:"time_zone,omitempty"`
	ReportingCurrency string `json:"reporting_currency,omitempty"`
}

// Tables is what the bi views must hold, rows in no particular order. What
// depends on the moment of asking (arrival, maturity, deliveries) is left out.
type Tables struct {
	Messages      []Message
	Behaviors     []Behavior
	Exposures     []Exposure
	Feedback      []Feedback
	Conversations []Conversation
	Orders        []Order
	OrderItems    []OrderItem
	Touches       []Touch
	Funnel        []FunnelDay
	Claims        []ClaimsDay
	Shops         []ShopRow

	orders map[orderKey]*Order // for Attribute
}

type (
	convKey  struct{ shop, user, conv string }
	orderKey struct{ shop, order string }
)

// derivation is Derive's working state: every event that counts, once, in the order
// of messages, and what has been found out so far.
type derivation struct {
	scores   Scores
	shops    map[string]Shop
	currency map[string]string // in effect, by shop

	convs     map[convKey]*conversation
	byShopper map[event.Shopper][]*conversation
	orders    map[orderKey]*Order
	touches   map[orderKey][]Touch
}

// Derive computes every table from the set of events. Of several events with
// one identity the first in the slice counts. Scores come from outside,
// because the truth knows no model; a user's message without one makes its
// conversation's score columns NULL. The events' order has no other effect.
func Derive(events []event.Event, scores Scores, shops map[string]Shop) *Tables {
	all := distinct(events)
	t := facts(all, scores)
	ids := shopIDs(all)
	live := slices.DeleteFunc(all, isTest)
	slices.SortFunc(live, byTime)

	d := &derivation{scores: scores, shops: shops}
	d.converse(live)
	d.foldOrders(live)
	d.findTouches()
	d.settleCurrencies(ids)
	d.creditConversations()
	d.fillCarts(live)
	d.expose(live)
	d.fillTables(t)
	for id := range ids {
		t.Shops = append(t.Shops, ShopRow{id, d.zoneName(id), d.currency[id]})
	}
	t.Funnel, t.Claims = funnel(t.Conversations), d.claims()
	return t
}

// isTest reports test traffic: stored, but in nothing that is derived.
func isTest(e *event.Event) bool {
	return e.Test || e.Type == event.TypeMessage && event.TextIsTest(e.Text)
}

// byTime is the order of messages and of an order's events: (ts, event_id).
func byTime(a, b *event.Event) int {
	return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID))
}

func distinct(events []event.Event) []*event.Event {
	type identity struct {
		shop  string
		kind  event.Type
		owner string
		id    string
	}
	seen := make(map[identity]bool, len(events))
	out := make([]*event.Event, 0, len(events))
	for i := range events {
		e := &events[i]
		id := identity{e.ShopID, e.Type, e.Owner(), e.ID}
		if !seen[id] || e.ID == "" { // without an id as yet: the door gives each its own
			seen[id] = true
			out = append(out, e)
		}
	}
	return out
}

func (d *derivation) fillTables(t *Tables) {
	for _, c := range d.convs {
		t.Conversations = append(t.Conversations, c.row)
	}
	t.orders = d.orders
	for key, o := range d.orders {
		t.Orders = append(t.Orders, *o)
		t.OrderItems = append(t.OrderItems, o.items...)
		t.Touches = append(t.Touches, d.touches[key]...)
	}
	percentiles(t.Conversations)
}
