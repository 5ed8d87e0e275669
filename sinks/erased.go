package sinks

import (
	"context"
	"errors"
	"fmt"

	"askbuy/schemas/event"
)

// errErasedSince is why a batch is begun again: somebody was erased while it
// waited.
var errErasedSince = errors.New("somebody was erased since the batch was begun")

// heedErasures reads who was erased, before every batch: whoever erases waits
// for one batch of each member, and nothing may come in behind its back.
func (s *Sink) heedErasures(ctx context.Context) error {
	return s.retry(ctx, "read who was erased", func() error {
		_, err := s.refreshErasures(ctx)
		return err
	})
}

// heedErasuresAgain reads the list again when the batch has waited for anybody:
// its partitions may have moved on meanwhile, and the erasure with them, which
// then waits for this member no longer. No row may go out that was made before
// such a change.
func (s *Sink) heedErasuresAgain(ctx context.Context) error {
	if !s.waited.Load() {
		return nil
	}
	changed, err := s.refreshErasures(ctx)
	if err != nil {
		return fmt.Errorf("read who was erased: %s", err) // not to be taken for the warehouse's refusal of rows
	}
	if changed {
		return errErasedSince
	}
	return nil
}

// refreshErasures reads the list. When it has changed, copies that are
// remembered exactly may be of facts that are about to go; the filters may keep
// them, for they only hint.
func (s *Sink) refreshErasures(ctx context.Context) (changed bool, err error) {
	waited := s.waited.Swap(false)
	changed, err = s.deps.Erasures.Refresh(ctx)
	if err != nil && waited {
		s.waited.Store(true)
	}
	if changed {
		for _, m := range s.memories {
			m.forgetCopies()
		}
	}
	return changed, err
}

// leaveOut makes an item one that leaves a receipt and nothing else: no row,
// and no letter, which would repeat it.
func (s *Sink) leaveOut(i *item) {
	i.outcome, i.letter, i.row = Erased, nil, nil
	s.metrics.erased.WithLabelValues(i.record.Topic).Inc()
}

// forgetCopies forgets what is remembered exactly.
func (m *memory) forgetCopies() { m.recent, m.older = map[event.IdentityHash]remembered{}, nil }
