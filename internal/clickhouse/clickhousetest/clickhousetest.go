// Package clickhousetest gives tests a real ClickHouse server.
//
// Every package that uses it hands its tests over in TestMain, because the server is the test binary itself,
// started again:
//
//	func TestMain(m *testing.M) { clickhousetest.Main(m) }
//
// DB and Fresh share one server per package (about 0.2 s at its first use), New starts one for one test. With
// ASKBUY_TEST_CLICKHOUSE_DSN set, DB and Fresh use that server: its databases askbuy and bi are dropped.
package clickhousetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
)

// EnvDSN names the variable with a server to test against instead of the embedded one.
const EnvDSN = "ASKBUY_TEST_CLICKHOUSE_DSN"

// Passwords of the embedded server's users.
const (
	ServicePassword = "service-password"
	BIPassword      = "bi-password"
)

// shared is the package's server, started at the first use and stopped by Main.
var shared struct {
	once   sync.Once
	dir    string
	engine *embedded.Engine // nil with EnvDSN
	db     *clickhouse.DB
	err    error
}

// Main runs a package's tests and exits; in the server's process it does not return either.
func Main(m *testing.M) {
	embedded.Main()
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "clickhousetest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// DB is the shared server, with whatever earlier tests left in it. The caller does not close it.
func DB(t testing.TB) *clickhouse.DB {
	t.Helper()
	shared.once.Do(startShared)
	if shared.err != nil {
		t.Fatalf("clickhousetest: %v", shared.err)
	}
	return shared.db
}

// Fresh is DB without the databases askbuy and bi; askbuy is there again, empty. Not for parallel tests.
func Fresh(t testing.TB) *clickhouse.DB {
	t.Helper()
	db := DB(t)
	for _, sql := range []string{"DROP DATABASE IF EXISTS bi SYNC", "DROP DATABASE IF EXISTS askbuy SYNC", "CREATE DATABASE askbuy"} {
		if err := db.Exec(t.Context(), sql, nil); err != nil {
			t.Fatalf("clickhousetest: %s: %v", sql, err)
		}
	}
	return db
}

// Engine is the shared embedded server, for its addresses. With EnvDSN there is none and the test fails.
func Engine(t testing.TB) *embedded.Engine {
	t.Helper()
	DB(t)
	if shared.engine == nil {
		t.Fatalf("clickhousetest: this test needs the embedded server, unset %s", EnvDSN)
	}
	return shared.engine
}

// New starts a server of the test's own in a temporary directory and stops it at the end of the test.
func New(t testing.TB) *clickhouse.DB {
	t.Helper()
	engine, db, err := start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatalf("clickhousetest: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), engine.Close()); err != nil {
			t.Errorf("clickhousetest: %v", err)
		}
	})
	return db
}

func startShared() {
	ctx := context.Background() // the server outlives the test that comes first
	if dsn := os.Getenv(EnvDSN); dsn != "" {
		shared.db, shared.err = clickhouse.Open(ctx, dsn)
		return
	}
	if shared.dir, shared.err = os.MkdirTemp("", "clickhousetest"); shared.err == nil {
		shared.engine, shared.db, shared.err = start(ctx, shared.dir)
	}
}

func start(ctx context.Context, dir string) (*embedded.Engine, *clickhouse.DB, error) {
	engine, err := embedded.Start(ctx, embedded.Options{
		Dir: dir, ServicePassword: ServicePassword, MaxMemory: 1 << 30, Readers: []embedded.Reader{{
			Name: embedded.BIUser, Hash: embedded.Hash(BIPassword), Grants: []string{"GRANT SELECT ON bi.*", "GRANT SELECT ON askbuy.*"},
		}},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w (is the engine fetched? run `make engine`)", err)
	}
	db, err := clickhouse.Open(ctx, engine.DSN())
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close())
	}
	return engine, db, nil
}

func stopShared() error {
	var err error
	if shared.db != nil {
		err = shared.db.Close()
	}
	if shared.engine != nil {
		err = errors.Join(err, shared.engine.Close())
	}
	if shared.dir != "" {
		err = errors.Join(err, os.RemoveAll(shared.dir))
	}
	return err
}
