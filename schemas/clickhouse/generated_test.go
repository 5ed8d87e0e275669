package warehouse_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/clickhouse"
)

// viewOfBI is a view as the server tells of it.
type viewOfBI struct {
	name, comment string
	columns       []columnOfBI
}

type columnOfBI struct{ name, kind, comment string }

// described lists the views that have columns.
func described(t *testing.T, db *clickhouse.DB) (views []viewOfBI) {
	t.Helper()
	_, _, rows, err := db.Query(t.Context(), `SELECT t.name, t.comment, c.name, c.type, c.comment FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = 'bi' ORDER BY t.name, c.position`, nil)
	must(t, err)
	for _, row := range rows {
		if name := row[0].(string); len(views) == 0 || views[len(views)-1].name != name {
			views = append(views, viewOfBI{name: name, comment: row[1].(string)})
		}
		v := &views[len(views)-1]
		v.columns = append(v.columns, columnOfBI{row[2].(string), row[3].(string), row[4].(string)})
	}
	return views
}

// testGenerated holds what is made of the views and their comments alone:
// dbt's sources and Superset's datasets. go test -update writes them anew.
func testGenerated(t *testing.T, db *clickhouse.DB) {
	views := described(t, db)
	kept(t, "../../deploy/dbt/models/sources.yml", dbtSources(views))
	var files []string
	for _, v := range views {
		files = append(files, v.name+".yaml")
		kept(t, "../../deploy/superset/datasets/askbuy/"+v.name+".yaml", supersetDataset(v))
	}
	for _, file := range shippedFiles(t, "../../deploy/superset/datasets/askbuy/*.yaml") {
		if !slices.Contains(files, filepath.Base(file)) {
			t.Errorf("%s is of a view that does not exist: remove it", file)
		}
	}
}

// kept compares a file of the repository with what it has to be.
func kept(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(want), 0o644))
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the views say (%v): run go test ./schemas/clickhouse -run 'TestArtefacts|TestDictionary|TestColumns' -update", path, err)
	}
}

// yaml writes a text as YAML reads it: a JSON string.
func yaml(s string) string {
	b, err := json.Marshal(s, jsontext.EscapeForHTML(false))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func dbtSources(views []viewOfBI) string {
	var b strings.Builder
	b.WriteString("# Generated from the comments of the views. For dbt a database is a schema.\nversion: 2\nsources:\n  - name: askbuy\n    schema: bi\n    description: The promised views of askbuy.\n    tables:\n")
	for _, v := range views {
		fmt.Fprintf(&b, "      - name: %s\n        description: %s\n        columns:\n", v.name, yaml(v.comment))
		for _, c := range v.columns {
			fmt.Fprintf(&b, "          - {name: %s, data_type: %s, description: %s}\n", c.name, yaml(c.kind), yaml(c.comment))
		}
	}
	return b.String()
}

// uuidOf is a fixed id for a thing of Superset's: an import finds it again.
func uuidOf(name string) string {
	h := sha256.Sum256([]byte("askbuy/" + name))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// mainTimes are the columns that a dataset is filtered by in time, the first
// that there is.
var mainTimes = []string{"day", "cohort_date", "ts", "paid_at", "order_at", "requested_at", "received_at", "snapshot_at", "first_exposure_at", "start_at", "last_stored_at", "createTime"}

func supersetDataset(v viewOfBI) string {
	var b strings.Builder
	main := "null"
	for _, name := range slices.Backward(mainTimes) {
		if slices.ContainsFunc(v.columns, func(c columnOfBI) bool { return c.name == name }) {
			main = name
		}
	}
	fmt.Fprintf(&b, `# Generated from the comments of the view.
table_name: %s
main_dttm_col: %s
description: %s
default_endpoint: null
offset: 0
cache_timeout: null
schema: bi
sql: null
params: null
template_params: null
filter_select_enabled: true
fetch_values_predicate: null
extra: null
normalize_columns: false
always_filter_main_dttm: false
uuid: %s
metrics:
  - {metric_name: count, verbose_name: null, metric_type: count, expression: count(), description: rows, d3format: null, currency: null, extra: {}, warning_text: null}
columns:
`, v.name, main, yaml(v.comment), uuidOf(v.name))
	for _, c := range v.columns {
		isTime := strings.Contains(c.kind, "Date")
		fmt.Fprintf(&b, "  - {column_name: %s, verbose_name: null, is_dttm: %v, is_active: true, type: %s, advanced_data_type: null, groupby: true, filterable: true, expression: null, description: %s, python_date_format: null, extra: {}}\n",
			c.name, isTime, yaml(c.kind), yaml(c.comment))
	}
	fmt.Fprintf(&b, "version: 1.0.0\ndatabase_uuid: %s\n", uuidOf("database"))
	return b.String()
}
