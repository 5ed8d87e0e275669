package ingest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// wave is a set of publications that are under way together. It outlives the
// request when the request stops waiting: the tokens end with their
// publications, not with their sender.
type wave struct {
	acceptor *Acceptor
	source   string
	arrival  time.Time

	publications []publication
	one          [1]publication // where they are, when it is one
	again        []int          // items whose copies are being published: to be asked about again
	pending      []dedup.Token  // theirs

	open atomic.Int32  // publications without an outcome, and one while starting
	done chan struct{} // closed when open is 0

	mu       sync.Mutex
	failure  error     // the first
	hopeless []refused // items that no broker takes
}

type refused struct {
	index int
	err   error
}

// newWave makes a wave of at most size publications: they must not move.
func newWave(a *Acceptor, source string, arrival time.Time, size int) *wave {
	w := &wave{acceptor: a, source: source, arrival: arrival, done: make(chan struct{})}
	if w.publications = w.one[:0]; size > len(w.one) {
		w.publications = make([]publication, 0, size)
	}
	w.open.Store(1)
	return w
}

// start begins the publication of the items with the indexes in todo. It does
// not wait for copies under way: one of them may be of this very wave.
func (w *wave) start(items []Item, outcomes []Outcome, todo []int) {
	defer w.end()
	hasher := w.acceptor.hashers.Get().(*event.Fingerprinter)
	defer w.acceptor.hashers.Put(hasher)
	for _, i := range todo {
		item := &items[i]
		if item.Fault == nil {
			outcomes[i] = w.publish(hasher, item, i)
		}
		if item.Fault != nil { // publish may have found one
			outcomes[i] = Quarantined
			w.setAside(hasher, item, i)
		}
	}
}

func (w *wave) publish(hasher *event.Fingerprinter, item *Item, index int) Outcome {
	e := &item.Event
	envelope := event.Envelope{Identity: e.Identity(), Copy: hasher.Copy(e, item.NoTS), Source: w.source}
	token := w.acceptor.filter.Begin(envelope.Identity, envelope.Copy)
	w.acceptor.metrics.dedupe[token.Verdict].Inc()
	outcome := Accepted
	switch token.Verdict {
	case dedup.Duplicate:
		return Duplicate
	case dedup.Pending:
		w.again, w.pending = append(w.again, index), append(w.pending, token)
		return outcome
	case dedup.Conflict:
		outcome = Conflict
	case dedup.Maybe:
		envelope.MaybeDuplicate = true
		if dropMaybe {
			token.Abort()
			return Duplicate
		}
	}
	if markFirst {
		token.Commit()
		token = dedup.Token{}
	}
	value, err := encode(e)
	if err != nil {
		token.Abort()
		item.Fault = &Fault{Reason: event.ReasonBadField, Detail: "event: nested too deeply"}
		return Quarantined
	}
	record := Record{Topic: e.Type.Topic(), Key: []byte(e.Key()), Value: value, Headers: envelope.Headers(), Time: w.arrival}
	w.begin(record, token, index, false)
	return outcome
}

func (w *wave) setAside(hasher *event.Fingerprinter, item *Item, index int) {
	w.begin(w.acceptor.letterRecord(hasher, item, w.source, w.arrival), dedup.Token{}, index, true)
}

func (w *wave) begin(r Record, token dedup.Token, index int, letter bool) {
	w.open.Add(1)
	w.publications = append(w.publications, publication{wave: w, record: r, token: token, index: index, letter: letter})
	w.publications[len(w.publications)-1].start()
}

// ended notes a publication's outcome.
func (w *wave) ended(p *publication, err error) {
	if err != nil {
		w.mu.Lock()
		if Hopeless(err) && !p.letter { // a letter has no way round its size
			w.hopeless = append(w.hopeless, refused{p.index, err})
		} else if w.failure == nil {
			w.failure = err
		}
		w.mu.Unlock()
	}
	w.end()
}

func (w *wave) end() {
	if w.open.Add(-1) == 0 {
		close(w.done)
	}
}

// wait returns once everything of this wave, and the copies of its items that
// others publish, have an outcome. What the broker has not answered when the
// request's time runs out, or it ends, goes to the spool. No time means no
// deadline.
func (w *wave) wait(ctx context.Context, by time.Time) error {
	if err := w.settle(ctx, by); err != nil {
		return err
	}
	if w.failure != nil {
		return w.failure
	}
	if len(w.pending) > 0 && !by.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, by)
		defer cancel()
	}
	for _, token := range w.pending {
		if err := token.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// One timer does for both ends: a context with a deadline would cost more than
// all else that a request waits with.
func (w *wave) settle(ctx context.Context, by time.Time) error {
	var ends <-chan time.Time // never, without a deadline
	var timer *time.Timer
	if !by.IsZero() {
		left := time.Until(by)
		timer = time.NewTimer(left - w.acceptor.spoolShare(left))
		defer timer.Stop()
		ends = timer.C
	}
	select {
	case <-w.done:
		return nil
	case <-ends:
	case <-ctx.Done():
	}
	for i := range w.publications {
		w.publications[i].rescue()
	}
	if timer != nil {
		timer.Reset(time.Until(by))
	}
	select {
	case <-w.done:
		return nil
	case <-ends:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spoolShare is how much of the time that is left is the spool's: never more
// than half of it, so that a broker that is well is not passed over by who has
// little time.
func (a *Acceptor) spoolShare(left time.Duration) time.Duration {
	if a.spool == nil {
		return 0
	}
	return min(a.share, left/2)
}

// deepAttrs is the length from which attrs may be nested too deeply: each
// level takes two bytes, and a record adds levels of its own.
const deepAttrs = 8 << 10

// encode writes the event and makes sure that the record can be read again,
// which attrs nested about as deeply as JSON may be would prevent.
func encode(e *event.Event) ([]byte, error) {
	value, err := event.Encode(e)
	if err != nil {
		return nil, err
	}
	long := len(e.Attrs) > deepAttrs
	for i := range e.Items {
		long = long || len(e.Items[i].Attrs) > deepAttrs
	}
	if long {
		_, err = event.Decode(value)
	}
	return value, err
}
