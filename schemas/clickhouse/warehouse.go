// Package warehouse is the shape of askbuy's data in ClickHouse: the tables of
// database askbuy, the views of database bi, and who may read what. It renders
// SQL; internal/clickhouse runs it.
//
// What must stay true:
//   - A table's sorting key holds identities only. A row never moves, so that
//     FINAL can replace it.
//   - A migration that was released never changes, nor does the template
//     "fact" that it includes. Views may change at will: all of them are
//     applied at every start, in the order of their file names.
//   - A view that has to filter by shop reads that shop alone: a test asks
//     EXPLAIN.
package warehouse

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"
	"text/template"
)

// Databases. What stands in Views is promised to analysts, Tables is not.
const (
	DatabaseTables = "askbuy"
	DatabaseViews  = "bi"
)

//go:embed migrations/*.sql views/*.sql rollups/*.sql partials/*.sql queries/*.sql
var files embed.FS

// Cluster is where the tables live. The zero value is a single node.
type Cluster struct {
	Name string // as in remote_servers; a macro such as {cluster} will do
}

var clusterName = regexp.MustCompile(`^[\w{}.-]*$`)

// Validate reports a name that could not stand in a statement.
func (c Cluster) Validate() error {
	if !clusterName.MatchString(c.Name) {
		return fmt.Errorf("cluster name %q: want letters, digits and _ - . { } only, as in the server's remote_servers", c.Name)
	}
	return nil
}

// OnCluster is the clause that makes a statement run on every node.
func (c Cluster) OnCluster() string {
	if c.Name == "" {
		return ""
	}
	return "ON CLUSTER '" + c.Name + "'"
}

// Engine is a MergeTree engine with its arguments, replicated on a cluster.
func (c Cluster) Engine(name string, args ...string) string {
	if c.Name != "" {
		name = "Replicated" + name
		args = append([]string{"'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'"}, args...)
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// Render gives the migrations as plain goose files, in the root of the result.
func Render(c Cluster) (fs.FS, error) {
	rendered, err := render(c, "migrations", parameter)
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, f := range rendered {
		out[f.name] = &fstest.MapFile{Data: []byte(f.sql)}
	}
	return out, nil
}

type file struct{ name, sql string }

// render fills in the templates of a folder, in the order of their names.
func render(c Cluster, dir string, m moment) ([]file, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t, err := template.New("").Funcs(m.functions()).ParseFS(files, "partials/*.sql", dir+"/*.sql")
	if err != nil {
		return nil, fmt.Errorf("parse SQL templates: %w", err)
	}
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, fmt.Errorf("list SQL templates: %w", err)
	}
	var out []file
	for _, entry := range entries {
		var b strings.Builder
		if err := t.ExecuteTemplate(&b, entry.Name(), c); err != nil {
			return nil, fmt.Errorf("render %s: %w", entry.Name(), err)
		}
		out = append(out, file{entry.Name(), b.String()})
	}
	return out, nil
}

// money is an amount as promised. A sum may outgrow Decimal(18,2); one absurd
// order must not make every query of its shop fail, so it stays at the edge.
func money(expression string) string {
	return "CAST(least(" + expression + ", toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2))"
}
