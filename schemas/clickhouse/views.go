package warehouse

import "strings"

// View is a statement that makes a view, or replaces it.
type View struct {
	Name string // with its database
	SQL  string
}

// Views gives every view in an order in which they can be made: those of
// askbuy, which hold what is said more than once, before those of bi.
func Views(c Cluster) ([]View, error) { return list(c, "views", parameter) }

// list renders the statements of a folder in the order of their names.
func list(c Cluster, dir string, m moment) ([]View, error) {
	rendered, err := render(c, dir, m)
	if err != nil {
		return nil, err
	}
	var views []View
	for _, f := range rendered {
		_, name, _ := strings.Cut(strings.TrimSuffix(f.name, ".sql"), "_")
		views = append(views, View{Name: name, SQL: f.sql})
	}
	return views, nil
}
