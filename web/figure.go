package web

// figure is a chart with the table of its numbers, and ways to take them
// along.
type figure struct {
	ID    string // within its page
	Title string
	Note  string // what has to be known to read it; may be empty
	Chart *chart // nil: the table alone
	Table table
	CSV   string // address; may be empty
	SQL   string // may be empty
	Half  bool   // it takes half of the width, where there is enough
	Whole bool   // all of its rows are shown, however many
}

// many rows are shown when they are asked for.
const many = 20

// Folded reports whether the table is closed at first.
func (f figure) Folded() bool { return len(f.Table.Rows) > many && !f.Whole }

// chart is what src/chart.ts draws.
type chart struct {
	Kind   string   `json:"kind"` // steps, ranked, trend, lines, bars, forest, calibration
	Unit   string   `json:"unit"` // count, percent, money, number
	X      []string `json:"x"`
	Series []series `json:"series"`
	// Open marks the values of X whose window is still open: they are hatched.
	Open []bool `json:"open,omitempty"`
	// Hrefs lead from a value of X to the rows behind it.
	Hrefs []string `json:"hrefs,omitempty"`
	Names names    `json:"names"`
}

// names are words within a chart.
type names struct {
	Open string `json:"open,omitempty"` // of the legend
	Low  string `json:"low,omitempty"`
	High string `json:"high,omitempty"`
	None string `json:"none,omitempty"`
}

// series is one line or one kind of bar. Data has one value for each of X;
// null is a gap.
type series struct {
	Name string     `json:"name"`
	As   string     `json:"as,omitempty"` // bar or line, where a chart has both
	Unit string     `json:"unit,omitempty"`
	Data []*float64 `json:"data"`
	Low  []*float64 `json:"low,omitempty"`
	High []*float64 `json:"high,omitempty"`
	// Labels stand at the values instead of the number.
	Labels []string `json:"labels,omitempty"`
}

// table is a table of a page. The first cell of a row is its heading.
type table struct {
	None string // text of the catalogue where there is no row; "": that there is none
	Head []cell
	Rows [][]cell
}

// cell is one cell; Number ones are set to the right.
type cell struct {
	Text   string
	Small  string // beneath, such as an interval and n
	Href   string
	Number bool
	Open   bool // its window is still open
	Bad    bool // something is wrong
}

// to has a cell lead somewhere, when it has something to say.
func (c cell) to(href string) cell {
	if c.Text != nothing {
		c.Href = href
	}
	return c
}

func words(text string) cell        { return cell{Text: text} }
func digits(text string) cell       { return cell{Text: text, Number: true} }
func linked(text, href string) cell { return cell{Text: text, Href: href, Number: true} }
func below(text, small string) cell { return cell{Text: text, Small: small, Number: true} }
func ptr(v float64) *float64        { return &v }
func whole(n int64) *float64        { return ptr(float64(n)) }
