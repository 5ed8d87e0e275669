package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"askbuy/internal/experiment"
	schema "askbuy/schemas/clickhouse"
)

// tokenBits is what of a generation tells refreshes of one millisecond apart.
const tokenBits = 20

// Counted names the units of one refresh. Whoever reads binds every statement
// to it: the next refresh may come between any two.
type Counted struct {
	CutOff     time.Time // what happened later is not in it
	generation uint64
}

// errOvertaken says that the units were counted anew so often, while they were
// read, that those of this refresh may be gone.
var errOvertaken = errors.New("the units were counted anew while they were read")

// Refresh makes the units of an experiment anew from facts, with what happened
// up to now, and lets generations go that nobody reads any more.
func (x *Experiments) Refresh(ctx context.Context, e experiment.Experiment) (Counted, error) {
	asOf := x.now().UTC().Truncate(time.Millisecond)
	c := Counted{CutOff: asOf}
	if err := x.number(ctx, e.Key, &c); err != nil {
		return c, err
	}
	p := params(e, asOf)
	p["generation"] = c.generation
	units := x.sql.Units
	if e.Assignment == experiment.ByExternal {
		units = x.sql.UnitsOfSender
	}
	table := schema.ExperimentUnits
	if err := x.db.Exec(ctx, "INSERT INTO "+table.Name+" ("+strings.Join(table.Columns, ", ")+")\n"+units, p); err != nil {
		return c, fmt.Errorf("count units of experiment %q: %w", e.Key, err)
	}
	unknown := [][]any{}
	sql := "SELECT u.variant, count() FROM (" + x.sql.Exposures + ") AS u WHERE NOT has({names:Array(String)}, u.variant) GROUP BY u.variant ORDER BY u.variant"
	if err := each(ctx, x.db, "unknown variants", sql, p, func(c *cells) { unknown = append(unknown, []any{c.text(), next[uint64](c)}) }); err != nil {
		return c, err
	}
	refreshes := schema.ExperimentRefreshes
	if err := x.db.Insert(ctx, refreshes.Name, refreshes.Columns, [][]any{{e.Key, c.generation, asOf, unknown}}); err != nil {
		return c, fmt.Errorf("note refresh of experiment %q: %w", e.Key, err)
	}
	return c, x.dropOld(ctx, e.Key)
}

// number gives a refresh the greatest generation so far, also where another
// replica's clock is ahead.
func (x *Experiments) number(ctx context.Context, key string, c *Counted) error {
	at := uint64(c.CutOff.UnixMilli())
	err := each(ctx, x.db, "newest generation", "SELECT max(r.generation) FROM askbuy.experiment_refreshes AS r WHERE r.experiment = {key:String}",
		map[string]any{"key": key}, func(c *cells) { at = max(at, next[uint64](c)>>tokenBits+1) })
	c.generation = at<<tokenBits | x.token()&(1<<tokenBits-1)
	return err
}

// stands fails with errOvertaken when dropOld may have taken a generation away.
func (x *Experiments) stands(ctx context.Context, key string, c Counted) error {
	newer := int64(0)
	err := each(ctx, x.db, "newer generations", `SELECT toInt64(uniqExact(r.generation)) FROM askbuy.experiment_refreshes AS r WHERE r.experiment = {key:String} AND r.generation > {generation:UInt64}`,
		map[string]any{"key": key, "generation": c.generation}, func(c *cells) { newer = c.count() })
	if err == nil && newer > 1 {
		err = fmt.Errorf("read units of experiment %q: %w", key, errOvertaken)
	}
	return err
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
