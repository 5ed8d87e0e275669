package rollups

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
)

// tokenBits is what of a lineage's id tells lineages of one moment apart; the rest is ms of its first moment.
const tokenBits = 20

// slot is how many seconds of sums are one partition.
const slot = 600

// partition is one of a table of the rollup, as the server writes it: a lineage, of sums with a slot.
type partition struct {
	Table string `ch:"table"`
	Key   string `ch:"key"`
}

// Linger is how long the rows of a generation stay that was taken back: whoever found it before may read it until then.
const Linger = time.Minute

// drop lets partitions go that nobody is to read: the unfit lineage, those of which nothing was published for as long
// as a lineage lives, and sums of former moments. What was published is taken back first, and its rows go later.
func (k *Keeper) drop(ctx context.Context, s state, unfit uint64) error {
	published, err := k.published(ctx)
	if err != nil {
		return err
	}
	all, err := clickhouse.Select[partition](ctx, k.deps.DB, "SELECT DISTINCT p.table AS table, p.partition AS key FROM system.parts AS p WHERE p.database = '"+schema.DatabaseTables+"' AND p.active = 1", nil)
	if err != nil {
		return fmt.Errorf("list partitions of the rollup: %w", err)
	}
	for _, table := range schema.RollupTables() { // generations first
		for _, p := range all {
			if schema.DatabaseTables+"."+p.Table != table || !p.goes(s.through, k, published, unfit) || p.Table != generations && k.lingers(p) {
				continue
			}
			if err := k.deps.DB.Exec(ctx, fmt.Sprintf("ALTER TABLE %s %s DROP PARTITION %s", table, k.deps.Cluster.OnCluster(), p.Key), nil, asWritten); err != nil {
				return fmt.Errorf("drop a former lineage: %w", err)
			}
		}
	}
	return nil
}

// generations are the table that says what may be read.
const generations = "rollup_generations"

// lingers is whether the rows of a lineage that this keeper lets go have to stay for those who are reading.
func (k *Keeper) lingers(p partition) bool {
	id := p.numbers()[0]
	if id == k.own.id { // sums of former moments, which readers leave alone long before
		return false
	}
	since, known := k.gone[id]
	if !known {
		since = k.deps.Now()
		k.gone[id] = since
	}
	return k.deps.Now().Sub(since) < Linger
}

// forgetChanges lets go who was computed anew: nobody reads it any more, and it names shoppers.
func (k *Keeper) forgetChanges(ctx context.Context) error {
	if err := k.deps.DB.Exec(ctx, fmt.Sprintf("ALTER TABLE askbuy.rollup_changes %s DROP PARTITION %d", k.deps.Cluster.OnCluster(), k.own.id), nil, asWritten); err != nil {
		return fmt.Errorf("forget who was computed anew: %w", err)
	}
	return nil
}

// published is when the last generation of each lineage was.
func (k *Keeper) published(ctx context.Context) (map[uint64]time.Time, error) {
	rows, err := clickhouse.Select[struct {
		Lineage uint64    `ch:"lineage"`
		AsOf    time.Time `ch:"last"`
	}](ctx, k.deps.DB, "SELECT g.lineage AS lineage, max(g.as_of) AS last FROM askbuy.rollup_generations AS g GROUP BY lineage", nil)
	if err != nil {
		return nil, fmt.Errorf("list lineages: %w", err)
	}
	last := map[uint64]time.Time{}
	for _, row := range rows {
		last[row.Lineage] = row.AsOf
	}
	return last, nil
}

// numbers reads a partition's key; none when it is of another kind.
func (p partition) numbers() (numbers []uint64) {
	for number := range strings.SplitSeq(strings.Trim(p.Key, "()"), ",") {
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// goes decides on one partition.
func (p partition) goes(through time.Time, k *Keeper, published map[uint64]time.Time, unfit uint64) bool {
	numbers := p.numbers()
	if len(numbers) == 0 {
		return false // none of the rollup
	}
	id := numbers[0]
	last, known := published[id]
	if !known { // somebody may be computing it
		last = time.UnixMilli(int64(id >> tokenBits))
	}
	if id != k.own.id && (id == unfit || through.Sub(last) > k.config.Whole) {
		return true
	}
	return len(numbers) == 2 && time.Unix(int64(numbers[1]+1)*slot, 0).Before(through.Add(-k.config.Sums))
}
