package erasure

import (
	"context"
	"encoding/hex"
	"fmt"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
)

// Table is the store of a List: a table of the warehouse.
type Table struct{ DB *clickhouse.DB }

// Mark asks for little: it is asked for before every batch of the sinks. A
// merge of two entries of one subject changes it for nothing.
func (t *Table) Mark(ctx context.Context) (Mark, error) {
	m, err := clickhouse.One[Mark](ctx, t.DB, "SELECT count() AS entries, max(version) AS newest, sum(version) AS total FROM "+schema.Erasures.Name, nil)
	if err != nil {
		return m, fmt.Errorf("ask for erasures: %w", err)
	}
	return m, nil
}

// Entries reads the whole list.
func (t *Table) Entries(ctx context.Context) ([]Entry, error) {
	type row struct {
		Subject string `ch:"subject"`
		UpTo    uint64 `ch:"up_to"`
	}
	rows, err := clickhouse.Select[row](ctx, t.DB, "SELECT hex(e.subject) AS subject, max(e.version) AS up_to FROM "+schema.Erasures.Name+" AS e GROUP BY e.subject", nil)
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	entries := make([]Entry, len(rows))
	for n, r := range rows {
		entries[n].UpTo = int64(r.UpTo)
		if b, err := hex.DecodeString(r.Subject); err != nil || copy(entries[n].Subject[:], b) != len(b) {
			return nil, fmt.Errorf("read erasures: %q is no subject", r.Subject)
		}
	}
	return entries, nil
}

// Add inserts entries.
func (t *Table) Add(ctx context.Context, entries []Entry) error {
	rows := make([][]any, len(entries))
	for n, e := range entries {
		rows[n] = []any{string(e.Subject[:]), e.UpTo, uint64(e.UpTo)}
	}
	if err := t.DB.Insert(ctx, schema.Erasures.Name, schema.Erasures.Columns, rows); err != nil {
		return fmt.Errorf("write erasures: %w", err)
	}
	return nil
}
