package warehouse_test

import (
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
)

// TestBIReadsViews reads every view as user bi, whole.
func TestBIReadsViews(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	bi := connectBI(t)
	for _, view := range biViews(t, db) {
		if _, _, _, err := bi.Query(t.Context(), "SELECT * FROM "+view, nil); err != nil {
			t.Errorf("%s: %v", view, err)
		}
	}
}

// TestBIReadsNothingElse tries every column of every table that no view reads.
func TestBIReadsNothingElse(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	bi := connectBI(t)
	read := columnsRead(t, db)
	for _, column := range ask(t, db, "SELECT c.table || '.' || c.name FROM system.columns AS c JOIN system.tables AS t ON t.database = c.database AND t.name = c.table WHERE c.database = 'askbuy' AND t.engine NOT IN ('View', 'MaterializedView') ORDER BY ALL") {
		table, name, _ := strings.Cut(column, ".")
		_, _, _, err := bi.Query(t.Context(), "SELECT `"+name+"` FROM askbuy.`"+table+"` LIMIT 1", nil)
		if (err == nil) != read[column] {
			t.Errorf("%s: views read it: %v, bi's attempt: %v", column, read[column], err)
		}
	}
	for _, sql := range []string{"INSERT INTO askbuy.shops (shop_id) VALUES ('x')", "DROP VIEW bi.orders", "SELECT * FROM file('/etc/hostname')"} {
		if err := bi.Exec(t.Context(), sql, nil); err == nil {
			t.Errorf("bi may %s", sql)
		}
	}
}

// biViews lists the views, parameterised ones with an argument list.
func biViews(t *testing.T, db *clickhouse.DB) []string {
	t.Helper()
	views := ask(t, db, "SELECT 'bi.' || name FROM system.tables WHERE database = 'bi' ORDER BY name")
	for i, view := range views {
		views[i] = warehouse.Call(view)
	}
	return views
}

// columnsRead asks EXPLAIN which columns of tables the views read.
func columnsRead(t *testing.T, db *clickhouse.DB) map[string]bool {
	t.Helper()
	// EXPLAIN does not show what a condition with IN (SELECT ...) reads.
	read := map[string]bool{"experiment_units.generation": true, "experiment_refreshes.experiment": true, "experiment_refreshes.generation": true}
	for _, view := range biViews(t, db) {
		for _, r := range explain(t, db, "SELECT * FROM "+view+" SETTINGS optimize_use_projections = 0") { // which hold expressions, not columns
			for _, column := range r.Header {
				read[r.table()+"."+column.Name] = true
			}
		}
	}
	return read
}
