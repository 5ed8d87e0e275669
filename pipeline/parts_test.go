package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestPartsStopInReverse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var stopped []string
	var parts []part
	started := make(chan struct{}, 3)
	for _, name := range []string{"sinks", "processors", "http"} {
		parts = append(parts, part{name, func(ctx context.Context) error {
			started <- struct{}{}
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			stopped = append(stopped, name)
			return ctx.Err()
		}})
	}
	result := make(chan error)
	go func() { result <- runParts(ctx, parts) }()
	for range parts {
		<-started
	}
	cancel()
	if err := <-result; err != nil {
		t.Error(err)
	}
	if want := []string{"http", "processors", "sinks"}; !slices.Equal(stopped, want) {
		t.Errorf("stopped %v, want %v", stopped, want)
	}
}

func TestAFailingPartStopsTheOthers(t *testing.T) {
	for name, result := range map[string]error{"broken": errors.New("broken"), "stopped by itself": nil} {
		err := runParts(t.Context(), []part{
			{"waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			{"ends", func(context.Context) error { return result }},
		})
		if err == nil || !strings.Contains(err.Error(), "ends: "+name) || strings.Contains(err.Error(), "waits") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
