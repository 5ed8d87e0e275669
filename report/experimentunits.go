package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"askbuy/internal/experiment"
	schema "askbuy/schemas/clickhouse"
)

// tokenBits is what of a generation tells refreshes of one millisecond apart.
const tokenBits = 20

// Refresh makes the units of an experiment anew from facts, with what happened
// up to now, and lets generations go that nobody reads any more.
func (x *Experiments) Refresh(ctx context.Context, e experiment.Experiment) (asOf time.Time, err error) {
	asOf = x.now().UTC().Truncate(time.Millisecond)
	p := params(e, asOf)
	generation := uint64(asOf.UnixMilli())<<tokenBits | x.token()&(1<<tokenBits-1)
	p["generation"] = generation
	units := x.sql.Units
	if e.Assignment == experiment.ByExternal {
		units = x.sql.UnitsOfSender
	}
	table := schema.ExperimentUnits
	if err := x.db.Exec(ctx, "INSERT INTO "+table.Name+" ("+strings.Join(table.Columns, ", ")+")\n"+units, p, asWritten); err != nil {
		return asOf, fmt.Errorf("count units of experiment %q: %w", e.Key, err)
	}
	unknown := [][]any{}
	sql := "SELECT u.variant, count() FROM (" + x.sql.Exposures + ") AS u WHERE NOT has({names:Array(String)}, u.variant) GROUP BY u.variant ORDER BY u.variant"
	if err := each(ctx, x.db, "unknown variants", sql, p, func(c *cells) { unknown = append(unknown, []any{c.text(), next[uint64](c)}) }); err != nil {
		return asOf, err
	}
	refreshes := schema.ExperimentRefreshes
	if err := x.db.Insert(ctx, refreshes.Name, refreshes.Columns, [][]any{{e.Key, generation, asOf, unknown}}); err != nil {
		return asOf, fmt.Errorf("note refresh of experiment %q: %w", e.Key, err)
	}
	return asOf, x.dropOld(ctx, e.Key)
}

// dropOld keeps the newest whole generation and the one before it, which a
// reader may just be at.
func (x *Experiments) dropOld(ctx context.Context, key string) error {
	var old []uint64
	err := each(ctx, x.db, "old generations", `SELECT DISTINCT u.generation FROM askbuy.experiment_units AS u WHERE u.experiment = {key:String} AND u.generation <
	(SELECT min(g) FROM (SELECT r.generation AS g FROM askbuy.experiment_refreshes AS r WHERE r.experiment = {key:String} ORDER BY g DESC LIMIT 2))`,
		map[string]any{"key": key}, func(c *cells) { old = append(old, next[uint64](c)) })
	if err != nil {
		return err
	}
	for _, generation := range old {
		sql := fmt.Sprintf("ALTER TABLE %s %s DROP PARTITION (%s, %d)", schema.ExperimentUnits.Name, x.cluster.OnCluster(), quote(key), generation)
		if err := x.db.Exec(ctx, sql, nil); err != nil {
			return fmt.Errorf("drop generation %d of experiment %q: %w", generation, key, err)
		}
	}
	return nil
}
