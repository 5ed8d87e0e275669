package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// Item is one event at the door.
type Item struct {
	Decoded
	Fault *Fault // why it has to be set aside; nil when it may pass
	Raw   []byte // as received; needed when there is a fault
}

// Outcome is what became of an item. All of them are durable.
type Outcome uint8

// The outcomes.
const (
	Accepted    Outcome = iota // published, or on its way from the spool
	Duplicate                  // an equal copy was accepted before
	Conflict                   // published, though another copy was accepted before
	Quarantined                // in the dead letters
	Erased                     // of an erased shopper: left out
	outcomeCount
)

// String is the outcome as a metric's label.
func (o Outcome) String() string {
	return [...]string{"accepted", "duplicate", "conflict", "quarantined", "erased"}[o]
}

const (
	// repeatWindow is how long a repetition of an event without id and ts is
	// recognised.
	repeatWindow = 10 * time.Second
	// repeatLimit is how many such events are remembered, twice.
	repeatLimit = 100_000
)

// Acceptor is the one way in: it dedupes and publishes events, and sets those
// with a fault aside. It is safe for concurrent use.
type Acceptor struct {
	publisher publisher
	spool     spool         // nil: what the broker does not take is not durable
	share     time.Duration // of a request's time that is left for the spool
	sealer    sealer        // nil: letters keep their bytes as they came
	erasures  erasures      // nil: nobody was erased
	filter    *dedup.Filter
	repeats   *dedup.Recent
	metrics   *metrics
	hashers   sync.Pool
}

// NewAcceptor makes the way in. The key fingerprints events and must be the
// same for ever, at least 32 bytes.
func NewAcceptor(p publisher, filter *dedup.Filter, key []byte, registry prometheus.Registerer) (*Acceptor, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("fingerprint key: %d bytes, want at least %d", len(key), minKey)
	}
	m, err := newMetrics(registry, filter)
	if err != nil {
		return nil, err
	}
	a := &Acceptor{publisher: p, filter: filter, repeats: dedup.NewRecent(repeatWindow, repeatLimit), metrics: m}
	a.hashers.New = func() any { return event.NewFingerprinter(key) }
	return a, nil
}

const minKey = 32 // bytes

// UseSpool has the acceptor keep in the spool what the broker does not take:
// what it refuses for now, and what it has not answered when only share is
// left of the request's time. It belongs before the first Accept.
func (a *Acceptor) UseSpool(s spool, share time.Duration) { a.spool, a.share = s, share }

// Accept publishes the items that arrived together and returns one outcome for
// each once all are durable. An error, an ErrNotDurable, means that some may
// not be: those that are will be duplicates when they are sent again. When ctx
// ends first, publication goes on; what it comes to is remembered.
//
// Accept completes the items: an event without an id gets one.
func (a *Acceptor) Accept(ctx context.Context, source string, arrival time.Time, items []Item) ([]Outcome, error) {
	by, _ := ctx.Deadline()
	return a.AcceptBy(ctx, by, source, arrival, items)
}

// AcceptBy is Accept with a deadline of its own; none is the zero time.
func (a *Acceptor) AcceptBy(ctx context.Context, by time.Time, source string, arrival time.Time, items []Item) ([]Outcome, error) {
	outcomes := make([]Outcome, len(items))
	todo := make([]int, 0, len(items))
	for i := range items {
		if a.gone(&items[i]) {
			outcomes[i] = Erased
			continue
		}
		todo = append(todo, i)
		if e := &items[i].Event; items[i].Fault == nil && e.ID == "" {
			a.nameWeakly(&items[i], arrival)
		}
		if items[i].Fault == nil {
			a.mask(&items[i].Event)
		}
	}
	for len(todo) > 0 {
		w := newWave(a, source, arrival, len(todo))
		w.start(items, outcomes, todo)
		if err := w.wait(ctx, by); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotDurable, err)
		}
		todo = w.again
		for _, refused := range w.hopeless {
			items[refused.index].Fault = unstorable(refused.err)
			todo = append(todo, refused.index)
		}
	}
	for i := range items {
		a.metrics.count(&items[i], outcomes[i])
	}
	return outcomes, nil
}
