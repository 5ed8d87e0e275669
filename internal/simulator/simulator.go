// Package simulator plays shops against the webhook and knows the truth. It
// has two layers with random streams of their own: the truth layer makes up
// what shoppers said and did; the delivery layer decides how badly that
// reaches the door. Noise never changes the truth, and every entity draws from
// its own stream, so the order of generation changes nothing either.
//
// The package knows the product through HTTP alone. What the reports must say
// is package truth; the comparison is package verify.
package simulator

import (
	"errors"
	"fmt"
	"time"
)

// Options say what to make up. The zero value is not valid.
type Options struct {
	Seed          uint64
	Conversations int
	Shops         int       // how many, at most 999
	ShopIDs       []string  // names of the shops, in place of made-up ones
	Start, End    time.Time // no event is outside; up to 36 days keep within what a journey remembers
	Noise         Noise
	Label         string // goes before the ids of conversations, orders and events
	Plain         bool   // no traps: a shop as one would show it
	EventsOnly    bool   // nothing goes through /coze
	PersonalData  bool   // some texts carry personal data, which must not get past the door
	Heavy         bool   // some shoppers come back hundreds of times, and they differ more
	Trial         *Trial // nil: exposures are told that mean nothing
	Drift         Drift

	given *running      // runs in the place of Trial: one whose file is the caller's
	span  time.Duration // conversations begin within it; 0 is the whole period
}

// DefaultPeriod is how long a simulation's period is where nobody says: the
// longest gap that counts (30 days) fits in, and a journey's memory (37 days)
// is never exceeded.
const DefaultPeriod = 35 * 24 * time.Hour

// DefaultOptions are those of a simulation that ends at the given time.
func DefaultOptions(end time.Time) Options {
	return Options{Seed: 1, Conversations: 1000, Shops: 5, Start: end.Add(-DefaultPeriod), End: end, Noise: NoiseDefault}
}

// Validate reports every problem at once.
func (o *Options) Validate() error {
	var errs []error
	if o.Conversations < 1 {
		errs = append(errs, fmt.Errorf("conversations: want at least 1, have %d", o.Conversations))
	}
	if len(o.ShopIDs) == 0 && (o.Shops < 1 || o.Shops > maxShops) {
		errs = append(errs, fmt.Errorf("shops: want 1 to %d, have %d", maxShops, o.Shops))
	}
	if !o.Start.Before(o.End) {
		errs = append(errs, fmt.Errorf("period: want a start before the end, have %s to %s", o.Start, o.End))
	}
	if _, ok := profiles[o.Noise]; !ok {
		errs = append(errs, fmt.Errorf("noise: want none, default or storm, have %q", o.Noise))
	}
	if o.Drift.SlangDay < 0 || o.Drift.ShiftDay < 0 {
		errs = append(errs, fmt.Errorf("drift: want days from 1, or 0 for never, have %d and %d", o.Drift.SlangDay, o.Drift.ShiftDay))
	}
	if o.Trial != nil {
		errs = append(errs, o.Trial.validate(o))
	}
	return errors.Join(errs...)
}

const maxShops = 999
