package rollups

import (
	"context"
	"fmt"
	"time"

	"askbuy/internal/clickhouse"
)

// look asks for what the next step depends on.
func (k *Keeper) look(ctx context.Context) (s state, err error) {
	type light struct {
		Through time.Time `ch:"through"`
		Known   uint8     `ch:"is_known"`
		Now     time.Time `ch:"cut"`
	}
	for _, table := range []string{"lights", "lights_now"} { // noted a few seconds ago, else now
		rows, err := clickhouse.Select[light](ctx, k.deps.DB, "SELECT l.through AS through, l.is_known AS is_known, now('UTC') AS cut FROM askbuy."+table+" AS l", nil, asWritten)
		if err != nil {
			return s, fmt.Errorf("ask up to when everything is stored: %w", err)
		}
		if len(rows) == 1 && rows[0].Known == 1 {
			s.through, s.cut, s.known = rows[0].Through.UTC(), rows[0].Now.UTC(), true
			break
		}
	}
	if s.sources, err = k.sources(ctx); err != nil {
		return s, err
	}
	newest, err := clickhouse.Select[generation](ctx, k.deps.DB, `SELECT g.lineage AS lineage, g.as_of AS as_of, g.cut AS cut, toFloat64(now64(3) - g.published_at) AS age
		FROM askbuy.rollup_generations AS g ORDER BY g.as_of DESC, g.published_at DESC LIMIT 1`, nil)
	if err != nil {
		return s, fmt.Errorf("ask for the newest generation: %w", err)
	}
	if len(newest) == 1 {
		s.newest = newest[0]
	}
	return s, nil
}

func (k *Keeper) sources(ctx context.Context) (string, error) {
	row, err := clickhouse.One[struct {
		Sources string `ch:"sources"`
	}](ctx, k.deps.DB, k.sql.Sources, nil)
	if err != nil {
		return "", fmt.Errorf("ask whether tables were changed in place: %w", err)
	}
	return row.Sources, nil
}

func count(ctx context.Context, db *clickhouse.DB, sql string, params map[string]any) (float64, error) {
	row, err := clickhouse.One[struct {
		N float64 `ch:"n"`
	}](ctx, db, sql, params)
	if err != nil {
		return 0, fmt.Errorf("count rows of the rollup: %w", err)
	}
	return row.N, nil
}

// ended is the share of the own lineage's rows that count no more.
func (k *Keeper) ended(ctx context.Context) (float64, error) {
	return count(ctx, k.deps.DB, `SELECT ifNull(divideOrNull((SELECT count() FROM askbuy.conversation_ends WHERE lineage = {lineage:UInt64}), (SELECT count() FROM askbuy.conversation_versions WHERE lineage = {lineage:UInt64})), 0) AS n`,
		map[string]any{"lineage": k.own.id})
}

// mend takes away what a turn left that ended in the middle of a generation.
func (k *Keeper) mend(ctx context.Context, published time.Time) error {
	if !k.dirty {
		return nil
	}
	for _, at := range [][2]string{{"conversation_versions", "since"}, {"conversation_ends", "until"}, {"conversation_sums", "as_of"}, {"rollup_changes", "as_of"}} {
		sql := fmt.Sprintf("ALTER TABLE askbuy.%s %s DELETE WHERE lineage = %d AND %s > fromUnixTimestamp64Milli(toInt64(%d), 'UTC')", at[0], k.deps.Cluster.OnCluster(), k.own.id, at[1], published.UnixMilli())
		if err := k.deps.DB.Exec(ctx, sql, nil, asWritten); err != nil {
			return fmt.Errorf("take away half a generation: %w", err)
		}
	}
	k.dirty = false
	return nil
}
