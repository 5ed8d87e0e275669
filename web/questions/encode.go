package questions

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"
)

// value is a cell as JSON has it: by the column's unit, whatever ClickHouse's type is. What is unknown, and what is no
// number, is nil.
func value(u Unit, cell any) any {
	switch v := cell.(type) {
	case nil:
		return nil
	case time.Time:
		if u == Day {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(timeLayout)
	case decimal.Decimal:
		return v.StringFixed(2)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return cell
}

// record is one row, its names in the order of the columns.
type record struct {
	columns []Column
	cells   []any
}

// MarshalJSONTo writes an object.
func (r record) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i, c := range r.columns {
		if err := enc.WriteToken(jsontext.String(c.Name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, value(c.Unit, r.cells[i]), json.Deterministic(true)); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// answered is the JSON form of an answer.
type answered struct {
	Question  string   `json:"question"`
	Arguments Args     `json:"arguments"`
	Columns   []Column `json:"columns"`
	Rows      []record `json:"rows"`
	Behind    string   `json:"behind,omitzero"`
	// Next is the query string of the next page, when there may be one.
	Next string `json:"next,omitzero"`
	SQL  string `json:"sql"`
}

// JSON writes an answer for programs.
func (a *Answer) JSON(w io.Writer) error {
	out := answered{Question: a.Question.Name, Arguments: a.Args, Columns: a.Question.Columns, Rows: make([]record, len(a.Rows)), Behind: a.Question.Behind, Next: a.Next(), SQL: a.Statement.Rendered()}
	for i, row := range a.Rows {
		out.Rows[i] = record{a.Question.Columns, row}
	}
	if err := json.MarshalWrite(w, out, json.Deterministic(true)); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// Next is the query string of the page after this one; "" when this is the last.
func (a *Answer) Next() string {
	if !a.Question.Pages || itoa(len(a.Rows)) != a.Args["limit"] || a.Args["page"] == itoa(MaxPage) {
		return ""
	}
	v := a.Args.Values()
	v.Set("page", itoa(number(a.Args["page"])+1))
	return v.Encode()
}

// mark is what spreadsheets know UTF-8 by.
const mark = "\ufeff"

// CSV writes an answer for spreadsheets: UTF-8 with a byte order mark, a header, lines that end in CRLF.
func (a *Answer) CSV(w io.Writer) error {
	if _, err := io.WriteString(w, mark); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	line := make([]string, len(a.Question.Columns))
	for i, c := range a.Question.Columns {
		line[i] = c.Name
	}
	err := out.Write(line)
	for _, row := range a.Rows {
		for i, c := range a.Question.Columns {
			line[i] = field(c.Unit, value(c.Unit, row[i]))
		}
		if err == nil {
			err = out.Write(line)
		}
	}
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// field is a cell of CSV. A text that a spreadsheet would take for a formula gets an apostrophe: shoppers write texts.
func field(u Unit, v any) string {
	if v == nil {
		return ""
	}
	text := fmt.Sprint(v)
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice || r.Kind() == reflect.Map {
		b, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return ""
		}
		text = string(b)
	}
	if (u == Text || u == ID || u == List) && text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
