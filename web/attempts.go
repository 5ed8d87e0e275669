package web

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// attempts bounds how often one address may try to sign in, and how often all
// may together. What was right costs nothing.
type attempts struct {
	config Config
	now    func() time.Time

	mu   sync.Mutex
	all  *rate.Limiter
	from map[string]*rate.Limiter
}

// maxAddresses bounds memory: a flood from more addresses than that is held
// back by the bound of all.
const (
	maxAddresses = 4096
	allTogether  = 10 // times what one address may
)

func newAttempts(c Config, now func() time.Time) *attempts {
	return &attempts{
		config: c, now: now, from: map[string]*rate.Limiter{},
		all: rate.NewLimiter(rate.Every(c.AttemptEvery/allTogether), c.MaxAttempts*allTogether),
	}
}

// begin takes one attempt of an address. When there is none left it says how
// long until the next. After a right one, call undo.
func (a *attempts) begin(remote string) (undo func(), wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	own := a.limiter(address(remote), now)
	one, all := own.ReserveN(now, 1), a.all.ReserveN(now, 1)
	undo = func() { one.CancelAt(now); all.CancelAt(now) }
	if wait := max(one.DelayFrom(now), all.DelayFrom(now)); wait > 0 {
		undo()
		return nil, wait
	}
	return undo, 0
}

func (a *attempts) limiter(address string, now time.Time) *rate.Limiter {
	if l, known := a.from[address]; known {
		return l
	}
	if len(a.from) >= maxAddresses {
		for other, l := range a.from {
			if l.TokensAt(now) >= float64(a.config.MaxAttempts) { // has not tried for long
				delete(a.from, other)
			}
		}
	}
	l := rate.NewLimiter(rate.Every(a.config.AttemptEvery), a.config.MaxAttempts)
	if len(a.from) < maxAddresses {
		a.from[address] = l
	}
	return l
}

// address is that of a connection, without its port.
func address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
