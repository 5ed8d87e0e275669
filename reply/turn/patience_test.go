package turn

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The clock runs from the first who asks on, and for all who derive from it.
func TestPatienceBeginsWhenSomebodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := Patience(t.Context(), time.Second)
		defer cancel()
		time.Sleep(time.Hour)
		began := time.Now()
		derived, stop := context.WithTimeout(ctx, time.Hour)
		defer stop()
		<-derived.Done()
		if took := time.Since(began); took != time.Second || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("it ended after %s: %v", took, ctx.Err())
		}
		if by, ok := ctx.Deadline(); !ok || !by.Equal(began.Add(time.Second)) {
			t.Errorf("deadline %v, %v", by, ok)
		}
	})
}

// It ends with its parent, and when it is cancelled: before and after somebody
// waited.
func TestPatienceEnds(t *testing.T) {
	parent, end := context.WithCancel(t.Context())
	of, cancel := Patience(parent, time.Hour)
	defer cancel()
	waited, stop := Patience(t.Context(), time.Hour)
	unasked, drop := Patience(t.Context(), time.Hour)
	if of.Err() != nil || waited.Err() != nil {
		t.Error("one ended at once")
	}
	end()
	stop()
	drop()
	for name, ctx := range map[string]context.Context{"its parent ended": of, "cancelled": waited, "cancelled before": unasked} {
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("%s: %v", name, ctx.Err())
		}
	}
}
