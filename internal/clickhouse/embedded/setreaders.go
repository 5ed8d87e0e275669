//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
)

// ErrClosed says that the engine was closed.
var ErrClosed = errors.New("ClickHouse was closed")

// SetReaders changes who may read, for this server and all that follow it. The library reads its users only when
// it starts, so the server is started anew, on the same ports: queries under way fail, and what writes tries again.
func (e *Engine) SetReaders(ctx context.Context, readers []Reader) error {
	if err := validateReaders(readers); err != nil {
		return fmt.Errorf("change readers: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock == nil || e.ended.Err() != nil {
		return ErrClosed
	}
	before := e.settings.Readers
	e.settings.Readers = readers
	if err := e.child.Load().stop(); err != nil { // it is gone all the same
		e.settings.Log.Warn("ClickHouse was stopped for a change of readers", "error", err)
	}
	if err := e.launch(ctx); err != nil {
		e.settings.Readers = before // Run starts the server again, with those it knew
		return fmt.Errorf("change readers: %w", err)
	}
	return nil
}
