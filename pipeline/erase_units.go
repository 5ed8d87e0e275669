package pipeline

import (
	"context"
	"fmt"
	"slices"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
)

// deleteUnits deletes the subject's units of experiments, once the facts that
// they were counted from are gone. Units are counted by one statement of the
// server. One that began after the facts had gone cannot see them; those that
// began before are waited for, and what they wrote is deleted with the rest.
// So no row comes back, and none lies in a generation that nobody reads yet.
//
// A unit of a new shopper by the same id may have looked at what was before
// the erasure, so it goes too: the next refresh counts it from what is left.
func (r *erasing) deleteUnits(ctx context.Context) error {
	before, err := r.counting(ctx)
	if err != nil {
		return err
	}
	for began := r.now(); len(before) > 0; {
		if r.now().Sub(began) > standstill {
			return fmt.Errorf("units of experiments are being counted for more than %v: see system.processes of ClickHouse", standstill)
		}
		if err := r.pause(ctx, offsetsEvery); err != nil {
			return err
		}
		now, err := r.counting(ctx)
		if err != nil {
			return err
		}
		before = slices.DeleteFunc(before, func(id string) bool { return !slices.Contains(now, id) })
	}
	return r.deleteWhere(ctx, doomed{warehouse.ExperimentUnits.Name, r.ofUser()})
}

// counting lists the statements, on any server, that count units now.
func (r *erasing) counting(ctx context.Context) ([]string, error) {
	processes := "system.processes"
	if r.cluster.Name != "" {
		processes = "clusterAllReplicas('" + r.cluster.Name + "', system.processes)" // Validate holds the name
	}
	rows, err := clickhouse.Select[struct {
		ID string `ch:"query_id"`
	}](ctx, r.db, "SELECT p.query_id AS query_id FROM "+processes+" AS p WHERE p.query_kind = 'Insert' AND position(p.query, {table:String}) > 0", map[string]any{"table": warehouse.ExperimentUnits.Name})
	if err != nil {
		return nil, fmt.Errorf("ask which units are being counted: %w", err)
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids, nil
}
