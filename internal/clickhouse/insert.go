package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// RowError says that the row at Index could not be put into a block: the value does not fit its column. No
// row of the batch was inserted.
type RowError struct {
	Index int
	Err   error
}

func (e *RowError) Error() string { return fmt.Sprintf("encode row %d: %v", e.Index, e.Err) }

func (e *RowError) Unwrap() error { return e.Err }

// insertSettings: the server must have stored the block when it answers, and one block is one unit.
var insertSettings = Settings{"async_insert": 0}

// Insert writes rows, each with one value per column, as one block, and returns once the server has stored
// them. A zero time.Time is stored as the epoch. The table may carry its database. A block that spans partitions becomes one part in each, and a crash
// may leave some of these: an insert that failed must be safe to repeat. Errors are Unavailable or Refused.
func (db *DB) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = quoteName(c)
	}
	query := "INSERT INTO " + table + " (" + strings.Join(quoted, ", ") + ")"
	batch, err := db.conn.PrepareBatch(withSettings(ctx, []Settings{insertSettings}), query)
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	for i, row := range rows {
		if err := appendRow(batch, row); err != nil {
			return errors.Join(fmt.Errorf("insert into %s: %w", table, &RowError{Index: i, Err: err}), batch.Abort())
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

// The moments a DateTime64 column and the driver's nanoseconds both can hold; beyond them a value would come
// back as another one, without an error.
var (
	earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Unix(0, math.MaxInt64)
)

func appendRow(batch driver.Batch, row []any) error {
	for i, v := range row {
		var at time.Time
		switch v := v.(type) {
		case time.Time:
			at = v
		case *time.Time:
			if v != nil {
				at = *v
			}
		}
		if !at.IsZero() && (at.Before(earliest) || at.After(latest)) {
			return fmt.Errorf("value %d: time %d ms is not between the years 1900 and 2262", i, at.UnixMilli())
		}
	}
	return batch.Append(row...)
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
