// Package wait has the one way in which loops wait.
package wait

import (
	"context"
	"time"
)

// For waits d, or returns why ctx ended. A loop that does something now and
// then is
//
//	for wait.For(ctx, every) == nil {
//		...
//	}
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
