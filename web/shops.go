package web

import (
	"context"
	"slices"
	"sync"
	"time"
)

// shopList is what the warehouse says of its shops, kept for a while: it is on
// every page, and changes when a shop is new.
type shopList struct {
	db    database
	now   func() time.Time
	lives time.Duration

	mu    sync.Mutex
	known shopsKnown
	at    time.Time
}

// shopsKnown are shops by id.
type shopsKnown []shop

type shop struct {
	id       string
	zone     *time.Location
	channels []string
}

func (l *shopList) all(ctx context.Context) (shopsKnown, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.at.IsZero() && l.now().Sub(l.at) < l.lives {
		return l.known, nil
	}
	var known shopsKnown
	err := each(ctx, l.db, "shops", "SELECT s.shop_id, s.time_zone, s.channels FROM askbuy.shop_list AS s ORDER BY s.shop_id", nil, func(r *row) {
		known = append(known, shop{id: r.text(), zone: zoneOf(r.text()), channels: take[[]string](r)})
	})
	if err == nil && len(known) > 0 { // an empty list is asked for anew: the first shop should show at once
		l.known, l.at = known, l.now()
	}
	return known, err
}

// defaultZone is that of shops that say nothing else.
const defaultZone = "Asia/Shanghai"

// zoneOf is a zone by name; of one that this machine does not know, UTC.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// zone is that of a shop's days; of several shops, the one they share, else
// the default.
func (s shopsKnown) zone(id string) *time.Location {
	var shared *time.Location
	for _, one := range s {
		if id != "" && one.id != id {
			continue
		}
		if shared != nil && shared.String() != one.zone.String() {
			return zoneOf(defaultZone)
		}
		shared = one.zone
	}
	if shared == nil {
		return zoneOf(defaultZone)
	}
	return shared
}

// zoneNow is the zone of a shop, as far as the list is known.
func (l *shopList) zoneNow(id string) *time.Location {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known.zone(id)
}

// seen are the ids that a person may choose from.
func (s shopsKnown) seen(p Person) (ids []string) {
	for _, one := range s {
		if p.Sees(one.id) {
			ids = append(ids, one.id)
		}
	}
	return ids
}

// channels are those of some shops; of all, when none is named.
func (s shopsKnown) channels(ids []string) (channels []string) {
	for _, one := range s {
		if len(ids) == 0 || slices.Contains(ids, one.id) {
			channels = append(channels, one.channels...)
		}
	}
	slices.Sort(channels)
	return slices.DeleteFunc(slices.Compact(channels), func(c string) bool { return c == "" })
}
