package processors

import (
	"context"
	"errors"
	"slices"
	"time"

	"askbuy/internal/crash"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// facts are the events as the warehouse has them.
type facts interface {
	// Stored reports whether all that was reached is stored.
	Stored(ctx context.Context, needs []event.Reached) (bool, error)
	// Shopper reads all that ties to a shopper.
	Shopper(ctx context.Context, s event.Shopper) (History, error)
}

// repairSource gives requests in batches; what a batch says is done when it
// is committed.
type repairSource interface {
	// Poll waits at most as long as told, and may return nil.
	Poll(ctx context.Context, wait time.Duration) (*repairBatch, error)
	Commit(ctx context.Context, b *repairBatch) error
}

// repairRows stores durably before it returns nil.
type repairRows interface {
	Write(ctx context.Context, key string, o output) error
	// Bury sets aside a request that cannot be answered, ever.
	Bury(ctx context.Context, asked event.Repair, why error) error
}

type (
	clock func() time.Time
	sleep func(ctx context.Context, d time.Duration) error
)

// repairBatch is what one poll gave.
type repairBatch struct {
	requests []event.Repair
	left     int // shoppers not yet done
	commit   any // the source's
}

// repairer computes shoppers' rows from facts. Requests for one shopper become
// one; each shopper is repaired at most once in every interval, and not before
// the facts hold all that the journey had seen. A batch is committed when all
// its shoppers are done, in order; what is done twice ends in the same rows.
type repairer struct {
	join    join
	models  models
	facts   facts
	source  repairSource
	rows    repairRows
	every   time.Duration
	now     clock
	metrics *metrics
	failed  func(error) // is told the first error of a row of failures; nil: recovered

	pending map[event.Shopper]*request
	done    map[event.Shopper]time.Time // of late
	batches []*repairBatch              // uncommitted
	failing bool
}

type request struct {
	event.Repair
	batches []*repairBatch // that wait for it, in order
	due     time.Time
	wait    time.Duration // until the facts are asked again
}

const (
	repairTick    = 200 * time.Millisecond // the least wait for facts
	repairBackoff = 10 * time.Second       // the longest
	maxPending    = 10_000                 // shoppers; beyond, nothing is polled
	maxBatches    = 1_000                  // uncommitted; beyond, nothing is polled
)

// run repairs until ctx ends, or the source does. Errors of the facts and of
// the broker are waited out.
func (r *repairer) run(ctx context.Context, pause sleep) error {
	r.pending, r.done = map[event.Shopper]*request{}, map[event.Shopper]time.Time{}
	for ctx.Err() == nil {
		if r.room() {
			batch, err := r.source.Poll(ctx, repairTick)
			if err != nil {
				return err
			}
			r.take(batch)
		} else {
			_ = pause(ctx, repairTick)
		}
		r.settle(ctx)
		r.commit(ctx)
	}
	return nil
}

// room bounds what is held, in shoppers and in batches: one shopper who asks
// again and again is one shopper and many batches.
func (r *repairer) room() bool { return len(r.pending) < maxPending && len(r.batches) < maxBatches }

// take merges a batch into what is pending; of the batch itself only the
// commit is kept.
func (r *repairer) take(b *repairBatch) {
	if b == nil {
		return
	}
	for _, asked := range b.requests {
		s := asked.Shopper()
		p := r.pending[s]
		if p != nil {
			p.Repair = mergeRepairs(p.Repair, asked)
		} else {
			p = &request{Repair: asked, due: r.due(s), wait: repairTick}
			r.pending[s] = p
		}
		if n := len(p.batches); n == 0 || p.batches[n-1] != b {
			p.batches = append(p.batches, b)
			b.left++
		}
	}
	b.requests = nil
	r.batches = append(r.batches, b)
}

// due is when a shopper may be repaired next.
func (r *repairer) due(s event.Shopper) time.Time {
	now := r.now()
	if last, lately := r.done[s]; lately && last.Add(r.every).After(now) {
		return last.Add(r.every)
	}
	return now
}

// settle repairs whoever is due.
func (r *repairer) settle(ctx context.Context) {
	now := r.now()
	for s, last := range r.done {
		if !last.Add(r.every).After(now) {
			delete(r.done, s)
		}
	}
	for s, p := range r.pending {
		if p.due.After(now) || ctx.Err() != nil {
			continue
		}
		settled, err := r.repair(ctx, p.Repair)
		r.note(ctx, err)
		if !settled {
			p.due, p.wait = now.Add(p.wait), min(2*p.wait, repairBackoff)
			continue
		}
		r.done[s] = now
		delete(r.pending, s)
		for _, b := range p.batches {
			b.left--
		}
	}
	r.metrics.pending.Set(float64(len(r.pending)))
}

func (r *repairer) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.metrics.repairs.WithLabelValues("failed").Inc()
	}
	if failing := err != nil; failing != r.failing && ctx.Err() == nil {
		r.failing = failing
		r.failed(err)
	}
}

// repair writes a shopper's rows and reports whether that is settled: not
// while the facts are not there yet.
func (r *repairer) repair(ctx context.Context, asked event.Repair) (bool, error) {
	stored, err := r.facts.Stored(ctx, asked.Needs)
	if err != nil || !stored {
		return false, err
	}
	outcome := "done"
	if err = r.rewrite(ctx, asked); hopeless(err) {
		outcome, err = "buried", r.rows.Bury(ctx, asked, err)
	}
	if err == nil {
		crash.At(crash.RepairWritten)
		r.metrics.repairs.WithLabelValues(outcome).Inc()
	}
	return err == nil, err
}

func (r *repairer) rewrite(ctx context.Context, asked event.Repair) error {
	h, err := r.facts.Shopper(ctx, asked.Shopper())
	if err != nil {
		return err
	}
	scorers, err := scorersOf(ctx, r.models, h.Messages)
	if err != nil {
		return err
	}
	rows, err := safely(func() (output, error) {
		return r.join.rebuild(scorers, asked.Shopper(), h, asked.Version), nil
	})
	if err != nil {
		return err
	}
	return r.rows.Write(ctx, asked.Shopper().Key(), rows)
}

// hopeless are the errors that every later attempt would meet again.
func hopeless(err error) bool {
	var mistake *panicked
	return errors.As(err, &mistake) || errors.Is(err, kafka.ErrTooLarge) || errors.Is(err, kafka.ErrRefused)
}

// commit commits the batches before the first that has something left.
func (r *repairer) commit(ctx context.Context) {
	for len(r.batches) > 0 && r.batches[0].left == 0 {
		if err := r.source.Commit(ctx, r.batches[0]); err != nil {
			r.note(ctx, err)
			return
		}
		r.batches[0] = nil
		r.batches = r.batches[1:]
	}
}

// mergeRepairs is one request that does for two of one shopper: the later
// version, and all that either needs.
func mergeRepairs(a, b event.Repair) event.Repair {
	a.Version = max(a.Version, b.Version)
	a.Needs = slices.Clone(a.Needs)
	for _, need := range b.Needs {
		i := slices.IndexFunc(a.Needs, func(n event.Reached) bool {
			return n.Topic == need.Topic && n.Partition == need.Partition
		})
		if i < 0 {
			a.Needs = append(a.Needs, need)
			continue
		}
		a.Needs[i].Position = max(a.Needs[i].Position, need.Position)
	}
	return a
}
