package clickhouse_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
)

var discard = slog.New(slog.DiscardHandler)

// The pool survives a killed server: what was acknowledged is there, what was not is Unavailable, never Refused.
func TestKilledServerLosesNoAcknowledgedRow(t *testing.T) {
	engine, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), ServicePassword: "p"})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- engine.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	db, err := clickhouse.Open(ctx, engine.DSN())
	must(t, err)
	defer db.Close()
	must(t, db.Exec(ctx, "CREATE DATABASE askbuy", nil))
	must(t, db.Exec(ctx, "CREATE TABLE askbuy.t (n UInt64) ENGINE = MergeTree ORDER BY n", nil))
	batches := make(chan uint64)
	acked := make(chan uint64, 1)
	go func() { acked <- insertAll(ctx, t, db, batches) }()
	for i := range uint64(60) {
		batches <- i
		if i%20 == 10 {
			p, err := os.FindProcess(engine.PID())
			must(t, err)
			must(t, p.Kill())
		}
	}
	close(batches)
	want := <-acked
	_, _, rows, err := db.Query(ctx, "SELECT uniqExact(n), max(n) FROM askbuy.t", nil)
	must(t, err)
	if want != 60_000 || rows[0][0] != want || rows[0][1] != want-1 {
		t.Errorf("uniq, max = %v, want %d rows", rows[0], want)
	}
}

// insertAll inserts a thousand rows per batch, repeating each until it is acknowledged.
func insertAll(ctx context.Context, t *testing.T, db *clickhouse.DB, batches <-chan uint64) (acked uint64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for batch := range batches {
		rows := make([][]any, 1000)
		for i := range rows {
			rows[i] = []any{batch*1000 + uint64(i)}
		}
		for err := db.Insert(ctx, "askbuy.t", []string{"n"}, rows); err != nil; err = db.Insert(ctx, "askbuy.t", []string{"n"}, rows) {
			if !clickhouse.Unavailable(err) {
				t.Errorf("batch %d: %v", batch, err)
				return acked
			}
			<-tick.C
		}
		acked += uint64(len(rows))
	}
	return acked
}
