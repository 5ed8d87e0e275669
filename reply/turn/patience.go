package turn

import (
	"context"
	"sync"
	"time"
)

// Patience is a context that ends a while after somebody first asks when it
// does. What nobody waits for is most of what a turn asks, and a clock for each
// costs more than the answer. Cancel it when it is not needed any more.
func Patience(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	p := &patience{Context: parent, d: d}
	return p, p.cancel
}

type patience struct {
	context.Context // the parent
	d               time.Duration

	mu    sync.Mutex
	timed context.Context // nil: nobody has asked
	stop  context.CancelFunc
}

// begin starts the clock, once.
func (p *patience) begin() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.stop = context.WithTimeout(p.Context, p.d)
	}
	return p.timed
}

func (p *patience) Deadline() (time.Time, bool) { return p.begin().Deadline() }
func (p *patience) Done() <-chan struct{}       { return p.begin().Done() }
func (p *patience) Err() error                  { return p.begin().Err() }

// Value makes it a context of its own to package context, which asks a parent
// for its place among those that it knows.
func (p *patience) Value(key any) any { return p.begin().Value(key) }

func (p *patience) cancel() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.stop = ended, func() {}
	}
	p.stop()
}

var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
