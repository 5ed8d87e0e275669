package web

import (
	"context"
	"fmt"
)

// row reads the values of one row of an answer in order.
type row struct {
	values []any
	at     int
	err    error
}

// each asks and hands over every row. A value of another type than was
// expected is an error: the query and its reader do not fit.
func each(ctx context.Context, db database, what, sql string, params map[string]any, read func(*row)) error {
	_, _, rows, err := db.Query(ctx, sql, params)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", what, err)
	}
	for _, values := range rows {
		r := &row{values: values}
		if read(r); r.err != nil {
			return fmt.Errorf("read %s: %w", what, r.err)
		}
	}
	return nil
}

func take[T any](r *row) (v T) {
	if r.err != nil {
		return v
	}
	if r.at >= len(r.values) {
		r.err = fmt.Errorf("there are %d columns only", len(r.values))
		return v
	}
	v, ok := r.values[r.at].(T)
	if !ok {
		r.err = fmt.Errorf("column %d is %T, not %T", r.at, r.values[r.at], v)
	}
	r.at++
	return v
}

func (r *row) text() string { return take[string](r) }
