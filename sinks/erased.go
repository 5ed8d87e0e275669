package sinks

import (
	"context"

	"askbuy/schemas/event"
)

// heedErasures reads who was erased, before every batch: whoever erases waits
// for one batch of each member, and nothing may come in behind its back. When
// the list has changed, copies that are remembered exactly may be of facts
// that are about to go; the filters may keep them, for they only hint.
func (s *Sink) heedErasures(ctx context.Context) error {
	return s.retry(ctx, "read who was erased", func() error {
		changed, err := s.deps.Erasures.Refresh(ctx)
		if changed {
			for _, m := range s.memories {
				m.forgetCopies()
			}
		}
		return err
	})
}

// leaveOut makes an item one that leaves a receipt and nothing else: no row,
// and no letter, which would repeat it.
func (s *Sink) leaveOut(i *item) {
	i.outcome, i.letter, i.row = Erased, nil, nil
	s.metrics.erased.WithLabelValues(i.record.Topic).Inc()
}

// forgetCopies forgets what is remembered exactly.
func (m *memory) forgetCopies() { m.recent, m.older = map[event.IdentityHash]remembered{}, nil }
