package erasure

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// store keeps the entries.
type store interface {
	// Mark changes whenever the entries do.
	Mark(ctx context.Context) (Mark, error)
	Entries(ctx context.Context) ([]Entry, error)
	Add(ctx context.Context, entries []Entry) error
}

// Mark tells one state of the stored entries from another.
type Mark struct {
	Entries uint64 `ch:"entries"`
	Newest  uint64 `ch:"newest"`
	Sum     uint64 `ch:"total"`
}

// List is the list of the erased as it was last read. It is safe for
// concurrent use; a new one is empty until it is refreshed.
type List struct {
	*Hasher
	store store
	open  func(context.Context, *event.DeadLetter) ([]byte, error) // nil: sealed letters stay closed

	refreshing sync.Mutex
	mark       Mark     // of what is in force
	told       []func() // of every change
	gone       atomic.Pointer[map[Subject]int64]
}

// New makes a list that reads nothing until Refresh or Run.
func New(key []byte, s store) *List {
	l := &List{Hasher: NewHasher(key), store: s}
	l.gone.Store(&map[Subject]int64{})
	return l
}

// OpenLetters gives the list the key to sealed letters. Without it they are
// nobody's. It belongs before the first use.
func (l *List) OpenLetters(open func(context.Context, *event.DeadLetter) ([]byte, error)) *List {
	l.open = open
	return l
}

// OnChange has f called whenever the list has changed, and is in force: what is
// kept beside the events has to go, too.
func (l *List) OnChange(f func()) {
	l.refreshing.Lock()
	defer l.refreshing.Unlock()
	l.told = append(l.told, f)
}

// Refresh reads the list when it has changed, and reports whether it had.
func (l *List) Refresh(ctx context.Context) (changed bool, err error) {
	l.refreshing.Lock()
	defer l.refreshing.Unlock()
	mark, err := l.store.Mark(ctx)
	if err != nil || mark == l.mark {
		return false, err
	}
	entries, err := l.store.Entries(ctx)
	if err != nil {
		return false, err
	}
	gone := make(map[Subject]int64, len(entries))
	for _, e := range entries {
		gone[e.Subject] = max(gone[e.Subject], e.UpTo)
	}
	l.gone.Store(&gone)
	// What was added between the two queries is read again next time.
	l.mark = mark
	for _, f := range l.told {
		f()
	}
	return true, nil
}

// Add puts subjects on the list, for every process that refreshes its own.
func (l *List) Add(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return l.store.Add(ctx, entries)
}

// Every is how often Run refreshes.
const Every = time.Second

// Run refreshes the list until ctx ends, which is no error. failed is told of
// an attempt that failed; the list then stays as it was.
func (l *List) Run(ctx context.Context, failed func(error)) error {
	for {
		if _, err := l.Refresh(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		if wait.For(ctx, Every) != nil {
			return nil
		}
	}
}

func (l *List) until(s Subject) (upTo int64, listed bool) {
	upTo, listed = (*l.gone.Load())[s]
	return upTo, listed
}

// Empty reports that nobody was ever erased.
func (l *List) Empty() bool { return len(*l.gone.Load()) == 0 }

func (l *List) has(s Subject, ts int64) bool {
	upTo, listed := l.until(s)
	return listed && ts <= upTo
}

// ShopperGone reports whether what a shopper did at a time is erased.
func (l *List) ShopperGone(s event.Shopper, ts int64) bool {
	return s.UserID != "" && !l.Empty() && l.has(l.Shopper(s), ts)
}

// EventGone reports whether an event is erased: its shopper's, of an order
// that went with its shopper, or one that ties an erased alias to somebody.
func (l *List) EventGone(e *event.Event) bool {
	switch {
	case l.Empty():
		return false
	case l.ShopperGone(e.Shopper(), e.TS):
		return true
	case e.Type == event.TypeOrder:
		return l.has(l.Order(e.ShopID, e.OrderID), e.TS)
	case e.Type == event.TypeAlias:
		return l.ShopperGone(event.Shopper{ShopID: e.ShopID, UserID: e.Alias}, e.TS)
	}
	return false
}

// TouchesGone reports whether a row of touches tells of what is erased: all
// that ties it to its user, the order time, or for an erased user a touch.
func (l *List) TouchesGone(o *event.OrderTouches) bool {
	if l.Empty() {
		return false
	}
	gone := func(s Subject, oldest int64) bool {
		upTo, listed := l.until(s)
		return listed && (o.NamedAt <= upTo || len(o.Touches) > 0 && oldest <= upTo)
	}
	oldest := o.OrderAt
	for _, t := range o.Touches {
		oldest = min(oldest, t.TouchAt)
	}
	return gone(l.Shopper(event.Shopper{ShopID: o.ShopID, UserID: o.UserID}), oldest) || gone(l.Order(o.ShopID, o.OrderID), o.OrderAt)
}

// Of is a list of these entries alone, which is never refreshed.
func Of(h *Hasher, entries ...Entry) *List {
	l := &List{Hasher: h}
	gone := make(map[Subject]int64, len(entries))
	for _, e := range entries {
		gone[e.Subject] = max(gone[e.Subject], e.UpTo)
	}
	l.gone.Store(&gone)
	return l
}
