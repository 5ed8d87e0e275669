package clickhouse

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Select reads the rows of a query into structs whose fields carry ch tags.
// Parameters stand in the query as {name:Type}.
func Select[T any](ctx context.Context, db *DB, sql string, params map[string]any) ([]T, error) {
	var rows []T
	if err := db.conn.Select(ctx, &rows, sql, named(params)...); err != nil {
		return nil, err
	}
	return rows, nil
}

// Rows is the answer to a query whose columns are not known beforehand.
type Rows struct {
	Columns []string
	Types   []string // ClickHouse's names
	Values  [][]any  // Go's values, pointers where a column is Nullable
}

// Query reads the rows of any query.
func (db *DB) Query(ctx context.Context, sql string, params map[string]any) (*Rows, error) {
	answer, err := db.conn.Query(ctx, sql, named(params)...)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	out := &Rows{Columns: answer.Columns()}
	types := answer.ColumnTypes()
	for _, t := range types {
		out.Types = append(out.Types, t.DatabaseTypeName())
	}
	for answer.Next() {
		into := make([]any, len(types))
		for i, t := range types {
			into[i] = reflect.New(t.ScanType()).Interface()
		}
		if err := answer.Scan(into...); err != nil {
			return nil, fmt.Errorf("scan row: %w", err)
		}
		for i := range into {
			into[i] = reflect.ValueOf(into[i]).Elem().Interface()
		}
		out.Values = append(out.Values, into)
	}
	return out, answer.Err()
}

func named(params map[string]any) []any {
	args := make([]any, 0, len(params))
	for name, value := range params {
		args = append(args, clickhouse.Named(name, parameter(value)))
	}
	return args
}

// parameter writes a value as the server reads parameters: text.
func parameter(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
		}
		return "[" + strings.Join(quoted, ",") + "]"
	}
	return fmt.Sprint(value)
}

func insertStatement(table string, columns []string) string {
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ")"
}
