package warehouse

import (
	"strings"
	"text/template"
)

// Rollups gives the statements that have the server keep what every page
// shows, and the view of the rollup of conversations, in the order in which
// they can be made. They come after Views.
func Rollups(c Cluster) ([]View, error) { return list(c, "rollups", parameter) }

// RollupSQL is what keeps the rollup of conversations. Each is one statement
// with the parameters lineage and as_of, and where it is said cut.
type RollupSQL struct {
	// Sources tells one state of the tables from another beyond what is
	// stored into them. It has no parameters.
	Sources string
	// Changes notes the shoppers of whom something was stored since cut.
	Changes string
	// Whole adds every conversation, Changed those of the noted shoppers.
	Whole, Changed string
	// Ends ends the versions that Changed replaces.
	Ends string
	// Sums adds up what the first page shows.
	Sums string
}

// rolledUp are the tables that the rollup is computed from.
const rolledUp = "'messages', 'message_scores', 'touches', 'order_events', 'behaviors', 'exposures'"

// RollupTables lists the tables of the rollup, partitioned by lineage.
func RollupTables() []string {
	return []string{"askbuy.rollup_generations", "askbuy.conversation_sums", "askbuy.conversation_versions", "askbuy.conversation_ends", "askbuy.rollup_changes"}
}

// RollupQueries renders what keeps the rollup.
func RollupQueries() (RollupSQL, error) {
	var failed error
	render := func(name string, m moment, data any) string {
		t, err := template.New("").Funcs(m.functions()).ParseFS(files, "partials/*.sql", "queries/rollup_*.sql")
		if err == nil {
			var b strings.Builder
			if err = t.ExecuteTemplate(&b, "rollup_"+name+".sql", data); err == nil {
				return strings.TrimSpace(b.String())
			}
		}
		failed = err
		return ""
	}
	orders := parameter.ordered() + " AND e.shop_id IN (SELECT o.shop_id FROM askbuy.order_events AS o WHERE o.stored_at >= {cut:DateTime('UTC')})"
	return RollupSQL{
		Sources: render("sources", parameter, rolledUp),
		Changes: render("changes", parameter, struct{ Orders string }{orders}),
		Whole:   render("rows", moment{at: asOf, rolled: true}, nil),
		Changed: render("rows", moment{at: asOf, rolled: true, among: true}, nil),
		Ends:    render("ends", parameter, nil),
		Sums:    render("sums", parameter, nil),
	}, failed
}
