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
		if !slices.Contains(chosen, name) && name != "lang" {
			b.Keep = append(b.Keep, kept{name, values[0]})
		}
	}
	slices.SortFunc(b.Keep, func(x, y kept) int { return strings.Compare(x.Name, y.Name) })
	return b, b.light(ctx, d.deps.DB)
}

// light asks the ledger. What is on its way, and up to when all has arrived,
// is the same for every shop, so everybody may know it.
func (b *bar) light(ctx context.Context, db database) error {
	return each(ctx, db, "the ledger's lights", lightsSQL, nil, func(r *row) {
		b.Lost, b.InFlight, b.Through = r.count(), r.count(), r.time()
		b.Known = !b.Through.IsZero()
	})
}

// lightsSQL: with nothing on its way, everything that arrived before the
// oldest of the newest cuts is stored.
const lightsSQL = `SELECT toInt64(sum(g.unexplained)) AS lost, toInt64(sum(g.in_flight)) AS in_flight, minOrNull(g.noted_at) AS through
FROM askbuy.ledger_gaps AS g`
