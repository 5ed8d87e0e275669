// Package rollups keeps the rollup of conversations: what bi.conversations_at says of a moment, computed ahead.
//
// A generation is the rollup as of one moment. It computes anew only the shoppers of whom something was stored since
// the generation before, and adds their conversations as new versions; those they replace get an end. So every
// generation of a lineage can be asked for, the last hour long. A lineage begins with all conversations, and is
// followed by another when what it rests on was changed in place, when it is an hour old, or when too much of it has
// ended.
//
// What must stay true:
//   - A generation says what the views say of its moment (tested with late orders, refunds, erasures, replays).
//   - Only what stands in rollup_generations is read, and it is written last: what a crash leaves is never read.
//   - Of several keepers at one warehouse each writes a lineage of its own; usually one works and the others rest.
package rollups

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/internal/wait"
	schema "askbuy/schemas/clickhouse"
)

// Deps is what a keeper is given.
type Deps struct {
	DB         *clickhouse.DB
	Cluster    schema.Cluster
	Now        func() time.Time
	Token      func() uint64 // tells lineages of one moment apart
	Registerer prometheus.Registerer
	Log        *slog.Logger
}

// Keeper brings the rollup up to date.
type Keeper struct {
	config  Config
	deps    Deps
	sql     schema.RollupSQL
	metrics *metrics

	gone  map[uint64]time.Time // lineages that were taken back, since when
	own   lineage              // the one that this keeper continues; the zero value when it has to begin
	dirty bool                 // a generation of it was left half done
}

// lineage is one whole computation and what followed.
type lineage struct {
	id      uint64
	began   time.Time // by this process's clock
	sources string
}

// New makes a keeper that does nothing until Run or Turn.
func New(c Config, deps Deps) (*Keeper, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	sql, err := schema.RollupQueries()
	if err != nil {
		return nil, fmt.Errorf("render rollup: %w", err)
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	return &Keeper{config: c, deps: deps, sql: sql, metrics: m, gone: map[uint64]time.Time{}}, nil
}

// Run keeps the rollup until ctx ends, which is no error. A turn that fails is counted and logged, and the next one
// tries again: until then pages are of the last generation, and say so.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		began := k.deps.Now()
		outcome, err := k.Turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			outcome = failed
			k.deps.Log.Warn("the rollup could not be brought up to date, the next turn tries again", "err", err)
		}
		took := k.deps.Now().Sub(began)
		k.metrics.turns.WithLabelValues(string(outcome)).Observe(took.Seconds())
		if wait.For(ctx, max(k.config.Every, 4*took)) != nil {
			return nil
		}
	}
}
