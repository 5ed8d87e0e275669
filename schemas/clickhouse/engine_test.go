package warehouse_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
	"askbuy/schemas/clickhouse"
)

const password = "of-this-test-alone"

// engine is one server for all tests of this package: it has a user bi with
// the grants under test, which clickhousetest's has not.
var engine *embedded.Engine

func TestMain(m *testing.M) {
	embedded.Main()
	code, err := withEngine(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func withEngine(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "warehouse")
	if err != nil {
		return 1, err
	}
	defer func() {
		if cleanErr := os.RemoveAll(dir); err == nil {
			err = cleanErr
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	readers := []embedded.Reader{readerOf(warehouse.Reader{Name: embedded.BIUser})}
	for _, r := range append(ofShops, ofThird) {
		readers = append(readers, readerOf(r))
	}
	engine, err = embedded.Start(ctx, embedded.Options{
		Dir: dir, ServicePassword: password, Readers: readers,
	})
	if err != nil {
		return 1, fmt.Errorf("start ClickHouse (run make engine when it is missing): %w", err)
	}
	code = run()
	return code, engine.Close()
}

// fresh gives a connection as the service to empty databases.
func fresh(t *testing.T) *clickhouse.DB {
	t.Helper()
	db := connect(t, engine.DSN())
	for _, database := range []string{warehouse.DatabaseViews, warehouse.DatabaseTables} {
		must(t, db.Exec(t.Context(), "DROP DATABASE IF EXISTS "+database+" SYNC", nil))
	}
	setUp(t, db)
	return db
}

// setUp is what every start of askbuy does.
func setUp(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	migrations, err := warehouse.Render(warehouse.Cluster{})
	must(t, err)
	must(t, clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.DiscardHandler)))
	views, err := warehouse.Views(warehouse.Cluster{})
	must(t, err)
	for _, v := range views {
		if err := db.Exec(t.Context(), v.SQL, nil); err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
	}
}

func connect(t *testing.T, dsn string) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func connectBI(t *testing.T) *clickhouse.DB {
	t.Helper()
	return connectAs(t, embedded.BIUser)
}

func connectAs(t *testing.T, user string) *clickhouse.DB {
	t.Helper()
	return connect(t, "clickhouse://"+user+":"+password+"@"+engine.NativeAddr()+"/bi")
}

// ask gives the rows of a statement as text, columns joined by |.
func ask(t *testing.T, db *clickhouse.DB, sql string) []string {
	t.Helper()
	_, _, rows, err := db.Query(t.Context(), sql, nil)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		for j, value := range row {
			if j > 0 {
				out[i] += "|"
			}
			out[i] += show(value)
		}
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
