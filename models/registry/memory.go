package registry

import (
	"context"
	"fmt"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
)

// Memory is the models log as the warehouse remembers it. It outlives the
// topic: a new broker, or another prefix, gets the log from it.
type Memory struct{ DB *clickhouse.DB }

// Log is what is remembered.
func (m Memory) Log(ctx context.Context) (Log, error) {
	type row struct {
		From        int64  `ch:"from_ms"`
		ModelID     string `ch:"model_id"`
		RulesID     string `ch:"rules_id"`
		PublishedAt int64  `ch:"published_at"`
		By          string `ch:"by"`
		Why         string `ch:"why"`
	}
	rows, err := clickhouse.Select[row](ctx, m.DB, "SELECT from_ms, model_id, rules_id, published_at, by, why FROM "+warehouse.ModelLog.Name+" FINAL ORDER BY from_ms", nil)
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of the models log: %w", err)
	}
	log := make(Log, len(rows))
	for i, r := range rows {
		log[i] = Entry(r)
	}
	return log, nil
}

// Remember keeps entries.
func (m Memory) Remember(ctx context.Context, entries ...Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = []any{e.From, e.ModelID, e.RulesID, e.PublishedAt, e.By, e.Why}
	}
	if err := m.DB.Insert(ctx, warehouse.ModelLog.Name, warehouse.ModelLog.Columns, rows); err != nil {
		return fmt.Errorf("remember the models log: %w", err)
	}
	return nil
}
