package dedup

import (
	"sync"
	"time"

	"askbuy/schemas/event"
)

// Recent remembers when something without an id or a time of its own was first
// said, so that a sender's retry within the window counts as the same. It
// holds at most twice its limit of entries, and forgets at a restart.
type Recent struct {
	window time.Duration
	limit  int

	mu       sync.Mutex
	since    time.Time // of the younger half
	younger  map[event.IdentityHash]time.Time
	previous map[event.IdentityHash]time.Time
}

// NewRecent remembers for the window, as long as no more than limit things are
// said within it.
func NewRecent(window time.Duration, limit int) *Recent {
	return &Recent{window: window, limit: limit, younger: map[event.IdentityHash]time.Time{}}
}

// First is when the thing was first said, if that is at most the window ago;
// else it is now, and is remembered.
func (r *Recent) First(thing event.IdentityHash, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, half := range [2]map[event.IdentityHash]time.Time{r.younger, r.previous} {
		if at, ok := half[thing]; ok && now.Sub(at) <= r.window {
			return at
		}
	}
	if len(r.younger) >= r.limit || now.Sub(r.since) > r.window {
		r.previous, r.younger, r.since = r.younger, map[event.IdentityHash]time.Time{}, now
	}
	r.younger[thing] = now
	return now
}
