package web

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// bar is what stands above every page: the filter, and whether its numbers can
// be believed.
type bar struct {
	Shops    []string // to choose from
	Channels []string
	Ranges   []rangeChoice
	Through  time.Time // everything that arrived before is in the numbers
	Lost     int64     // records without an explanation: must be 0
	InFlight int64
	Known    bool // whether anything was noted yet
	Keep     []kept
}

// kept is what the form of the filter leaves as it is.
type kept struct{ Name, Value string }

// chosen are the names that the form itself has.
var chosen = []string{"shop_id", "channel"}

// dropped are the names that hold for the filter as it was: another choice
// begins at the first page, and as of now.
var dropped = []string{"lang", "page", "as_of"}

// narrow leaves out what a page does not take.
func (b *bar) narrow(p page, f Filter) {
	if p.now {
		b.Ranges, b.Channels = nil, nil
	}
	if p.noChannel {
		b.Channels = nil
	}
	if p.fixed {
		b.Ranges, b.Channels, b.Shops = nil, nil, nil
	}
	if p.name == "overview" && f.ByPayment { // an order has no channel
		b.Channels = nil
	}
	if p.allShops {
		b.Shops = nil
	}
}

// Stamp is Through for programs.
func (b bar) Stamp() string { return b.Through.UTC().Format(time.RFC3339Nano) }

// Clock is Through as people of a shop read it; with its day, when that is not
// today.
func (b bar) Clock(f Filter, now time.Time) string {
	if in := b.Through.In(f.Zone); in.Format(time.DateOnly) != now.In(f.Zone).Format(time.DateOnly) {
		return moment(b.Through, f.Zone)
	}
	return clock(b.Through, f.Zone)
}

type rangeChoice struct {
	Key     string // of the catalogue
	Href    string
	Current bool
}

// bar reads the filter, and what stands above a page.
func (d *Dashboard) bar(ctx context.Context, v *visit, q url.Values) (*bar, error) {
	shops, err := d.shops.all(ctx)
	if err != nil {
		return nil, err
	}
	if v.filter, err = readFilter(q, v.person, d.deps.Now(), shops); err != nil {
		return nil, err
	}
	b := &bar{Shops: shops.seen(v.person), Channels: shops.channels(v.filter.Shops)}
	for _, r := range ranges() {
		f := v.filter
		f.Range = r
		b.Ranges = append(b.Ranges, rangeChoice{Key: "range." + r, Current: v.filter.Range == r, Href: v.url.Path + f.query()})
	}
	for name, values := range q {
		if !slices.Contains(chosen, name) && !slices.Contains(dropped, name) {
			b.Keep = append(b.Keep, kept{name, values[0]})
		}
	}
	slices.SortFunc(b.Keep, func(x, y kept) int { return strings.Compare(x.Name, y.Name) })
	if err := d.light(ctx, b); err != nil {
		return nil, err
	}
	v.asOf, err = d.asOf(ctx, q.Get("as_of"), b)
	return b, err
}

// light reads what the server noted of the ledger a few seconds ago; before it
// noted anything, the ledger itself. What is on its way, and up to when all has
// arrived, is the same for every shop, so everybody may know it.
func (d *Dashboard) light(ctx context.Context, b *bar) error {
	for _, table := range []string{"lights", "lights_now"} {
		err := each(ctx, d.deps.DB, "the ledger's lights", "SELECT l.through, l.unexplained, l.in_flight, l.is_known FROM askbuy."+table+" AS l", nil, func(r *row) {
			b.Through, b.Lost, b.InFlight, b.Known = take[time.Time](r), take[int64](r), take[int64](r), take[uint8](r) == 1
		})
		if err != nil || b.Known {
			return err
		}
	}
	return nil
}

// staleAfter is the age at which a rollup is no longer asked. Until then a page
// is of a former moment, which stands above it: the views may take longer than
// anybody waits, as after a long stop.
const staleAfter = 24 * time.Hour

// asOf is the moment that a link names, else that of the rollup, else the one
// up to which everything is stored.
func (d *Dashboard) asOf(ctx context.Context, asked string, b *bar) (time.Time, error) {
	if asked != "" {
		at, err := time.Parse(time.RFC3339Nano, asked)
		if err != nil {
			return at, badFilter("as_of", asked)
		}
		return at, nil
	}
	rolled, err := d.desk.RolledUp(ctx)
	switch {
	case err != nil:
		return rolled, err
	case !b.Known:
		return d.deps.Now(), nil
	case !rolled.IsZero() && b.Through.Sub(rolled) < staleAfter:
		b.Through = rolled
	}
	return b.Through, nil
}
