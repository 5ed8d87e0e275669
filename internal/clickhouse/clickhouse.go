// Package clickhouse is how this process talks to the warehouse: one client
// over the native protocol, for an embedded server as for a cluster.
//
// What must stay true:
//   - inserts are synchronous (async_insert=0): a nil error means the server
//     has the rows;
//   - an error is either the warehouse's (Unavailable: wait and try again) or
//     the rows' (Refused: the same rows will meet the same answer).
package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// DB is an open warehouse. It is safe for concurrent use.
type DB struct {
	conn    driver.Conn
	options *clickhouse.Options
}

// Open connects to clickhouse://user:password@host:9000 and waits for one
// answer, so that a wrong address fails here.
func Open(ctx context.Context, dsn string) (*DB, error) {
	options, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		return nil, dsnError(err)
	}
	if options.Protocol != clickhouse.Native {
		return nil, dsnError(fmt.Errorf("%s is not the native protocol", options.Protocol))
	}
	options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	options.DialTimeout = 5 * time.Second
	options.ReadTimeout = 5 * time.Minute // between two packets of an answer; the server's progress is one
	options.MaxOpenConns, options.MaxIdleConns = 16, 8
	options.ConnMaxLifetime = time.Hour
	if options.Settings == nil {
		options.Settings = clickhouse.Settings{}
	}
	options.Settings["async_insert"] = 0
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, dsnError(err)
	}
	db := &DB{conn: conn, options: options}
	if err := db.Ping(ctx); err != nil {
		conn.Close()
		return nil, dsnError(err)
	}
	return db, nil
}

func dsnError(err error) error {
	return fmt.Errorf("--clickhouse-dsn (ASKBUY_CLICKHOUSE_DSN): %w; want clickhouse://user:password@host:9000, the native port of a server that is up", err)
}

// Ping asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return db.conn.Ping(ctx) }

// Close lets go of the connections.
func (db *DB) Close() error { return db.conn.Close() }

// Exec runs a statement. Parameters stand in it as {name:Type}.
func (db *DB) Exec(ctx context.Context, sql string, params map[string]any) error {
	return db.conn.Exec(ctx, sql, named(params)...)
}

// Insert writes rows as one block: all of them or, on an error, none that a
// repetition would not replace. Values stand in the order of the columns.
func (db *DB) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	batch, err := db.conn.PrepareBatch(ctx, insertStatement(table, columns), driver.WithCloseOnFlush())
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	for _, row := range rows {
		if err := batch.Append(row...); err != nil {
			_ = batch.Abort()
			return fmt.Errorf("insert into %s: %w", table, &rowError{err})
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}
