package web_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/web/rollups"
	"askbuy/web/webtest"
)

// beside has the rollups kept and conversations come while something is done.
func beside(t *testing.T, db *clickhouse.DB, n int, do func()) {
	t.Helper()
	views := []string{"lights", "shop_list"}
	for _, view := range views {
		exec(t, db, "SYSTEM START VIEW askbuy."+view+"_refresh")
	}
	ctx, stop := context.WithCancel(t.Context())
	turns := prometheus.NewRegistry()
	keeper, err := rollups.New(rollups.DefaultConfig(), rollups.Deps{DB: db, Now: time.Now, Token: rand.Uint64, Registerer: turns, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	webtest.More(t, db, n, 2)
	exec(t, db, "SYSTEM REFRESH VIEW askbuy.lights_refresh")
	exec(t, db, "SYSTEM WAIT VIEW askbuy.lights_refresh")
	began := time.Now()
	if did, err := keeper.Turn(ctx); err != nil {
		t.Fatal(err)
	} else {
		t.Logf("rollup: %s in %d ms", did, time.Since(began).Milliseconds())
	}
	var all sync.WaitGroup
	all.Go(func() { _ = keeper.Run(ctx) }) // never an error
	all.Go(func() {
		for at := n + 2; ctx.Err() == nil; at += 2 {
			webtest.More(t, db, at, 2)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	do()
	stop()
	all.Wait()
	tellTurns(t, turns)
	for _, view := range views {
		exec(t, db, "SYSTEM STOP VIEW askbuy."+view+"_refresh")
	}
}

func exec(t *testing.T, db *clickhouse.DB, sql string) {
	t.Helper()
	if err := db.Exec(t.Context(), sql, nil); err != nil {
		t.Fatal(err)
	}
}

func tellTurns(t *testing.T, r *prometheus.Registry) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h.GetSampleCount() > 0 {
				t.Logf("rollup, %s: %d turns of %.1f s", m.GetLabel()[0].GetValue(), h.GetSampleCount(), h.GetSampleSum()/float64(h.GetSampleCount()))
			}
		}
	}
}
