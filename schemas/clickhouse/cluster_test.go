package warehouse_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"askbuy/schemas/clickhouse"
)

var cluster = warehouse.Cluster{Name: "{cluster}"}

// TestCluster holds what is rendered for a cluster, and asks the engine, which
// has none, at least to parse it.
func TestCluster(t *testing.T) {
	db := fresh(t)
	var all strings.Builder
	for _, sql := range append(statements(t, cluster), viewStatements(t, cluster)...) {
		fmt.Fprintf(&all, "%s;\n\n", sql)
		if _, _, _, err := db.Query(t.Context(), "EXPLAIN AST "+sql, nil); err != nil {
			t.Errorf("%v:\n%s", err, sql)
		}
		if !strings.Contains(sql, "ON CLUSTER '{cluster}'") {
			t.Errorf("not on the cluster:\n%s", sql)
		}
	}
	golden(t, "cluster.sql", all.String())
}

func TestBadClusterName(t *testing.T) {
	for _, name := range []string{"a b", "a'b", "a;b"} {
		if _, err := warehouse.Render(warehouse.Cluster{Name: name}); err == nil {
			t.Errorf("%q is taken", name)
		}
		if _, err := warehouse.Views(warehouse.Cluster{Name: name}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

var comment = regexp.MustCompile(`(?m)^--.*\n`)

// statements are those of the migrations, without goose's marks.
func statements(t *testing.T, c warehouse.Cluster) []string {
	t.Helper()
	rendered, err := warehouse.Render(c)
	must(t, err)
	names, err := fs.Glob(rendered, "*.sql")
	must(t, err)
	var out []string
	for _, name := range names {
		b, err := fs.ReadFile(rendered, name)
		must(t, err)
		if !strings.Contains(string(b), "-- +goose NO TRANSACTION") {
			t.Errorf("%s would run in a transaction, which ClickHouse has not", name)
		}
		for sql := range strings.SplitSeq(comment.ReplaceAllString(string(b), ""), ";\n") {
			if sql = strings.TrimSpace(sql); sql != "" {
				out = append(out, sql)
			}
		}
	}
	return out
}

func viewStatements(t *testing.T, c warehouse.Cluster) []string {
	t.Helper()
	views, err := warehouse.Views(c)
	must(t, err)
	var out []string
	for _, v := range views {
		sql := strings.TrimSpace(v.SQL)
		if !strings.Contains(sql, "VIEW "+v.Name+" ") {
			t.Errorf("the file of %s makes another view", v.Name)
		}
		out = append(out, sql)
	}
	return out
}
