package warehouse_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDictionary holds docs/dictionary.md to what the server tells of the
// views: go test -update writes it anew.
func TestDictionary(t *testing.T) {
	db := fresh(t)
	var b strings.Builder
	b.WriteString(`# Data dictionary

Every view of database ` + "`bi`" + ` and every column, from the comments that BI tools show as well: this page is generated (` + "`go test ./schemas/clickhouse -run TestDictionary -update`" + `). Times are UTC, days are in the time zone of the shop, amounts in its reporting currency unless said otherwise, rates are NULL when there is nothing to measure. Words are explained in [scores.md](scores.md), access in [bi.md](bi.md).
`)
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	_, _, views, err := db.Query(t.Context(), "SELECT name, comment FROM system.tables WHERE database = 'bi' ORDER BY name", nil)
	must(t, err)
	for _, view := range views {
		name, comment := view[0].(string), view[1].(string)
		fmt.Fprintf(&b, "\n## bi.%s\n\n%s\n", name, comment)
		_, _, columns, err := db.Query(t.Context(), "SELECT name, type, comment FROM system.columns WHERE database = 'bi' AND table = {view:String} ORDER BY position", map[string]any{"view": name})
		must(t, err)
		if len(columns) > 0 {
			b.WriteString("\n| column | type | meaning |\n|---|---|---|\n")
		}
		for _, c := range columns {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", c[0], cell.Replace(c[1].(string)), cell.Replace(c[2].(string)))
		}
	}
	kept(t, "../../docs/dictionary.md", b.String())
}
