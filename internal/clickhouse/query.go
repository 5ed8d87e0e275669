package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Exec runs a statement without an answer. params are the {name:Type} of the statement and are bound by the
// server, so no value can become SQL; the type of a time must name its zone, as in {at:DateTime64(3, 'UTC')}.
func (db *DB) Exec(ctx context.Context, sql string, params map[string]any, settings ...Settings) error {
	if err := db.conn.Exec(withSettings(ctx, settings), sql, named(params)...); err != nil {
		return fmt.Errorf("run statement: %w", err)
	}
	return nil
}

// Select returns every row of the answer as a T, a struct whose fields carry `ch:"column"` tags.
func Select[T any](ctx context.Context, db *DB, sql string, params map[string]any, settings ...Settings) ([]T, error) {
	var rows []T
	if err := db.conn.Select(withSettings(ctx, settings), &rows, sql, named(params)...); err != nil {
		return nil, fmt.Errorf("select: %w", err)
	}
	return rows, nil
}

// One returns the only row of an answer as a T.
func One[T any](ctx context.Context, db *DB, sql string, params map[string]any, settings ...Settings) (T, error) {
	rows, err := Select[T](ctx, db, sql, params, settings...)
	if err == nil && len(rows) != 1 {
		err = errors.New("select: want one row")
	}
	if err != nil {
		return *new(T), err
	}
	return rows[0], nil
}

// Query returns any answer as it is: column names, their ClickHouse types, and rows of Go values (string,
// [u]intN, floatN, bool, time.Time, decimal.Decimal, slices, maps; tuples are []any, named ones
// map[string]any). A Nullable value is nil or the bare value, never a pointer.
func (db *DB) Query(ctx context.Context, sql string, params map[string]any, settings ...Settings) (columns, types []string, rows [][]any, err error) {
	answer, err := db.conn.Query(withSettings(ctx, settings), sql, named(params)...)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("query: %w", err)
	}
	defer func() {
		if closeErr := answer.Close(); closeErr != nil && err == nil {
			err = fmt.Errorf("end query: %w", closeErr)
		}
	}()
	columnTypes := answer.ColumnTypes()
	targets := make([]any, len(columnTypes))
	for _, c := range columnTypes {
		columns, types = append(columns, c.Name()), append(types, c.DatabaseTypeName())
	}
	for answer.Next() {
		for i, c := range columnTypes {
			targets[i] = reflect.New(c.ScanType()).Interface()
		}
		if err := answer.Scan(targets...); err != nil {
			return nil, nil, nil, fmt.Errorf("read row %d: %w", len(rows), err)
		}
		rows = append(rows, values(targets))
	}
	if err := answer.Err(); err != nil {
		return nil, nil, nil, fmt.Errorf("query: %w", err)
	}
	return columns, types, rows, nil
}

// values takes what the pointers point to, through as many of them as there are.
func values(targets []any) []any {
	row := make([]any, len(targets))
	for i, t := range targets {
		v := reflect.ValueOf(t)
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Pointer {
			row[i] = v.Interface()
		}
	}
	return row
}

func named(params map[string]any) []any {
	args := make([]any, 0, len(params))
	for name, v := range params {
		args = append(args, driver.Named(name, parameter(v)))
	}
	return args
}

// parameter writes a time as UTC text. The driver would send seconds since the epoch, which the server misreads
// within a second before 1970 and refuses in the seconds after.
func parameter(v any) any {
	switch at := v.(type) {
	case time.Time:
		return at.UTC().Format("2006-01-02 15:04:05.999999999")
	case *time.Time:
		if at != nil {
			return parameter(*at)
		}
	}
	return v
}
