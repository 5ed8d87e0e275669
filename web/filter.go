package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Filter is what the bar above a page chooses. Its names in the address are
// those of columns of the bi views.
type Filter struct {
	Shop    string // "": all that the person sees
	Range   string // one of ranges, or "" when From and To are given
	From    string // YYYY-MM-DD, both included, days of the shop
	To      string
	Channel string
	// ByPayment: days are of payment, where a page can count so.
	ByPayment bool
	Shops     []string       // that rows may be of; none: all, and what has no shop
	Zone      *time.Location // of days
}

// The ranges that have a name.
const (
	week      = "7d"
	yesterday = "yesterday"
	month     = "30d"
)

// byPayment is the value of days in an address.
const byPayment = "payment"

func ranges() []string { return []string{week, yesterday, month} }

// maxDays is the longest period of a page.
const maxDays = 400

// readFilter reads an address. A shop that is not the person's is refused,
// not left out: a page must not look as if it had nothing.
func readFilter(q url.Values, p Person, now time.Time, shops shopsKnown) (Filter, error) {
	f := Filter{Shop: q.Get("shop_id"), Range: q.Get("range"), From: q.Get("from"), To: q.Get("to"), Channel: q.Get("channel"), ByPayment: q.Get("days") == byPayment, Shops: p.Shops}
	if f.Shop != "" {
		if !p.Sees(f.Shop) {
			return f, &failure{status: http.StatusForbidden, key: "error.foreign_shop", detail: f.Shop}
		}
		f.Shops = []string{f.Shop}
	}
	if len(f.Shops) == 1 {
		f.Shop = f.Shops[0]
	}
	f.Zone = shops.zone(f.Shop)
	return f, f.days(now.In(f.Zone))
}

// days fills From and To.
func (f *Filter) days(today time.Time) error {
	if f.From != "" || f.To != "" {
		f.Range = ""
		from, err := time.Parse(time.DateOnly, f.From)
		if err != nil {
			return badFilter("from", f.From)
		}
		to, err := time.Parse(time.DateOnly, f.To)
		if err != nil || to.Before(from) || to.Sub(from) > maxDays*24*time.Hour {
			return badFilter("to", f.To)
		}
		return nil
	}
	if f.Range == "" {
		f.Range = week
	}
	first, last := 0, 0
	switch f.Range {
	case week:
		first = 6
	case yesterday:
		first, last = 1, 1
	case month:
		first = 29
	default:
		return badFilter("range", f.Range)
	}
	f.From, f.To = today.AddDate(0, 0, -first).Format(time.DateOnly), today.AddDate(0, 0, -last).Format(time.DateOnly)
	return nil
}

// Days lists the days, the earliest first.
func (f Filter) Days() []string {
	from, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return nil // readFilter has refused it
	}
	var days []string
	for day := from; day.Format(time.DateOnly) <= f.To; day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format(time.DateOnly))
	}
	return days
}

// Before are the same number of days, just before.
func (f Filter) Before() []string {
	days := f.Days()
	before := make([]string, len(days))
	for i, day := range days {
		at, _ := time.Parse(time.DateOnly, day) // just formatted
		before[i] = at.AddDate(0, 0, -len(days)).Format(time.DateOnly)
	}
	return before
}

// query is the filter as an address has it, with some names changed: pairs of
// name and value, an empty value leaves the name out.
func (f Filter) query(pairs ...string) string {
	q := url.Values{}
	set := func(name, value string) {
		if q.Del(name); value != "" {
			q.Set(name, value)
		}
	}
	set("shop_id", f.Shop)
	set("channel", f.Channel)
	if f.ByPayment {
		set("days", byPayment)
	}
	if f.Range == "" {
		set("from", f.From)
		set("to", f.To)
	} else if f.Range != week {
		set("range", f.Range)
	}
	for pair := range slices.Chunk(pairs, 2) {
		set(pair[0], pair[1])
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Query is the filter as an address has it; see query.
func (f Filter) Query(pairs ...string) string { return f.query(pairs...) }
