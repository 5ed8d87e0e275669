package ingest

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Limit bounds what one sender may send. A webhook's request counts as one
// event, a batch as many as it has, a question about a text or a shopper as one.
type Limit struct {
	PerSecond float64 // events, in the long run; 0: no limit
	Burst     int     // events at once, before the rate counts
}

// Limits are those of each sender: a source by its name, an API key as
// key:<name>.
type Limits struct {
	Default Limit // of whoever has no other
	Of      map[string]Limit
}

// Validate reports every problem at once.
func (l Limits) Validate() error {
	problems := []error{l.Default.validate("default")}
	for name, limit := range l.Of {
		problems = append(problems, limit.validate(name))
	}
	return errors.Join(problems...)
}

func (l Limit) validate(name string) error {
	if l.PerSecond < 0 || l.PerSecond > 0 && l.Burst < 1 {
		return fmt.Errorf("limits.%s: want events a second of 0 (no limit) or more, with a burst of at least 1", name)
	}
	return nil
}

// limiter holds a token bucket for each sender. Senders are those who are
// configured, so there are few.
type limiter struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket fills at the limit's rate up to its burst. It may be in debt, by a
// batch that was larger than what was in it.
type bucket struct {
	tokens float64
	at     time.Time // when it held them
}

func newLimiter(l Limits, now func() time.Time) *limiter {
	return &limiter{limits: l, now: now, buckets: map[string]*bucket{}}
}

// take asks for one event of a sender's; when there is none left, it says
// after how long there will be one.
func (l *limiter) take(sender string) (wait time.Duration, ok bool) {
	limit := l.of(sender)
	if limit.PerSecond == 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filled(sender, limit)
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / limit.PerSecond * float64(time.Second)), false
	}
	b.tokens--
	return 0, true
}

// charge takes n more, though they may not be there: the next wait for them.
func (l *limiter) charge(sender string, n int) {
	limit := l.of(sender)
	if limit.PerSecond == 0 || n <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.filled(sender, limit).tokens -= float64(n)
}

func (l *limiter) of(sender string) Limit {
	if limit, ok := l.limits.Of[sender]; ok {
		return limit
	}
	return l.limits.Default
}

func (l *limiter) filled(sender string, limit Limit) *bucket {
	now := l.now()
	b := l.buckets[sender]
	if b == nil {
		b = &bucket{tokens: float64(limit.Burst), at: now}
		l.buckets[sender] = b
	}
	if passed := now.Sub(b.at); passed > 0 { // a clock may be set back
		b.tokens = min(float64(limit.Burst), b.tokens+passed.Seconds()*limit.PerSecond)
		b.at = now
	}
	return b
}

// allow is nil when the sender may send one event, or the first of several.
func (h *Handler) allow(sender string) *refusal {
	wait, ok := h.limiter.take(sender)
	if ok {
		return nil
	}
	refused := *limited
	refused.after = wait
	return &refused
}
