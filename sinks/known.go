package sinks

import (
	"context"

	"askbuy/schemas/event"
)

// memoryOf is the memory of an item's partition, filled from facts when this
// is the first of the partition since it was assigned.
func (s *Sink) memoryOf(ctx context.Context, i *item) (*memory, error) {
	p := Partition{i.record.Topic, i.record.Partition}
	if m, ok := s.memories[p]; ok {
		return m, nil
	}
	var m *memory
	err := s.retry(ctx, "read identities of "+p.Topic, func() error {
		m = newMemory(s.config)
		if err := m.fill(ctx, s.deps.Warehouse, p); err != nil {
			return err
		}
		return s.admitEarlierLives(ctx, m, p.Topic)
	})
	if err != nil {
		return nil, err
	}
	s.memories[p] = m
	return m, nil
}

// admitEarlierLives has a memory know that it does not hold the facts of
// former logs of its topic: they may have had other partitions.
func (s *Sink) admitEarlierLives(ctx context.Context, m *memory, topic string) error {
	epoch := s.deps.Epochs[topic]
	if epoch <= 1 {
		return nil
	}
	last, known := s.lastBefore[topic]
	if !known {
		var err error
		if last, err = s.deps.Warehouse.LastBefore(ctx, topic, event.At(epoch, 0)); err != nil {
			return err
		}
		s.lastBefore[topic] = last
	}
	if last != completeFromTime {
		m.floor = max(m.floor, last+1)
	}
	return nil
}

// known finds the first copies that facts hold of these events, from memory
// where that is exact and by one look-up a topic where it is not.
func (s *Sink) known(ctx context.Context, raw []*item) (map[event.IdentityHash]First, error) {
	known := map[event.IdentityHash]First{}
	unsure := map[string][]*event.Event{}
	asked := map[event.IdentityHash]bool{}
	for _, i := range raw {
		id := i.envelope.Identity
		if s.exact {
			unsure[i.record.Topic] = append(unsure[i.record.Topic], i.event)
			continue
		}
		m, err := s.memoryOf(ctx, i)
		if err != nil {
			return nil, err
		}
		switch first, exact := m.exact(id); {
		case asked[id]:
		case exact && first.at <= i.at:
			known[id] = First{Copy: first.copy, At: first.at}
		case !exact && !i.envelope.MaybeDuplicate && m.certainlyNew(id, i.envelope.Copy):
		default: // also a lesser position than the first's, whose receipt must be corrected
			asked[id] = true
			unsure[i.record.Topic] = append(unsure[i.record.Topic], i.event)
		}
	}
	for topic, events := range unsure {
		s.metrics.lookUps.Add(float64(len(events)))
		err := s.retry(ctx, "look up first copies of "+topic, func() error {
			found, err := s.deps.Warehouse.FirstCopies(ctx, topic, events)
			for id, first := range found {
				known[id] = first
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// remember takes in the firsts of a batch whose facts are stored.
func (s *Sink) remember(raw []*item) {
	if s.exact {
		return
	}
	for _, i := range raw {
		if i.outcome == Fresh {
			m := s.memories[Partition{i.record.Topic, i.record.Partition}]
			m.remember(i.envelope.Identity, remembered{i.envelope.Copy, i.at}, i.record.Time.UnixMilli())
		}
	}
}
