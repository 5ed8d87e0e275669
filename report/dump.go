package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Views and columns that a dump leaves out: records of a moment, what tells how
// and when events came rather than what they say, and what counts the windows
// alone that are closed when it is asked.
var (
	notDumped      = []string{"ledger", "receipts", "freshness", "second_opinions", "shadow_scores", "score_quality", "score_quality_daily", "experiment_results", "experiment_live"}
	momentsColumns = []string{"received_at", "deliveries", "partition", "offset", "lag_seconds", "maturity", "kept_maturity", "matured_orders", "refunded_orders"}
)

// dumpedWindow, in hours, is one that bi.attribution_models does not show.
const dumpedWindow = 37

// Dump is everything that the bi views say, by view: its rows as
// tab-separated text, sorted; units of experiments are those counted last. Two warehouses that were told the same events,
// conflicts and events without ts apart, have equal dumps, in whatever order,
// batches and partitions they were told. It holds all of it in memory.
func Dump(ctx context.Context, db database) (map[string][]string, error) {
	columns := map[string][]string{}
	err := each(ctx, db, "columns of bi", `SELECT table, name FROM system.columns WHERE database = 'bi' ORDER BY table, position`, nil, func(c *cells) {
		view, column := c.text(), c.text()
		if !slices.Contains(notDumped, view) && !slices.Contains(momentsColumns, column) && view+"."+column != "experiments.status" {
			columns[view] = append(columns[view], "`"+column+"`")
		}
	})
	if err != nil {
		return nil, err
	}
	dump := map[string][]string{}
	for view, names := range columns {
		if dump[view], err = dumpRows(ctx, db, "bi."+view, names); err != nil {
			return nil, err
		}
	}
	dump["attribution"], err = dumpRows(ctx, db, everyAttribution(), []string{"shop_id", "order_id", "conv_id", "user_id", "credit", "order_amount", "net_amount", "model"})
	return dump, err
}

// dumpRows are the rows of one source as text, sorted by bytes.
func dumpRows(ctx context.Context, db database, source string, columns []string) ([]string, error) {
	rows := []string{}
	sql := fmt.Sprintf("SELECT formatRowNoNewline('TSV', %s) FROM %s", strings.Join(columns, ", "), source)
	err := each(ctx, db, "dump of "+source, sql, nil, func(c *cells) { rows = append(rows, c.text()) })
	slices.Sort(rows)
	return rows, err
}

// everyAttribution asks the parameterised view, which has no columns of its
// own, for every model.
func everyAttribution() string {
	var parts []string
	for _, model := range Models() {
		parts = append(parts, fmt.Sprintf("SELECT *, '%s' AS model FROM bi.attribution(model = '%s', window_hours = %d)", model, model, dumpedWindow))
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")"
}
