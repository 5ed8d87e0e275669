package warehouse

import (
	"fmt"
	"slices"
	"strings"
)

// Reader is a user who reads the views with a BI tool.
type Reader struct {
	Name  string   `json:"name"`
	Hash  string   `json:"hash"`  // SHA-256 of the password, hex
	Shops []string `json:"shops"` // none: all shops, and what belongs to no shop
}

// allShops are the views whose rows belong to no shop, and what these alone
// read. A reader of some shops may not read them.
var allShops = []string{
	"bi.ledger", "bi.receipts", "bi.freshness",
	"askbuy.log_ends", "askbuy.ledger_gaps", "askbuy.receipts", "askbuy.offset_cuts",
}

// rowsOf tells the rows of shops where they are not those whose shop_id is
// one of them; %s is the list of shops. What every shop needs belongs to each.
var rowsOf = map[string]string{
	"askbuy.shops":                "shop_id IN ('', %s)",
	"askbuy.experiment_refreshes": "experiment IN (SELECT experiment FROM askbuy.experiment_units WHERE shop_id IN (%s))",
}

// Access is one thing that a reader may read: a view, or columns of a table.
type Access struct {
	Name    string
	Columns []string // none: all
	Rows    string   // a condition; the other rows are hidden. "": all rows, or a view, which shows what its tables show
}

// Grant is the statement that gives it, without TO.
func (a Access) Grant() string {
	if len(a.Columns) == 0 {
		return "GRANT SELECT ON " + a.Name
	}
	return "GRANT SELECT(" + strings.Join(a.Columns, ", ") + ") ON " + a.Name
}

// Access lists all that a reader may read. The views run with the rights of
// whoever asks, so that conditions on the tables hold; hence the tables.
func (r Reader) Access() []Access {
	var all []Access
	for _, t := range read {
		if r.may(t.Name) {
			all = append(all, Access{Name: t.Name, Columns: t.Columns, Rows: r.rows(t)})
		}
	}
	views, err := Views(Cluster{})
	if err != nil { // the files are part of the program, and every test renders them
		panic("warehouse: " + err.Error())
	}
	for _, v := range views {
		if r.may(v.Name) {
			all = append(all, Access{Name: v.Name})
		}
	}
	return all
}

func (r Reader) may(name string) bool {
	return len(r.Shops) == 0 || !slices.Contains(allShops, name)
}

// rows is the condition for a table. One without shop_id has to be named
// above: nothing is shared by oversight.
func (r Reader) rows(t Table) string {
	if len(r.Shops) == 0 {
		return ""
	}
	condition, named := rowsOf[t.Name]
	if !named {
		condition = "shop_id IN (%s)"
		if !slices.Contains(t.Columns, "shop_id") {
			panic("warehouse: " + t.Name + " has no shop_id: say in rowsOf whose its rows are, or put it among allShops")
		}
	}
	return fmt.Sprintf(condition, quoteAll(r.Shops))
}

// Own is the condition for rows of views that are the reader's, by the column
// that tells their shop.
func (r Reader) Own(column string) string {
	if len(r.Shops) == 0 {
		return "1"
	}
	return column + " IN (" + quoteAll(r.Shops) + ")"
}

// arguments are those with which views that have parameters show all rows.
// The server tells no columns of such a view.
var arguments = map[string]string{
	"bi.attribution":        "(model = 'linear', window_hours = 720)",
	"bi.conversations_at":   "(as_of = '2100-01-01 00:00:00.000')",
	"bi.scored_messages_at": "(as_of = '2100-01-01 00:00:00.000')",
	"bi.orders_at":          "(as_of = '2100-01-01 00:00:00.000')",

	"askbuy.rolled_conversations": "(lineage = 0, as_of = '2100-01-01 00:00:00.000')",
	"askbuy.rolled_scores":        "(lineage = 0, as_of = '2100-01-01 00:00:00.000')",
	"askbuy.credits":              "(model = 'linear', window_hours = 720)",
}

// Call is how to read a view whole.
func Call(view string) string { return view + arguments[view] }

// metadata lets BI tools list tables and columns. information_schema.tables
// reads system.parts, and the names of partitions there tell of experiments of
// other shops: a reader of some shops lists tables with SHOW TABLES, as the
// drivers do.
func (r Reader) metadata() []Access {
	if len(r.Shops) > 0 {
		return []Access{{Name: "information_schema.columns"}, {Name: "information_schema.schemata"}}
	}
	return []Access{{Name: "information_schema.*"}, {Name: "system.parts"}}
}

// Grants is what a reader has to be granted, as GRANT statements without TO.
func (r Reader) Grants() []string {
	var grants []string
	for _, a := range append(r.Access(), r.metadata()...) {
		grants = append(grants, a.Grant())
	}
	return grants
}

// Rows are the conditions on tables, by table; none for a reader of all shops.
func (r Reader) Rows() map[string]string {
	conditions := map[string]string{}
	for _, a := range r.Access() {
		if a.Rows != "" {
			conditions[a.Name] = a.Rows
		}
	}
	return conditions
}

// quote writes a string literal.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

// identifier writes a name of a user, role, quota or policy.
func identifier(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
