// Package questions is the catalogue of what the dashboard shows: every number of every page is the answer to a
// named question. A question is one SQL statement over the promised bi views, with typed parameters, columns with
// units, and the list of rows behind its numbers. The pages, the JSON API, the CSV files and the SQL that a page
// offers for copying all come from here, so that they cannot differ.
//
// What must stay true:
//   - A statement runs unchanged as user bi. It reads bi alone (and, for the dictionary, system.columns).
//   - Shops come from the session (Scope), never from a parameter alone.
//   - Asked again with the same as_of, a question gives the same numbers, and its list has as many rows.
//   - No value becomes SQL: statements bind parameters, and Statement.Rendered quotes them.
package questions

import (
	"fmt"
	"slices"
)

// Question is one entry of the catalogue.
type Question struct {
	Name  string // stable: route of the API and key of the message catalogues
	About string // one English sentence for the API's description
	// Params are those it takes beside shop_id and as_of.
	Params []string
	// Columns are those of its answer, in order.
	Columns []Column
	// Behind is the question whose rows are behind the numbers; "" when the rows are the matter itself.
	Behind string
	// Pages is whether the answer comes in pages (limit and page).
	Pages bool
	// Most is how many rows an answer has at most that comes in no pages; 0: all there are.
	Most int
	// AllShops marks rows that belong to no shop: only a viewer of all shops may ask.
	AllShops bool
	// Summed questions can be answered from sums: they take cuts alone.
	Summed bool
	// Timeless questions are about now, or about no time: they take no as_of.
	Timeless bool

	// limits marks SQL that says itself where only the rows of the page count.
	limits bool

	sql func(*draft) string
}

// Column is one column of an answer.
type Column struct {
	Name  string `json:"name"`
	Unit  Unit   `json:"unit"`
	About string `json:"about"`
	// Step is the step of a conversation that the column counts: the parameter that narrows the list behind.
	Step string `json:"step,omitempty"`
}

// Unit says how a column is to be read and shown.
type Unit string

// The units. In JSON counts, shares, scores and seconds are numbers, everything else is text; null is unknown.
const (
	Text   Unit = "text"
	ID     Unit = "id"    // of something outside: text, whatever it looks like
	Count  Unit = "count" // whole number
	Share  Unit = "share" // 0 to 1
	Score  Unit = "score" // a number whose scale the column says
	Money  Unit = "money" // two decimals, in the currency of the row
	Hours  Unit = "hours"
	Second Unit = "seconds"
	Day    Unit = "day"   // YYYY-MM-DD in the time zone of the shop
	Time   Unit = "time"  // RFC 3339 in UTC, milliseconds
	Flag   Unit = "flag"  // 0 or 1
	List   Unit = "list"  // texts
	Terms  Unit = "terms" // numbers by name
)

// Catalogue lists every question, in the order of the pages.
func Catalogue() []Question {
	return slices.Concat(funnelQuestions, conversationQuestions, orderQuestions, attributionQuestions, scoreQuestions, experimentQuestions, handoffQuestions, replyQuestions, healthQuestions)
}

// Find gives the question of a name.
func Find(name string) (Question, error) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(q Question) bool { return q.Name == name })
	if i < 0 {
		return Question{}, &Refused{Param: "question", Rule: fmt.Sprintf("there is no question %q: see /api/v1", name)}
	}
	return all[i], nil
}

// Takes is whether a question has a parameter.
func (q Question) Takes(param string) bool {
	switch param {
	case "shop_id":
		return !q.AllShops
	case "as_of":
		return !q.Timeless
	case "page", "limit":
		return q.Pages
	}
	return slices.Contains(q.Params, param)
}

// AllParams lists the parameters of a question in the order of Params().
func (q Question) AllParams() []Param {
	return slices.DeleteFunc(Params(), func(p Param) bool { return !q.Takes(p.Name) })
}
