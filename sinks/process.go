package sinks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"askbuy/internal/crash"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// process brings a batch into the warehouse. When it returns nil, all of it
// may be committed. When somebody is erased meanwhile it begins again, which
// ends in the same rows, but for theirs.
func (s *Sink) process(ctx context.Context, records []Record) error {
	if err := s.heedErasures(ctx); err != nil {
		return err
	}
	for {
		if err := s.store(ctx, records); !errors.Is(err, errErasedSince) {
			return err
		}
	}
}

// store is one attempt of process.
func (s *Sink) store(ctx context.Context, records []Record) error {
	batch := make([]*item, len(records))
	for n := range records {
		batch[n] = s.open(&records[n])
	}
	displaced, err := s.storeFacts(ctx, batch)
	if err != nil {
		return err
	}
	if err := s.storeDerived(ctx, batch); err != nil {
		return err
	}
	crash.At(crash.SinkFacts)
	if err := s.storeReceipts(ctx, batch, displaced); err != nil {
		return err
	}
	crash.At(crash.SinkReceipts)
	if err := s.publish(ctx, batch); err != nil {
		return err
	}
	crash.At(crash.SinkStored)
	s.observe(batch)
	return nil
}

// storeFacts judges the raw records and inserts those that are facts. A row
// that the warehouse refuses is set aside, and what is left is judged again:
// a copy that was measured against it may now be the first. It returns the
// receipts of earlier firsts that are firsts no longer.
func (s *Sink) storeFacts(ctx context.Context, batch []*item) (displaced [][]any, err error) {
	var raw []*item
	for _, i := range batch {
		if i.raw && i.letter == nil && !i.erased {
			raw = append(raw, i)
		}
	}
	known, err := s.known(ctx, raw)
	if err != nil {
		return nil, err
	}
	for {
		ousted := s.judge(known, raw)
		fresh := pick(raw, func(i *item) bool { return i.outcome == Fresh })
		refused, err := s.insertItems(ctx, fresh)
		if err != nil {
			return nil, err
		}
		if refused == 0 {
			s.remember(raw)
			if s.exact {
				s.ousted = slices.AppendSeq(s.ousted, maps.Keys(ousted))
			}
			return oustedReceipts(known, ousted, raw), nil
		}
		raw = pick(raw, func(i *item) bool { return i.outcome != Quarantined })
	}
}

func (s *Sink) judge(known map[event.IdentityHash]First, raw []*item) map[event.IdentityHash]Outcome {
	candidates := make([]candidate, len(raw))
	for n, i := range raw {
		candidates[n] = i.candidate()
	}
	outcomes, ousted := judge(known, candidates)
	for n, i := range raw {
		i.outcome, i.letter = outcomes[n], nil
		if i.outcome == Conflict {
			s.setAside(i, event.ReasonConflict, "event_id: another event of this identity came first, and says otherwise")
		}
	}
	return ousted
}

// oustedReceipts corrects what was said of firsts that a lesser position has
// taken the place of. Their letters are not at hand: the log is read from the
// lesser position on, so the ousted copy comes again and is set aside then.
func oustedReceipts(known map[event.IdentityHash]First, ousted map[event.IdentityHash]Outcome, raw []*item) [][]any {
	var rows [][]any
	done := map[event.IdentityHash]bool{}
	for _, i := range raw {
		id := i.envelope.Identity
		outcome, is := ousted[id]
		if !is || done[id] {
			continue
		}
		done[id] = true
		first := known[id]
		rows = append(rows, receiptRow(i.record.Topic, first.Partition, first.At, outcome, first.Source, first.ShopID, id, first.ReceivedAt))
	}
	return rows
}

func (s *Sink) storeDerived(ctx context.Context, batch []*item) error {
	derived := pick(batch, func(i *item) bool { return !i.raw && i.letter == nil && !i.erased })
	_, err := s.insertItems(ctx, derived)
	return err
}

func (s *Sink) storeReceipts(ctx context.Context, batch []*item, displaced [][]any) error {
	// The corrections first: what this batch says of a record is the last word.
	rows := displaced
	for _, i := range batch {
		if i.raw {
			rows = append(rows, i.receipt())
		}
	}
	refused, err := s.insert(ctx, &schema.Receipts, rows)
	if err != nil {
		return err
	}
	for _, why := range refused { // a record without a receipt must not be committed
		return fmt.Errorf("insert receipts: %w; compare the columns of %s with this version's (askbuy migrate)", why, schema.Receipts.Name)
	}
	return nil
}

func (s *Sink) observe(batch []*item) {
	if s.exact { // what is judged again did not come now
		return
	}
	now := s.deps.Now()
	for _, i := range batch {
		if i.outcome == Fresh {
			s.metrics.endToEnd.Observe(now.Sub(i.record.Time).Seconds())
		}
	}
}

func pick(items []*item, want func(*item) bool) []*item {
	var picked []*item
	for _, i := range items {
		if want(i) {
			picked = append(picked, i)
		}
	}
	return picked
}
