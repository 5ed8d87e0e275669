package questions

import (
	"slices"
	"strings"
	"time"
)

// Bound is one parameter of a statement with its value as ClickHouse reads it.
type Bound struct{ Name, Type, Value string }

// Statement is a question with its arguments: SQL with parameters {name:Type}, and their values.
type Statement struct {
	SQL    string
	Params []Bound
}

// Statement makes the statement that answers a question.
func (q Question) Statement(a Args, scope Scope) Statement {
	return q.page(&draft{args: a, scope: scope, question: q})
}

func (q Question) page(d *draft) Statement {
	switch {
	case q.Pages:
		return q.write(d, "\nLIMIT "+d.bind("limit")+" OFFSET ("+d.bind("page")+" - 1) * "+d.bind("limit"))
	case q.Most > 0:
		return q.write(d, "\nLIMIT "+itoa(q.Most))
	}
	return q.write(d, "")
}

// write ends the statement with the rows that are wanted, unless it places that itself.
func (q Question) write(d *draft, tail string) Statement {
	if q.limits {
		d.tail, tail = tail, ""
	}
	sql := q.sql(d) + tail
	return Statement{SQL: sql, Params: d.bound}
}

// Whole is the statement without pages, of at most n rows: for files.
func (q Question) Whole(a Args, scope Scope, n int) Statement {
	return q.whole(&draft{args: a, scope: scope, question: q}, n)
}

func (q Question) whole(d *draft, n int) Statement {
	if q.Most > 0 {
		n = min(n, q.Most)
	}
	return q.write(d, "\nLIMIT "+itoa(n))
}

// total counts the rows of all pages, and adds up columns.
func (q Question) total(d *draft, columns []string) Statement {
	sql := "SELECT count() AS n, ''"
	if slices.ContainsFunc(q.Columns, func(c Column) bool { return c.Name == "currency" }) {
		sql = "SELECT count() AS n, if(uniqExact(l.currency) <= 1, any(l.currency), NULL)"
	}
	for _, column := range columns {
		sql += ", sum(l." + column + ") AS " + column + "_sum"
	}
	d.counted = len(columns) == 0
	sql += "\nFROM\n(\n" + q.sql(d) + "\n) AS l"
	return Statement{SQL: sql, Params: d.bound}
}

// Values are the parameters as the driver takes them.
func (s Statement) Values() map[string]any {
	values := map[string]any{}
	for _, b := range s.Params {
		values[b.Name] = b.Value
	}
	return values
}

// Rendered is the statement with its values in place, to be pasted into any client.
func (s Statement) Rendered() string {
	pairs := make([]string, 0, 2*len(s.Params))
	for _, b := range s.Params {
		pairs = append(pairs, "{"+b.Name+":"+b.Type+"}", b.literal())
	}
	return strings.NewReplacer(pairs...).Replace(s.SQL)
}

// literal is the value as SQL, of the parameter's type.
func (b Bound) literal() string {
	switch b.Type {
	case intType:
		return b.Value
	case textType:
		return quote(b.Value)
	}
	return "CAST(" + quote(b.Value) + ", " + quote(b.Type) + ")"
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// draft is a statement in the making.
type draft struct {
	question Question
	args     Args
	scope    Scope
	bound    []Bound
	tail     string // which rows, of a question that limits them itself
	counted  bool   // nothing of the rows is asked but how many they are
	from     source
	lineage  uint64 // of the rollup: see rolled.go
}

// has is whether a parameter was given.
func (d *draft) has(name string) bool { return d.args[name] != "" }

// bind is the place of a parameter in SQL.
func (d *draft) bind(name string) string {
	p, _ := FindParam(name)
	value := d.args[name]
	if p.Type == timeType {
		value = plainTime(value)
	}
	return d.put(Bound{name, p.Type, value})
}

func (d *draft) put(b Bound) string {
	for _, known := range d.bound {
		if known.Name == b.Name {
			return "{" + b.Name + ":" + b.Type + "}"
		}
	}
	d.bound = append(d.bound, b)
	return "{" + b.Name + ":" + b.Type + "}"
}

// plainTime is a moment as ClickHouse writes it.
func plainTime(value string) string {
	at, err := time.Parse(timeLayout, value)
	if err != nil {
		return value
	}
	return at.Format("2006-01-02 15:04:05.000")
}

// conditions joins conditions; empty ones do not count.
func conditions(list ...string) string {
	var kept []string
	for _, c := range list {
		if c != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return "1"
	}
	return strings.Join(kept, "\n  AND ")
}

// shop narrows a column to the shop asked for, or to those of the viewer.
func (d *draft) shop(column string) string {
	switch {
	case d.has("shop_id"):
		return column + " = " + d.bind("shop_id")
	case !d.scope.All:
		return column + " IN (" + d.shops() + ")"
	}
	return ""
}

// shops are those of the viewer, each a parameter of its own. Nobody's shop is ”.
func (d *draft) shops() string {
	if len(d.scope.Shops) == 0 {
		return "''"
	}
	places := make([]string, len(d.scope.Shops))
	for i, shop := range d.scope.Shops {
		places[i] = d.put(Bound{"shop_" + itoa(i+1), textType, shop})
	}
	return strings.Join(places, ", ")
}

// equal narrows a column to a parameter, when it was given.
func (d *draft) equal(column, param string) string {
	if !d.has(param) || !d.question.Takes(param) {
		return ""
	}
	if d.args[param] == None {
		return column + " = ''"
	}
	return column + " = " + d.bind(param)
}

// anyOf narrows a column to the texts of a parameter that is a JSON array, when it was given.
func (d *draft) anyOf(column, param string) string {
	if !d.has(param) || !d.question.Takes(param) {
		return ""
	}
	return column + " IN (SELECT arrayJoin(JSONExtract(" + d.bind(param) + ", 'Array(String)')))"
}

// days narrows a Date, or a text of that form, to the range.
func (d *draft) days(column string) string {
	return column + " BETWEEN " + d.bind("from") + " AND " + d.bind("to")
}
