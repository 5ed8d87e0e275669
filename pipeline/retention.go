package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/sinks"
)

// leastRetention is how long everything is kept at least, in days: a raw topic
// may be read again from 30 days back, the door recognises repetitions for
// 4 days (senders retry for 75 h 35 min), and an order is joined with messages
// of 30 days before, given 7 days to arrive. What is gone sooner would come
// back as new, or be missed.
const leastRetention = 40

// checkRetention reports settings that cannot be, each with what can.
func (c Config) checkRetention() (problems []error) {
	for name, given := range c.Retention {
		days, err := retentionDays(given)
		switch {
		case name == "receipts":
			problems = append(problems, fmt.Errorf("retention.receipts: cannot be set: the ledger explains every record of the logs by its receipt, which holds nothing of what was said"))
		case !slices.Contains(warehouse.Expiring(), name):
			problems = append(problems, fmt.Errorf("retention: there is no table %q: use some of %v; derived rows go with their facts", name, warehouse.Expiring()))
		case err != nil:
			problems = append(problems, fmt.Errorf("retention.%s: %w", name, err))
		case days < leastRetention:
			problems = append(problems, fmt.Errorf("retention.%s: %s is less than %dd: topics can be read again for 30 days, and orders are joined with messages of the 37 days before; what is gone sooner would count again, or be missed", name, given, leastRetention))
		}
	}
	return problems
}

// retentionDays reads a number of days as it is written in the configuration.
func retentionDays(given string) (int64, error) {
	number, isDays := strings.CutSuffix(given, "d")
	days, err := strconv.ParseUint(number, 10, 16)
	if !isDays || err != nil {
		return 0, fmt.Errorf("%q is no number of days: write it like 400d, and leave the table out to keep it for ever", given)
	}
	return int64(days), nil
}

// retentions asks the warehouse what its tables keep.
func retentions(ctx context.Context, db *clickhouse.DB) ([]warehouse.Retention, error) {
	rows, err := clickhouse.Select[warehouse.Retention](ctx, db, warehouse.Retentions(), nil)
	if err != nil {
		return nil, fmt.Errorf("read retention: %w", err)
	}
	return rows, nil
}

// applyRetention makes the tables keep what is configured, and for ever what is
// not. What may have expired until now is noted before anything changes.
func applyRetention(ctx context.Context, db *clickhouse.DB, c Config, log *slog.Logger) error {
	present, err := retentions(ctx, db)
	if err != nil {
		return err
	}
	for _, r := range present {
		days := int64(0)
		if given, set := c.Retention[r.Name]; set {
			if days, err = retentionDays(given); err != nil {
				return fmt.Errorf("retention.%s: %w", r.Name, err)
			}
		}
		if days == r.Days {
			continue
		}
		if r.Floor > 0 {
			if err := db.Insert(ctx, warehouse.RetentionFloors.Name, warehouse.RetentionFloors.Columns, [][]any{{r.Name, r.Floor, uint64(r.Floor)}}); err != nil {
				return fmt.Errorf("note what has expired of %s: %w", r.Name, err)
			}
		}
		if err := db.Exec(ctx, (warehouse.Cluster{Name: c.ClickHouseCluster}).Expire(r.Name, days), nil); err != nil {
			return fmt.Errorf("change the retention of %s: %w", r.Name, err)
		}
		log.Info("retention changed; 0 days is for ever", "table", r.Name, "days", days, "days_before", r.Days)
	}
	return nil
}

// deleteOrphans deletes derived rows whose facts have expired, by table.
func deleteOrphans(ctx context.Context, db *clickhouse.DB, cluster warehouse.Cluster, settled time.Duration) (map[string]int64, error) {
	present, err := retentions(ctx, db)
	if err != nil {
		return nil, err
	}
	by := map[string]warehouse.Retention{}
	for _, r := range present {
		by[r.Name] = r
	}
	deleted := map[string]int64{}
	for table, where := range warehouse.Orphans(by["messages"], by["orders"], settled) {
		n, err := clickhouse.One[struct {
			N int64 `ch:"n"`
		}](ctx, db, "SELECT toInt64(count()) AS n FROM "+table+" WHERE "+where, nil)
		if err != nil {
			return deleted, fmt.Errorf("find rows of %s without facts: %w", table, err)
		}
		if n.N == 0 {
			continue
		}
		if err := db.Exec(ctx, "ALTER TABLE "+table+" "+cluster.OnCluster()+" DELETE WHERE "+where, nil, mutation, replicated); err != nil {
			return deleted, fmt.Errorf("delete rows of %s without facts: %w", table, err)
		}
		deleted[short(table)] = n.N
	}
	return deleted, nil
}

// replicated lets each replica of a cluster look into its own facts.
var replicated = clickhouse.Settings{"allow_nondeterministic_mutations": 1}

// settledAfter is how long a derived row is left alone: its facts may still be
// on their way into the warehouse.
const settledAfter = 24 * time.Hour

// retentionTask has derived rows follow their facts, which the server itself
// lets go.
func retentionTask(w wiring) (sinks.Task, error) {
	deleted := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_retention_rows_deleted_total", Help: "Derived rows that were deleted because their facts have expired, by table.",
	}, []string{"table"})
	if err := w.registry.Register(deleted); err != nil {
		return sinks.Task{}, fmt.Errorf("register metrics of retention: %w", err)
	}
	return sinks.Task{Name: "retention", Do: func(ctx context.Context) error {
		rows, err := deleteOrphans(ctx, w.db, warehouse.Cluster{Name: w.config.ClickHouseCluster}, settledAfter)
		for table, n := range rows {
			deleted.WithLabelValues(table).Add(float64(n))
		}
		return err
	}}, nil
}
