package report

import (
	"context"
	"fmt"

	"askbuy/schemas/event"
)

// cells reads a row from left to right. Its first misfit sticks: ask for err
// after the last cell.
type cells struct {
	row []any
	n   int
	err error
}

func next[T any](c *cells) (v T) {
	if c.err != nil {
		return v
	}
	if c.n >= len(c.row) {
		c.err = fmt.Errorf("row has only %d columns", len(c.row))
		return v
	}
	v, ok := c.row[c.n].(T)
	if !ok {
		c.err = fmt.Errorf("column %d is a %T, want a %T", c.n, c.row[c.n], v)
	}
	c.n++
	return v
}

func (c *cells) text() string { return next[string](c) }
func (c *cells) count() int64 { return next[int64](c) }

// cents reads an amount that the statement gave in hundredths.
func (c *cells) cents() event.Money { return event.Money(next[int64](c)) }

// figure reads a number that may be NULL.
func (c *cells) figure() *float64 {
	if c.err == nil && c.n < len(c.row) && c.row[c.n] == nil {
		c.n++
		return nil
	}
	v := next[float64](c)
	return &v
}

// each asks and reads every row of the answer.
func each(ctx context.Context, db database, what, sql string, params map[string]any, read func(*cells)) error {
	_, _, rows, err := db.Query(ctx, sql, params)
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	for _, row := range rows {
		c := cells{row: row}
		read(&c)
		if c.err != nil {
			return fmt.Errorf("read %s: %w", what, c.err)
		}
	}
	return nil
}

// inCents is a sum of amounts as a whole number of hundredths.
func inCents(sum string) string {
	return "toInt64(least(toDecimal128(" + sum + ", 2), toDecimal128('92233720368547758', 2)) * 100)"
}
