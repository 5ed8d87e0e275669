package sinks

import (
	"context"
	"time"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// Cut is where a partition of a raw topic stands.
type Cut struct {
	Topic     string // without prefix
	Partition int32
	Start     int64 // offset of the oldest record kept
	End       int64 // offset that the next record will have
	Committed int64 // offset that the sinks' group reads next; 0 before its first commit
}

// offsets tells where the partitions of topics stand. Committed offsets must
// be read before end offsets, or a cut could show more committed than there is.
type offsets interface {
	Cuts(ctx context.Context, topics []string) ([]Cut, error)
}

// noteCuts writes down every few seconds where the raw topics stand: the
// ledger holds receipts against these cuts.
func (s *Sink) noteCuts(ctx context.Context) error {
	if s.deps.Offsets == nil {
		return nil
	}
	var asked time.Time
	for ctx.Err() == nil {
		if err := s.noteCut(ctx); err != nil {
			return err
		}
		if now := s.deps.Now(); asked.IsZero() || now.Sub(asked) >= s.config.UnexplainedEvery {
			asked = now
			s.askUnexplained(ctx)
		}
		_ = s.deps.Sleep(ctx, s.config.CutEvery)
	}
	return ctx.Err()
}

func (s *Sink) noteCut(ctx context.Context) error {
	var cuts []Cut
	err := s.retry(ctx, "read offsets", func() (err error) {
		cuts, err = s.deps.Offsets.Cuts(ctx, event.RawTopics())
		return err
	})
	if err != nil {
		return err
	}
	noted := s.deps.Now().UnixMilli()
	rows := make([][]any, len(cuts))
	for n, c := range cuts {
		rows[n] = []any{c.Topic, c.Partition, s.deps.Epochs[c.Topic], c.Start, c.End, c.Committed, noted}
	}
	// A cut is only the newest of many: one that is refused is waited out like
	// any other trouble, and the next attempt notes the same place.
	return s.retry(ctx, "note offsets", func() error {
		return s.deps.Warehouse.Insert(ctx, schema.OffsetCuts.Name, schema.OffsetCuts.Columns, rows)
	})
}

func (s *Sink) askUnexplained(ctx context.Context) {
	n, err := s.deps.Warehouse.Unexplained(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.deps.Log.Warn("ledger could not be asked for unexplained records", "err", err)
		}
		return
	}
	s.metrics.unexplained.Set(float64(n))
}
