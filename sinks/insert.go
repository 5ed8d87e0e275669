package sinks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// insertItems inserts the rows of items, table by table, and sets aside those
// that the warehouse refuses; it returns how many.
func (s *Sink) insertItems(ctx context.Context, list []*item) (int, error) {
	byTable := map[string][]*item{}
	for _, i := range list {
		byTable[i.table.Name] = append(byTable[i.table.Name], i)
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(byTable)) {
		group := byTable[name]
		rows := make([][]any, len(group))
		for n, i := range group {
			rows[n] = i.row
		}
		refused, err := s.insert(ctx, group[0].table, rows)
		if err != nil {
			return 0, err
		}
		if err := s.bury(group, refused); err != nil {
			return 0, err
		}
		total += len(refused)
	}
	return total, nil
}

// bury sets refused rows aside. Rows about dead letters are the end of the
// line: their refusal stops the sink, or letters would breed letters.
func (s *Sink) bury(group []*item, refused map[int]error) error {
	for n, why := range refused {
		i := group[n]
		if i.record.Topic == event.TopicDeadLetters {
			return fmt.Errorf("insert dead letter at offset %d of partition %d: %w", i.record.Offset, i.record.Partition, why)
		}
		s.setAside(i, event.ReasonRefusedRow, why.Error())
	}
	return nil
}

// insert stores rows. It waits out everything but a refusal; of a refusal it
// finds the rows that are to blame, stores the others, and returns those by
// index with what the warehouse said.
func (s *Sink) insert(ctx context.Context, t *schema.Table, rows [][]any) (map[int]error, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	why, err := s.insertWhole(ctx, t, rows)
	if why == nil || err != nil {
		return nil, err
	}
	// A table that takes no row at all would have every row blamed.
	if err := s.retry(ctx, "find the columns of "+t.Name, func() error { return s.deps.Warehouse.Probe(ctx, t.Name, t.Columns) }); err != nil {
		return nil, err
	}
	refused := map[int]error{}
	return refused, s.bisect(ctx, t, rows, 0, why, refused)
}

// bisect splits rows that were refused together until it knows which.
func (s *Sink) bisect(ctx context.Context, t *schema.Table, rows [][]any, first int, why error, refused map[int]error) error {
	if len(rows) == 1 {
		refused[first] = why
		return nil
	}
	half := len(rows) / 2
	for _, part := range []struct {
		rows  [][]any
		first int
	}{{rows[:half], first}, {rows[half:], first + half}} {
		why, err := s.insertWhole(ctx, t, part.rows)
		if err == nil && why != nil {
			err = s.bisect(ctx, t, part.rows, part.first, why, refused)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// insertWhole stores all of the rows, or returns why they are refused, or
// errErasedSince.
func (s *Sink) insertWhole(ctx context.Context, t *schema.Table, rows [][]any) (refusal, err error) {
	w := s.deps.Warehouse
	final := func(err error) bool { return w.Refused(err) || errors.Is(err, errErasedSince) }
	err = s.retryUnless(ctx, "insert into "+t.Name, final, func() error {
		if err := s.heedErasuresAgain(ctx); err != nil {
			return err
		}
		return w.Insert(ctx, t.Name, t.Columns, rows)
	})
	switch {
	case err == nil:
		s.metrics.rows.WithLabelValues(strings.TrimPrefix(t.Name, "askbuy.")).Add(float64(len(rows)))
		return nil, nil
	case w.Refused(err):
		return err, nil
	default:
		return nil, err
	}
}
