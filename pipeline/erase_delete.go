package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
)

// mutation waits until all replicas have done what they are told.
var mutation = clickhouse.Settings{"mutations_sync": 2, "max_query_size": 16 << 20}

// made are tables that are kept by somebody else, out of the facts.
var made = []string{"conversation_versions"}

// alter changes rows of a table, on every node.
func (r *erasing) alter(ctx context.Context, table, what string) error {
	if err := r.db.Exec(ctx, "ALTER TABLE "+table+" "+r.cluster.OnCluster()+" "+what, nil, mutation); err != nil {
		return fmt.Errorf("change rows of %s: %w", table, err)
	}
	return nil
}

// delete deletes what is doomed and counts it in the certificate.
func (r *erasing) delete(ctx context.Context) error {
	list, err := r.doomed(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.table == warehouse.ExperimentUnits.Name {
			continue // last, when the facts are gone
		}
		if err := r.deleteWhere(ctx, d); err != nil {
			return err
		}
	}
	if err := r.deleteUnits(ctx); err != nil {
		return err
	}
	return r.deleteMade(ctx)
}

func (r *erasing) deleteWhere(ctx context.Context, d doomed) error {
	n, err := r.countWhere(ctx, d)
	if err != nil || n == 0 {
		return err
	}
	if err := r.alter(ctx, d.table, "DELETE WHERE "+d.where); err != nil {
		return err
	}
	r.cert.Rows[short(d.table)] += n
	return nil
}

func short(table string) string { return strings.TrimPrefix(table, warehouse.DatabaseTables+".") }

// count counts the doomed rows by table.
func (r *erasing) count(ctx context.Context) (map[string]int64, error) {
	list, err := r.doomed(ctx)
	if err != nil {
		return nil, err
	}
	counts := noRows()
	for _, d := range list {
		n, err := r.countWhere(ctx, d)
		if err != nil {
			return nil, err
		}
		counts[short(d.table)] += n
	}
	for _, table := range made {
		if counts[table], err = r.inMade(ctx, table); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

func (r *erasing) remaining(ctx context.Context) (total int64, err error) {
	counts, err := r.count(ctx)
	for _, n := range counts {
		total += n
	}
	return total, err
}

func (r *erasing) countWhere(ctx context.Context, d doomed) (int64, error) {
	row, err := clickhouse.One[struct {
		N int64 `ch:"n"`
	}](ctx, r.db, "SELECT toInt64(count()) AS n FROM "+d.table+" WHERE "+d.where, nil, clickhouse.Settings{"max_query_size": 16 << 20})
	if err != nil {
		return 0, fmt.Errorf("count rows of %s: %w", d.table, err)
	}
	return row.N, nil
}

// markReceipts makes the receipts of the subject's records say that they were
// erased, the duplicates' too. Without identities they tell of nobody.
func (r *erasing) markReceipts(ctx context.Context) error {
	list, err := r.doomed(ctx)
	if err != nil {
		return err
	}
	var identities []string
	for _, d := range list {
		if !hasIdentity(d.table) {
			continue
		}
		rows, err := clickhouse.Select[struct {
			Identity string `ch:"identity"`
		}](ctx, r.db, "SELECT DISTINCT concat('unhex(\\'', hex(f.identity), '\\')') AS identity FROM "+d.table+" AS f WHERE "+d.where, nil, clickhouse.Settings{"max_query_size": 16 << 20})
		if err != nil {
			return fmt.Errorf("find identities in %s: %w", d.table, err)
		}
		for _, row := range rows {
			identities = append(identities, row.Identity)
		}
	}
	for chunk := range slices.Chunk(identities, valuesAtOnce) {
		where := "identity IN (" + strings.Join(chunk, ", ") + ")"
		n, err := r.countWhere(ctx, doomed{warehouse.Receipts.Name, where})
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := r.alter(ctx, warehouse.Receipts.Name, "UPDATE outcome = 'erased', identity = toFixedString('', 16) WHERE "+where); err != nil {
			return err
		}
		r.cert.Receipts += n
	}
	return nil
}

// hasIdentity tells facts from other tables.
func hasIdentity(table string) bool {
	i := slices.IndexFunc(warehouse.Tables(), func(t warehouse.Table) bool { return t.Name == table })
	return i >= 0 && slices.Contains(warehouse.Tables()[i].Columns, "fp")
}

// deleteMade deletes what others made of the facts. What was being made when
// the facts went may be of them, hence the waiting; the rest is made anew,
// because rows of facts were deleted.
func (r *erasing) deleteMade(ctx context.Context) error {
	making := doomed{"system.processes", "startsWith(query, 'INSERT INTO askbuy.conversation_versions') OR startsWith(query, 'INSERT INTO askbuy.rollup_changes')"}
	for began := r.now(); ; {
		n, err := r.countWhere(ctx, making)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if r.now().Sub(began) > standstill {
			return fmt.Errorf("the rollup has been computed for %v (see system.processes): wait for its end, or kill the query", standstill)
		}
		if err := r.pause(ctx, offsetsEvery); err != nil {
			return err
		}
	}
	if err := r.alter(ctx, "askbuy.rollup_changes", "DELETE WHERE "+r.ofUser()); err != nil {
		return err
	}
	for _, table := range made {
		n, err := r.inMade(ctx, table)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := r.alter(ctx, warehouse.DatabaseTables+"."+table, "DELETE WHERE "+r.ofUser()); err != nil {
			return err
		}
		left, err := r.inMade(ctx, table)
		if err != nil {
			return err
		}
		r.cert.Rows[table] += max(0, n-left)
	}
	return nil
}

// inMade counts the conversations in such a table that began before the
// erasure; one that goes on after it begins anew.
func (r *erasing) inMade(ctx context.Context, table string) (int64, error) {
	row, err := clickhouse.One[struct {
		N int64 `ch:"n"`
	}](ctx, r.db, `SELECT toInt64(count()) AS n FROM askbuy.`+table+`
		WHERE shop_id = {shop:String} AND user_id = {user:String} AND toUnixTimestamp64Milli(started_at) <= {upto:Int64}`, r.params())
	if err != nil {
		return 0, fmt.Errorf("count rows of %s: %w", table, err)
	}
	return row.N, nil
}

// noRows has every table that holds something of shoppers.
func noRows() map[string]int64 {
	rows := map[string]int64{}
	for _, table := range made {
		rows[table] = 0
	}
	for _, t := range warehouse.Tables() {
		if slices.Contains(t.Columns, "user_id") || t.Name == warehouse.DeadLetters.Name {
			rows[short(t.Name)] = 0
		}
	}
	return rows
}

// awaitReplay waits until no replay has tables of its own: one that began
// before the subject was listed may be about to put rows of it in use.
func (r *erasing) awaitReplay(ctx context.Context) error {
	for began := r.now(); ; {
		n, err := r.countWhere(ctx, doomed{"system.tables", "database = '" + warehouse.DatabaseTables + "' AND position(name, '" + shadowMark + "') > 0"})
		if err != nil || n == 0 {
			return err
		}
		if r.now().Sub(began) > standstill {
			return fmt.Errorf("a replay's tables (askbuy.*%s*) are there: wait for its end; when none runs, `askbuy replay` clears up", shadowMark)
		}
		if err := r.pause(ctx, offsetsEvery); err != nil {
			return err
		}
	}
}
