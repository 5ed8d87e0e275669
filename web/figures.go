package web

// figures is the body of a page that is charts and tables, one below the
// other.
type figures struct {
	Intro   string
	Choices []choices // between views of the same
	Chips   []chip    // what narrows the page beside the bar
	Since   *since    // of a list: how much it has, and what has arrived since
	Figures []figure
	// Empty names texts of the catalogue, <Empty>.title, .text and .step, to show
	// in place of figures of nothing.
	Empty string
	// Live is the address of a stream of rows for the first table.
	Live string
	// Before and Next are the pages of a list around this one.
	Before, Next string
}

// plainFigure is an answer as a table, with ways to take it along.
func plainFigure(v *visit, a *answer, id string, columns ...string) figure {
	f := figure{ID: id, Title: v.t(id), Table: a.table(v, columns...)}
	f.take(a, v)
	return f
}
