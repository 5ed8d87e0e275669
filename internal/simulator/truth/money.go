package truth

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"askbuy/schemas/event"

	_ "time/tzdata" // a day must not depend on what is installed
)

// DefaultTimeZone is that of a shop for which none is configured.
const DefaultTimeZone = "Asia/Shanghai"

// settleCurrencies finds each shop's reporting currency: the configured one,
// else that configured for every shop, else that of its first paid order.
func (d *derivation) settleCurrencies(shops map[string]bool) {
	d.currency = map[string]string{}
	for _, o := range d.paid() {
		if d.currency[o.ShopID] == "" {
			d.currency[o.ShopID] = o.Currency
		}
	}
	for id := range shops {
		d.currency[id] = cmp.Or(d.shops[id].ReportingCurrency, d.shops[""].ReportingCurrency, d.currency[id])
	}
}

// paid lists all paid orders by (order time, order_id).
func (d *derivation) paid() []*Order {
	var out []*Order
	for _, o := range d.orders {
		if o.PaidAt != nil {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *Order) int {
		return cmp.Or(cmp.Compare(*a.PaidAt, *b.PaidAt), cmp.Compare(a.OrderID, b.OrderID))
	})
	return out
}

func shopIDs(all []*event.Event) map[string]bool {
	seen := map[string]bool{}
	for _, e := range all {
		seen[e.ShopID] = true
	}
	return seen
}

// creditConversations gives every paid order to its attributed conversation.
func (d *derivation) creditConversations() {
	for _, o := range d.paid() {
		best := attributed(d.touches[orderKey{o.ShopID, o.OrderID}])
		if best == nil {
			continue
		}
		row := &d.convs[convKey{o.ShopID, o.UserID, best.ConvID}].row
		if row.IsOrdered == 0 { // paid comes in the order that decides
			row.IsOrdered, row.OrderID, row.OrderedAt = 1, o.OrderID, o.PaidAt
		}
		row.Orders++
		if o.Currency == "" || o.Currency == d.currency[o.ShopID] {
			row.OrderAmount += o.Amount
			row.NetAmount += o.NetAmount
		} else {
			row.OtherCurrencyOrders++
		}
		kept := o.NetAmount > 0
		row.IsKept |= flag(kept)
		if row.HighIntentAt != nil && *row.HighIntentAt <= *o.PaidAt {
			row.highOrdered = true
			row.highKept = row.highKept || kept
		}
	}
}

func (d *derivation) zoneName(shop string) string {
	return cmp.Or(d.shops[shop].TimeZone, d.shops[""].TimeZone, DefaultTimeZone)
}

func (d *derivation) zone(shop string) *time.Location { return location(d.zoneName(shop)) }

var locations sync.Map // name to *time.Location: loading parses a file

func location(name string) *time.Location {
	if l, ok := locations.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		l = time.UTC // the configuration that names it is refused at start
	}
	locations.Store(name, l)
	return l
}

// day is the date of a time; before 1970 it shows as the first day of 1970.
func day(ms int64, zone *time.Location) Date {
	return Date(max("1970-01-01", time.UnixMilli(ms).In(zone).Format(time.DateOnly)))
}
