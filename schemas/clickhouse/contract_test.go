package warehouse_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"askbuy/schemas/clickhouse"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s is not what it was; when that is meant, run go test -update.\ngot:\n%s", path, got)
	}
}

// TestColumns holds every promised name and type. A difference here that is
// no addition breaks a dashboard somewhere.
func TestColumns(t *testing.T) {
	db := fresh(t)
	columns := ask(t, db, "SELECT table, name, type FROM system.columns WHERE database = 'bi' ORDER BY table, position")
	golden(t, "columns.txt", strings.Join(columns, "\n")+"\n")
	if bare := ask(t, db, "SELECT table, name FROM system.columns WHERE database = 'bi' AND comment = ''"); len(bare) > 0 {
		t.Errorf("columns without a comment: %v", bare)
	}
	for _, c := range ask(t, db, "SELECT name, comment FROM system.tables WHERE database = 'bi' AND NOT startsWith(comment, 'Grain: ')") {
		t.Errorf("the comment does not begin with the grain: %s", c)
	}
	for _, v := range ask(t, db, "SELECT name FROM system.tables WHERE engine = 'View' AND database IN ('bi', 'askbuy') AND position(create_table_query, 'SQL SECURITY INVOKER') = 0") {
		t.Errorf("%s runs with other rights than those of whoever asks", v)
	}
}

func TestTables(t *testing.T) {
	db := fresh(t)
	for _, table := range warehouse.Tables() {
		_, name, _ := strings.Cut(table.Name, ".")
		got := ask(t, db, "SELECT name FROM system.columns WHERE database = 'askbuy' AND table = '"+name+"' AND default_kind IN ('', 'DEFAULT') ORDER BY position")
		if !slices.Equal(got, table.Columns) {
			t.Errorf("%s has the columns %v, Tables says %v", table.Name, got, table.Columns)
		}
	}
}

func TestSetUpTwice(t *testing.T) {
	db := fresh(t)
	setUp(t, db)
}
