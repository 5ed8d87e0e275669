package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// part is one loop of the pipeline. Parts are started in order and stopped in
// reverse, each only after the one behind it is done: the doors close before
// the processors, the processors before the sinks.
type part struct {
	name string
	run  func(context.Context) error
}

// runParts runs all parts until ctx ends or one of them does, then stops the
// others in reverse order and waits for each.
func runParts(ctx context.Context, parts []part) error {
	type running struct {
		part
		stop context.CancelFunc
		done chan struct{}
		err  error
	}
	ended := make(chan struct{}, len(parts))
	all := make([]*running, 0, len(parts))
	for _, p := range parts {
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		r := &running{part: p, stop: stop, done: make(chan struct{})}
		all = append(all, r)
		go func() {
			defer close(r.done)
			r.err = r.run(own)
			ended <- struct{}{}
		}()
	}
	var failed error
	select {
	case <-ctx.Done():
	case <-ended:
		failed = errors.New("stopped by itself")
	}
	var errs []error
	for _, r := range slices.Backward(all) {
		byItself := false
		select {
		case <-r.done:
			byItself = failed != nil
		default:
		}
		r.stop()
		<-r.done
		switch {
		case r.err != nil && !errors.Is(r.err, context.Canceled):
			errs = append(errs, fmt.Errorf("%s: %w", r.name, r.err))
		case byItself:
			errs = append(errs, fmt.Errorf("%s: %w", r.name, failed))
		}
	}
	return errors.Join(errs...)
}
