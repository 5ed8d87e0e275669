package questions

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"askbuy/internal/clickhouse"
)

// database answers one SQL statement with rows of Go values.
type database interface {
	Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error)
}

// Desk asks the warehouse.
type Desk struct {
	db   database
	now  func() time.Time
	zone func(shop string) *time.Location // of a shop's days; "" is the default

	rollups bool
	mu      sync.Mutex
	found   map[string]found // generations by moment
}

// New makes a desk.
func New(db database, now func() time.Time, zone func(string) *time.Location) *Desk {
	return &Desk{db: db, now: now, zone: zone, found: map[string]found{}}
}

// Answer is a question with its arguments, and what the warehouse says.
type Answer struct {
	Question  Question
	Args      Args
	Statement Statement
	Rows      [][]any // as clickhouse.DB.Query gives them, in the order of Question.Columns
}

// asWritten keeps ClickHouse 26.7 from reordering joins, at which it loses columns. User bi has the same setting in
// its profile.
var asWritten = clickhouse.Settings{"query_plan_optimize_join_order_limit": 0}

// Ask answers a question whose parameters are as a request gave them. A *Refused says what is wrong with them.
func (k *Desk) Ask(ctx context.Context, name string, given url.Values, scope Scope) (*Answer, error) {
	q, args, err := k.prepare(ctx, name, given, scope)
	if err != nil {
		return nil, err
	}
	return k.run(ctx, q, args, scope, q.page)
}

// AskWhole answers without pages, with at most n rows: for files.
func (k *Desk) AskWhole(ctx context.Context, name string, given url.Values, scope Scope, n int) (*Answer, error) {
	q, args, err := k.prepare(ctx, name, given, scope)
	if err != nil {
		return nil, err
	}
	return k.run(ctx, q, args, scope, func(d *draft) Statement { return q.whole(d, n) })
}

// Total is what the rows of a list add up to, on all of its pages.
type Total struct {
	Rows int64
	Sums []any // of the columns asked for, in their order
	// Currency is that of all rows; OneCurrency is false where they have several.
	Currency    string
	OneCurrency bool
}

// Total adds up columns of a list.
func (k *Desk) Total(ctx context.Context, name string, given url.Values, scope Scope, columns ...string) (t Total, err error) {
	q, args, err := k.prepare(ctx, name, given, scope)
	if err != nil {
		return t, err
	}
	write := func(d *draft) Statement { return q.total(d, columns) }
	_, rows, err := k.rolledUp(ctx, q, args, scope, write)
	if err == nil && rows == nil {
		s := write(&draft{args: args, scope: scope, question: q})
		_, _, rows, err = k.db.Query(ctx, s.SQL, s.Values(), asWritten)
	}
	if err != nil {
		return t, fmt.Errorf("add up %s: %w", q.Name, err)
	}
	n, _ := rows[0][0].(uint64)
	t = Total{Rows: int64(n), Sums: rows[0][2:]}
	t.Currency, t.OneCurrency = rows[0][1].(string)
	return t, nil
}

// SQL is the statement that would answer.
func (k *Desk) SQL(ctx context.Context, name string, given url.Values, scope Scope) (Statement, error) {
	q, args, err := k.prepare(ctx, name, given, scope)
	if err != nil {
		return Statement{}, err
	}
	return q.Statement(args, scope), nil
}

func (k *Desk) prepare(ctx context.Context, name string, given url.Values, scope Scope) (Question, Args, error) {
	q, err := Find(name)
	if err != nil {
		return q, nil, err
	}
	asOf := k.now()
	if q.Takes("as_of") && given.Get("as_of") == "" {
		if asOf, err = k.Through(ctx); err != nil {
			return q, nil, err
		}
	}
	args, err := Parse(q, given, scope, asOf, k.zone(given.Get("shop_id")))
	return q, args, err
}

func (k *Desk) run(ctx context.Context, q Question, args Args, scope Scope, write func(*draft) Statement) (*Answer, error) {
	s := write(&draft{args: args, scope: scope, question: q})
	columns, rows, err := k.rolledUp(ctx, q, args, scope, write)
	if err == nil && columns == nil {
		columns, _, rows, err = k.db.Query(ctx, s.SQL, s.Values(), asWritten)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", q.Name, err)
	}
	if len(columns) != len(q.Columns) {
		return nil, fmt.Errorf("ask for %s: %d columns came, %d are described", q.Name, len(columns), len(q.Columns))
	}
	return &Answer{Question: q, Args: args, Statement: s, Rows: rows}, nil
}

// Through is the moment up to which everything that arrived is in the numbers: as_of where none is given. Before the
// first record it is now.
func (k *Desk) Through(ctx context.Context) (time.Time, error) {
	_, _, rows, err := k.db.Query(ctx, throughSQL, nil, asWritten)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask up to when everything is stored: %w", err)
	}
	if len(rows) == 1 {
		if at, known := rows[0][0].(time.Time); known {
			return at.UTC().Truncate(time.Millisecond), nil
		}
	}
	return k.now().UTC().Truncate(time.Millisecond), nil
}
