package meaningtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"askbuy/internal/clickhouse"
)

// querier asks the warehouse. Columns and types are in the order of the rows'
// values; params fill {name:Type} in the statement.
type querier interface {
	Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error)
}

// identities name the columns that tell the rows of a view apart.
var identities = map[string][]string{
	"conversations": {"shop_id", "conv_id", "user_id"},
	"orders":        {"shop_id", "order_id"},
	"order_items":   {"shop_id", "order_id", "item_id"},
	"touches":       {"shop_id", "order_id", "conv_id", "user_id"},
	"attribution":   {"shop_id", "order_id", "conv_id", "user_id"},
	"messages":      {"shop_id", "user_id", "event_id"},
	"behaviors":     {"shop_id", "user_id", "event_id"},
	"exposures":     {"shop_id", "user_id", "event_id"},
	"feedback":      {"shop_id", "user_id", "event_id"},
	"dead_letters":  {"event_id"},
}

// funnelSums are the columns of bi.funnel_daily that may be summed over.
var funnelSums = []string{
	"conversations", "high_intent", "carted", "ordered", "high_intent_ordered", "low_intent_ordered", "high_intent_kept",
	"kept", "gross_amount", "net_amount", "other_currency_orders",
}

// Compare asks the views for the case's shops and says, a line each, where
// their answer differs. Nothing to say means that the case holds.
func Compare(ctx context.Context, db querier, c Case) ([]string, error) {
	a := asker{ctx: ctx, db: db, shops: c.Shops()}
	for _, e := range c.Events {
		a.events = append(a.events, e.Field("event_id"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Expect.Tables)) {
		a.table(name, c.Expect.Tables[name])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Expect.Attribution)) {
		a.attribution(key, c.Expect.Attribution[key])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Expect.Funnel)) {
		a.funnel(key, c.Expect.Funnel[key])
	}
	if a.err != nil {
		return nil, fmt.Errorf("compare %s: %w", c.ID, a.err)
	}
	return a.differences, nil
}

// asker gathers differences until its first error.
type asker struct {
	ctx           context.Context
	db            querier
	shops, events []string
	differences   []string
	err           error
}

func (a *asker) table(name string, want []Row) {
	identity, known := identities[name]
	if !known {
		a.differences = append(a.differences, name+": no view of this name is known here")
		return
	}
	sql := "SELECT " + strings.Join(columns(identity, want), ", ") + " FROM bi." + name + " WHERE shop_id IN {shops:Array(String)}"
	if name == "dead_letters" {
		sql += " AND event_id IN {events:Array(String)}"
	}
	a.compare(name, identity, want, sql)
}

func (a *asker) attribution(key string, want []Row) {
	model, window, _ := strings.Cut(key, "/")
	identity := identities["attribution"]
	sql := "SELECT " + strings.Join(columns(identity, want), ", ") +
		" FROM bi.attribution(model = '" + model + "', window_hours = " + window + ") WHERE shop_id IN {shops:Array(String)}"
	a.compare("attribution "+key, identity, above0(want, "credit"), sql)
}

func (a *asker) funnel(key string, want []Row) {
	identity := strings.Split(key, ",")
	selected := slices.Clone(identity)
	for _, column := range columns(nil, want) {
		switch {
		case slices.Contains(identity, column):
		case slices.Contains(funnelSums, column):
			selected = append(selected, "sum(f."+column+") AS "+column)
		default: // rates and shares: comparable where one row is left
			selected = append(selected, "max(f."+column+") AS "+column)
		}
	}
	sql := "SELECT " + strings.Join(selected, ", ") + " FROM bi.funnel_daily AS f WHERE shop_id IN {shops:Array(String)} GROUP BY " +
		strings.Join(identity, ", ") + " HAVING sum(f.conversations) > 0"
	a.compare("funnel "+key, identity, above0(want, "conversations"), sql)
}

// compare answers one statement against the rows wanted.
func (a *asker) compare(name string, identity []string, want []Row, sql string) {
	if a.err != nil {
		return
	}
	names, types, values, err := a.db.Query(a.ctx, sql, map[string]any{"shops": a.shops, "events": a.events})
	if err != nil {
		a.err = fmt.Errorf("query %s: %w", name, err)
		return
	}
	got := make([]Row, len(values))
	for i, value := range values {
		got[i] = Row{}
		for j, column := range names {
			got[i][column] = normal(types[j], value[j])
		}
	}
	for _, d := range diff(identity, want, got) {
		a.differences = append(a.differences, name+": "+d)
	}
}

// columns are the identity and every field that some row gives.
func columns(identity []string, rows []Row) []string {
	out := slices.Clone(identity)
	seen := map[string]bool{}
	for _, row := range rows {
		for column := range row {
			seen[column] = true
		}
	}
	for _, column := range slices.Sorted(maps.Keys(seen)) {
		if !slices.Contains(out, column) {
			out = append(out, column)
		}
	}
	return out
}

// above0 leaves out rows in which a number is given and is 0.
func above0(rows []Row, column string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(row Row) bool {
		n, given := row[column].(float64)
		return given && n == 0
	})
}
