// Package profile says what a shopper's past orders tell of them: how many,
// how large, how many came back, how long ago the last one was. It is read from
// the warehouse beside the answering, never in its way: a shopper who is not
// known yet is answered as one of whom nothing is known.
package profile

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/maypok86/otter/v2"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// The kinds of shoppers.
const (
	New    = "new"    // never ordered
	Repeat = "repeat" // ordered
	VIP    = "vip"    // ordered often
)

// VIPOrders is from how many paid orders on a shopper is a VIP.
const VIPOrders = 5

// Kind is what kind of shopper has so many paid orders.
func Kind(orders int64) string {
	switch {
	case orders >= VIPOrders:
		return VIP
	case orders > 0:
		return Repeat
	}
	return New
}

const (
	fresh    = 5 * time.Minute        // until a profile is read again
	kept     = 30 * time.Minute       // until it is forgotten
	size     = 50_000                 // profiles
	waiting  = 1024                   // shoppers who are to be read
	together = 500                    // shoppers in one query
	gather   = 200 * time.Millisecond // for which a query waits for more of them: it costs much the same for one
	patience = 5 * time.Second        // for the warehouse
)

// source reads profiles. Shoppers without orders are left out.
type source interface {
	Profiles(ctx context.Context, shoppers []event.Shopper) (map[event.Shopper]turn.Profile, error)
}

type entry struct {
	profile turn.Profile
	at      time.Time
}

// Reader knows profiles. It is safe for concurrent use.
type Reader struct {
	source source
	now    func() time.Time
	log    *slog.Logger
	queue  chan event.Shopper
	known  *otter.Cache[event.Shopper, entry]
}

// NewReader knows nobody yet.
func NewReader(s source, now func() time.Time, log *slog.Logger) (*Reader, error) {
	known, err := otter.New(&otter.Options[event.Shopper, entry]{MaximumSize: size, ExpiryCalculator: otter.ExpiryWriting[event.Shopper, entry](kept)})
	if err != nil {
		return nil, fmt.Errorf("make memory of profiles: %w", err)
	}
	return &Reader{source: s, now: now, log: log, queue: make(chan event.Shopper, waiting), known: known}, nil
}

// Get is a shopper's profile as last read; its zero when it is not known. It
// does not wait.
func (r *Reader) Get(s event.Shopper) turn.Profile {
	e, known := r.known.GetIfPresent(s)
	if !known || r.now().Sub(e.at) >= fresh {
		select {
		case r.queue <- s:
		default: // so many wait that a profile is not worth more
		}
	}
	return e.profile
}

// Run reads the profiles that were asked for until ctx ends. What cannot be
// read is asked for again by the shopper's next turn.
func (r *Reader) Run(ctx context.Context) error {
	defer r.known.StopAllGoroutines()
	failing := false
	for {
		batch, ok := r.next(ctx)
		if !ok {
			return nil
		}
		err := r.read(ctx, batch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			r.log.Warn("profiles of shoppers cannot be read; they are answered without", "err", err)
		case err == nil && failing:
			r.log.Info("profiles of shoppers are read again")
		}
		failing = err != nil
	}
}

// next are the shoppers that wait, a moment after there are any.
func (r *Reader) next(ctx context.Context) (batch []event.Shopper, ok bool) {
	seen := map[event.Shopper]bool{}
	take := func(s event.Shopper) {
		if !seen[s] {
			seen[s] = true
			batch = append(batch, s)
		}
	}
	select {
	case s := <-r.queue:
		take(s)
	case <-ctx.Done():
		return nil, false
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for len(batch) < together {
		select {
		case s := <-r.queue:
			take(s)
		case <-timer.C:
			return batch, true
		case <-ctx.Done():
			return nil, false
		}
	}
	return batch, true
}

func (r *Reader) read(ctx context.Context, batch []event.Shopper) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := r.source.Profiles(ctx, batch)
	if err != nil {
		return err
	}
	at := r.now()
	for _, s := range batch {
		p := found[s]
		p.Kind = Kind(p.Orders)
		r.known.Set(s, entry{p, at})
	}
	return nil
}
