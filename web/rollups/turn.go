package rollups

import (
	"context"
	"errors"
	"fmt"
	"time"

	"askbuy/internal/clickhouse"
)

// asWritten keeps ClickHouse 26.7 from reordering joins, at which it loses columns.
var asWritten = clickhouse.Settings{"query_plan_optimize_join_order_limit": 0, "mutations_sync": 2}

// state is what a turn finds.
type state struct {
	through time.Time // everything that arrived until then is stored
	known   bool
	sources string
	cut     time.Time // now, by the server's clock: what is stored later is of the next turn
	newest  generation
}

// generation is a row of rollup_generations.
type generation struct {
	Lineage uint64    `ch:"lineage"`
	AsOf    time.Time `ch:"as_of"`
	Cut     time.Time `ch:"cut"`
	Age     float64   `ch:"age"` // seconds since it was published
}

// step is what a turn does.
type step int

const (
	rest step = iota
	goOn
	begin
)

// next decides what to do. A keeper of a lineage goes on with it while it is fit and the newest; one without begins
// when nobody else has published for a while.
func (k *Keeper) next(s state, ended float64) step {
	switch own := k.own; {
	case !s.known || !s.through.After(s.newest.AsOf):
		return rest
	case s.newest.Lineage != own.id && s.newest.Age < 3*k.config.Every.Seconds():
		return rest
	case own.id == 0, s.newest.Lineage != own.id, s.sources != own.sources, ended >= k.config.Ended, k.deps.Now().Sub(own.began) >= k.config.Whole:
		return begin
	}
	return goOn
}

// Turn makes the next generation, when there is one to make. After an error it can be called again.
func (k *Keeper) Turn(ctx context.Context) (outcome, error) {
	s, err := k.look(ctx)
	if err != nil {
		return failed, err
	}
	ended, err := k.ended(ctx)
	if err != nil {
		return failed, err
	}
	switch k.next(s, ended) {
	case begin:
		return whole, k.begin(ctx, s)
	case goOn:
		return changed, k.goOn(ctx, s)
	}
	return rested, nil
}

// begin makes a lineage. Of a table that was changed in place, such as for an erasure, nothing older may be read.
func (k *Keeper) begin(ctx context.Context, s state) error {
	before := k.own
	k.own = lineage{}
	next := lineage{id: uint64(s.through.UnixMilli())<<tokenBits | k.deps.Token()&(1<<tokenBits-1), began: k.deps.Now(), sources: s.sources}
	if err := k.run(ctx, next.id, s, k.sql.Whole, k.sql.Sums); err != nil {
		return err
	}
	if err := k.publish(ctx, next, s, 0); err != nil {
		return err
	}
	k.own, k.dirty = next, false
	if before.sources == next.sources {
		before = lineage{}
	}
	return k.drop(ctx, s, before.id)
}

// goOn adds a generation to the own lineage.
func (k *Keeper) goOn(ctx context.Context, s state) error {
	if err := k.mend(ctx, s.newest.AsOf); err != nil {
		return err
	}
	k.dirty = true
	cut := s.newest.Cut
	if s.newest.AsOf.Before(cut) {
		cut = s.newest.AsOf
	}
	params := k.params(k.own.id, s)
	params["cut"] = cut.Add(-k.config.Margin).UTC().Format(time.DateTime)
	if err := k.deps.DB.Exec(ctx, k.sql.Changes, params, asWritten); err != nil {
		return fmt.Errorf("find what has changed: %w", err)
	}
	n, err := count(ctx, k.deps.DB, "SELECT toFloat64(count()) AS n FROM askbuy.rollup_changes WHERE lineage = {lineage:UInt64} AND as_of = {as_of:DateTime64(3, 'UTC')}", k.params(k.own.id, s))
	if err != nil {
		return err
	}
	statements := []string{k.sql.Changed, k.sql.Ends, k.sql.Sums}
	if n == 0 {
		statements = []string{k.sql.Sums}
	}
	if err := k.run(ctx, k.own.id, s, statements...); err != nil {
		return err
	}
	if err := k.publish(ctx, k.own, s, n); err != nil {
		return errors.Join(err, k.mend(ctx, s.newest.AsOf))
	}
	k.dirty = false
	if err := k.forgetChanges(ctx); err != nil {
		return err
	}
	return k.drop(ctx, s, 0)
}

func (k *Keeper) run(ctx context.Context, id uint64, s state, statements ...string) error {
	for _, sql := range statements {
		if err := k.deps.DB.Exec(ctx, sql, k.params(id, s), asWritten); err != nil {
			return fmt.Errorf("compute generation of %s: %w", s.through.Format(time.RFC3339Nano), err)
		}
	}
	return nil
}

func (k *Keeper) params(id uint64, s state) map[string]any {
	return map[string]any{"lineage": id, "as_of": s.through}
}

// publish lets a generation be read, unless what it rests on was changed in place meanwhile.
func (k *Keeper) publish(ctx context.Context, l lineage, s state, changed float64) error {
	now, err := k.sources(ctx)
	if err != nil {
		return err
	}
	if now != l.sources {
		return fmt.Errorf("publish generation: rows were changed in place while it was computed")
	}
	row := [][]any{{l.id, s.through, s.cut, uint64(changed)}}
	if err := k.deps.DB.Insert(ctx, "askbuy.rollup_generations", []string{"lineage", "as_of", "cut", "changed"}, row); err != nil {
		return fmt.Errorf("publish generation: %w", err)
	}
	return nil
}
