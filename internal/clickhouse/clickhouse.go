// Package clickhouse is how this process talks to the warehouse: open, migrate, insert, select.
//
// It speaks the native protocol only, to the embedded server and to any other alike: over HTTP a cancelled
// query goes on and an error in the middle of an answer is unreadable. Times are time.Time in UTC and lose
// what is finer than the column; money is decimal.Decimal (github.com/shopspring/decimal) when read and a
// string or a decimal.Decimal when written.
package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Pool and timeouts. readTimeout is the longest silence within an answer; a query sends progress every 0.1 s.
const (
	maxOpenConns    = 16
	maxIdleConns    = 8
	dialTimeout     = 5 * time.Second
	readTimeout     = 2 * time.Minute
	connMaxLifetime = time.Hour
)

// Settings are ClickHouse settings of one call, by name.
type Settings map[string]any

// exact are settings of every call that does not say otherwise: what the server reads must be what the SQL says. 26.7
// loses columns when it reorders joins of several views, and its compiled min and max take a time before 1970 for the
// latest of all, from the fourth query of a kind on.
var exact = Settings{"query_plan_optimize_join_order_limit": 0, "join_use_nulls": 0, "compile_aggregate_expressions": 0}

// DB is a pool of connections; it may be used by any number of goroutines.
type DB struct {
	conn    driver.Conn
	options *driver.Options
}

// Open connects to dsn (clickhouse://user:password@host:port/database) and makes sure that the server answers.
// Its errors name the setting, never the password.
func Open(ctx context.Context, dsn string) (*DB, error) {
	opts, err := parseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: correct ASKBUY_CLICKHOUSE_DSN (--clickhouse-dsn), as in clickhouse://user:password@host:9000/default", err)
	}
	conn, err := driver.Open(opts)
	if err != nil {
		return nil, openError(opts, err)
	}
	db := &DB{conn: conn, options: opts}
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(openError(opts, err), conn.Close())
	}
	return db, nil
}

// parseDSN adds what the DSN leaves open. Errors of the parsers may quote the DSN with its password: they are
// not passed on.
func parseDSN(dsn string) (*driver.Options, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("parse ClickHouse DSN: it is no URL")
	}
	if u.Scheme != "clickhouse" && u.Scheme != "tcp" && u.Scheme != "native" {
		return nil, fmt.Errorf("parse ClickHouse DSN: scheme %q is not the native protocol's clickhouse://", u.Scheme)
	}
	if u.Host == "" {
		return nil, errors.New("parse ClickHouse DSN: it has no host")
	}
	opts, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("parse ClickHouse DSN: its parameters are not understood")
	}
	withDefaults(opts, u.Query())
	return opts, nil
}

func withDefaults(o *driver.Options, given url.Values) {
	if o.Compression == nil {
		o.Compression = &driver.Compression{Method: driver.CompressionLZ4}
	}
	if !given.Has("dial_timeout") {
		o.DialTimeout = dialTimeout
	}
	if !given.Has("read_timeout") {
		o.ReadTimeout = readTimeout
	}
	if !given.Has("max_open_conns") {
		o.MaxOpenConns = maxOpenConns
	}
	if !given.Has("max_idle_conns") {
		o.MaxIdleConns = min(maxIdleConns, o.MaxOpenConns)
	}
	if !given.Has("conn_max_lifetime") {
		o.ConnMaxLifetime = connMaxLifetime
	}
	if o.Settings == nil {
		o.Settings = driver.Settings{}
	}
	for name, value := range exact {
		if _, said := o.Settings[name]; !said {
			o.Settings[name] = value
		}
	}
	o.ClientInfo.Products = append(o.ClientInfo.Products, struct{ Name, Version string }{"askbuy", "1"})
}

// openError says which address and user failed, and what to look at.
func openError(o *driver.Options, err error) error {
	look := "see that the server runs and that the address is right"
	if code, ok := exceptionCode(err); ok && authCodes[code] {
		look = "correct the user or the password"
	} else if o.TLS == nil && errors.As(err, new(tls.RecordHeaderError)) {
		look = "add secure=true for a server with TLS"
	}
	return fmt.Errorf("reach ClickHouse at %s as %s: %w: %s in ASKBUY_CLICKHOUSE_DSN (--clickhouse-dsn)",
		strings.Join(o.Addr, ","), o.Auth.Username, err, look)
}

// Ping asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.conn.Ping(ctx); err != nil {
		return fmt.Errorf("ping ClickHouse: %w", err)
	}
	return nil
}

// Close ends every connection.
func (db *DB) Close() error { return db.conn.Close() }

// withSettings puts the settings of one call on its context.
func withSettings(ctx context.Context, all []Settings) context.Context {
	merged := driver.Settings{}
	for _, s := range all {
		for name, v := range s {
			merged[name] = v
		}
	}
	if len(merged) == 0 {
		return ctx
	}
	return driver.Context(ctx, driver.WithSettings(merged))
}
