//go:build unix && !noembed

package embedded

import (
	"context"
	"time"

	"askbuy/internal/wait"
)

// Delays between restarts. A server that stood for steadyAfter is forgiven its earlier failures.
const (
	firstDelay  = 50 * time.Millisecond
	lastDelay   = 10 * time.Second
	steadyAfter = time.Minute
)

// restartDelay doubles with every failure in a row, from firstDelay to lastDelay.
func restartDelay(failures int) time.Duration {
	return min(firstDelay<<min(failures, 16), lastDelay)
}

// Run restarts the server whenever it ends unasked, on the same ports. It returns after ctx is done and the
// server has been stopped, or after Close.
func (e *Engine) Run(ctx context.Context) error {
	failures := 0
	for {
		c, since := e.child.Load(), time.Now()
		select {
		case <-ctx.Done():
			return e.Close()
		case <-e.ended.Done():
			return nil
		case <-c.done:
		}
		if e.replaced(c) {
			continue
		}
		if time.Since(since) > steadyAfter {
			failures = 0
		}
		if e.ended.Err() == nil {
			e.settings.Log.Warn("ClickHouse ended unasked, restarting it", "exit", c.err, "said", c.reason())
			failures = e.revive(ctx, failures)
		}
	}
}

// replaced reports whether another child has taken this one's place on purpose. While that happens, it waits.
func (e *Engine) replaced(c *child) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.child.Load() != c
}

// revive tries until a server is up or nobody wants one any more, and returns the failures so far.
func (e *Engine) revive(ctx context.Context, failures int) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ended, cancel)()
	for ; ; failures++ {
		if wait.For(ctx, e.delay(failures)) != nil {
			return failures
		}
		err := e.relaunch(ctx)
		if err == nil {
			e.settings.Log.Info("ClickHouse is back", "http", e.HTTPAddr(), "native", e.NativeAddr())
			return failures + 1
		}
		if ctx.Err() == nil {
			e.settings.Log.Error("cannot restart ClickHouse, will try again", "error", err, "after", e.delay(failures+1))
		}
	}
}

func (e *Engine) relaunch(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.launch(ctx)
}
