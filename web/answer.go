package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"askbuy/web/questions"
)

// answer is what a question says, read by row and column.
type answer struct {
	*questions.Answer
	at map[string]int // column to position
}

// ask puts a question with the page's filter and whatever else of the address
// it takes; pairs of name and value come first.
func (d *Dashboard) ask(ctx context.Context, v *visit, name string, pairs ...string) (*answer, error) {
	q, err := questions.Find(name)
	if err != nil {
		return nil, err
	}
	said, err := d.desk.Ask(ctx, name, v.given(q, pairs...), v.scope())
	if err != nil {
		return nil, told(err)
	}
	return newAnswer(said), nil
}

func newAnswer(said *questions.Answer) *answer {
	a := &answer{Answer: said, at: map[string]int{}}
	for i, c := range said.Question.Columns {
		a.at[c.Name] = i
	}
	return a
}

// given are the parameters of a question: those of the address that it takes,
// the filter, and pairs.
func (v *visit) given(q questions.Question, pairs ...string) url.Values {
	given := url.Values{}
	put := func(name, value string) {
		if q.Takes(name) && value != "" {
			given.Set(name, value)
		}
	}
	for name := range v.url.Query() {
		put(name, v.url.Query().Get(name))
	}
	put("shop_id", v.filter.Shop)
	put("from", v.filter.From)
	put("to", v.filter.To)
	if !v.asOf.IsZero() {
		put("as_of", stamp(v.asOf))
	}
	for pair := range slices.Chunk(pairs, 2) {
		if given.Del(pair[0]); q.Takes(pair[0]) && pair[1] != "" {
			given.Set(pair[0], pair[1])
		}
	}
	return given
}

// stamp is a moment as a link has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// scope is what somebody may see, as questions have it.
func (v *visit) scope() questions.Scope {
	return questions.Scope{All: v.person.SeesAll(), Shops: v.person.Shops}
}

// told turns what a question refuses into what a person is shown.
func told(err error) error {
	var refused *questions.Refused
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Forbidden:
		return &failure{status: http.StatusForbidden, key: "error.forbidden", detail: refused.Error()}
	}
	return &failure{status: http.StatusBadRequest, key: "error.bad_filter", detail: refused.Error()}
}

func (a *answer) value(row int, column string) any {
	i, known := a.at[column]
	if !known {
		panic(fmt.Sprintf("web: %s has no column %s", a.Question.Name, column)) // every page is made in tests
	}
	return a.Rows[row][i]
}

func (a *answer) text(row int, column string) string {
	switch v := a.value(row, column).(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.Format(time.DateOnly)
	default:
		return fmt.Sprint(v)
	}
}

// count is a whole number; of NULL it is 0.
func (a *answer) count(row int, column string) int64 {
	switch v := a.value(row, column).(type) {
	case uint64:
		return int64(v)
	case int64:
		return v
	case uint32:
		return int64(v)
	case int32:
		return int64(v)
	case uint16:
		return int64(v)
	case uint8:
		return int64(v)
	}
	return 0
}

func (a *answer) number(row int, column string) *float64 {
	switch v := a.value(row, column).(type) {
	case nil:
		return nil
	case float64:
		return &v
	case float32:
		return ptr(float64(v))
	}
	return ptr(float64(a.count(row, column)))
}

func (a *answer) time(row int, column string) time.Time {
	t, _ := a.value(row, column).(time.Time)
	return t
}

// money is an amount; ok is false where there is none to tell, as over shops
// of several currencies.
func (a *answer) money(row int, column string) (amount decimal.Decimal, ok bool) {
	amount, ok = a.value(row, column).(decimal.Decimal)
	return amount, ok
}

// share writes a rate with its interval and n, where the question has them.
func (a *answer) share(v *visit, row int, column, n string) cell {
	return a.interval(v, row, column, count(a.count(row, n)))
}

// interval is a rate with its interval and an n that is no column.
func (a *answer) interval(v *visit, row int, column, n string) cell {
	rate, low, high := a.number(row, column), a.number(row, column+"_low"), a.number(row, column+"_high")
	if rate == nil || low == nil || high == nil {
		return digits(nothing)
	}
	return below(percent(rate), v.t("rate.interval", hundred(*low), hundred(*high), n))
}

// take adds ways to take an answer along: its CSV and its SQL.
func (f *figure) take(a *answer, v *visit, pairs ...string) {
	q := v.given(a.Question, pairs...)
	q.Set("format", "csv")
	f.CSV = "/api/v1/" + a.Question.Name + "?" + q.Encode()
	f.SQL = a.Statement.Rendered()
}

// plain writes any value as its unit wants it.
func (a *answer) plain(v *visit, row int, column questions.Column) cell {
	switch column.Unit {
	case questions.Count:
		return digits(count(a.count(row, column.Name)))
	case questions.Share:
		return digits(percent(a.number(row, column.Name)))
	case questions.Score, questions.Hours:
		return digits(trimZeros(number(a.number(row, column.Name), 3)))
	case questions.Second:
		if s := a.number(row, column.Name); s != nil {
			return digits(span(v.lang, time.Duration(*s*float64(time.Second))))
		}
		return digits(nothing)
	case questions.Money:
		amount, ok := a.money(row, column.Name)
		if !ok {
			return digits(nothing)
		}
		return digits(group(amount.StringFixed(2)))
	case questions.Time:
		return digits(moment(a.time(row, column.Name), v.filter.Zone))
	case questions.List:
		list, _ := a.value(row, column.Name).([]string)
		return words(strings.Join(list, ", "))
	}
	return words(a.text(row, column.Name))
}

// table shows some columns of an answer as they are; the heads are texts
// column.<name>.
func (a *answer) table(v *visit, columns ...string) table {
	var t table
	for _, name := range columns {
		head := words(v.t("column." + name))
		head.Number = numeric(a.Question.Columns[a.at[name]].Unit)
		t.Head = append(t.Head, head)
	}
	for row := range a.Rows {
		var cells []cell
		for _, name := range columns {
			cells = append(cells, a.plain(v, row, a.Question.Columns[a.at[name]]))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func numeric(u questions.Unit) bool {
	return !slices.Contains([]questions.Unit{questions.Text, questions.ID, questions.Day, questions.List, questions.Flag}, u)
}
