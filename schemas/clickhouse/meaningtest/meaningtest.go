// Package meaningtest reads the cases that say what askbuy's words mean, events
// in and rows of the bi views out, and compares a warehouse with them. It is
// for tests: those of the views alone, and those of the whole pipeline.
package meaningtest

import (
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Case is one small story: what was sent, and what every listed view must
// then show for the shops of the story.
type Case struct {
	ID      string  `json:"id"`
	Says    string  `json:"says"` // the contract's sentence
	Why     string  `json:"why"`  // how the rows were worked out
	Until   string  `json:"until"`
	Permute bool    `json:"permute"` // every order of arrival gives the same rows
	Events  []Event `json:"events"`  // in the order of arrival
	Expect  Expect  `json:"expect"`
}

// Event is one event as its sender writes it.
type Event struct {
	Body jsontext.Value // a JSON object for /v1/events, its numbers untouched
	Coze bool           // to be sent to /coze instead
}

// Expect is what the views must show. Of a row only the fields given count.
type Expect struct {
	Tables      map[string][]Row // by view, without its database
	Attribution map[string][]Row // by "model/window_hours"
	Funnel      map[string][]Row // by the columns to keep, with commas; the others are summed over
}

// Row is one expected row. A value is a string, a float64, nil, or a matcher:
// {"one_of": [...]} or {"range": [a, b]}.
type Row map[string]any

// Load reads the cases of a file.
func Load(path string) ([]Case, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	var all struct {
		Conventions jsontext.Value `json:"conventions"`
		Cases       []Case         `json:"cases"`
	}
	if err := json.Unmarshal(b, &all, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("decode cases: %w", err)
	}
	return all.Cases, nil
}

// UnmarshalJSON takes the field "via", which is no field of the event, out.
func (e *Event) UnmarshalJSON(b []byte) error {
	fields, err := members(b)
	if err != nil {
		return err
	}
	kept := fields[:0]
	for _, f := range fields {
		if f.name == "via" {
			e.Coze = string(f.value) == `"coze"`
			continue
		}
		kept = append(kept, f)
	}
	e.Body = object(kept)
	return nil
}

// UnmarshalJSON tells the tables, which are lists, from the two views that
// are asked in several ways.
func (x *Expect) UnmarshalJSON(b []byte) error {
	fields, err := members(b)
	if err != nil {
		return err
	}
	x.Tables = map[string][]Row{}
	for _, f := range fields {
		switch f.name {
		case "attribution":
			err = json.Unmarshal(f.value, &x.Attribution)
		case "funnel":
			err = json.Unmarshal(f.value, &x.Funnel)
		default:
			var rows []Row
			err = json.Unmarshal(f.value, &rows)
			x.Tables[f.name] = rows
		}
		if err != nil {
			return fmt.Errorf("expect %s: %w", f.name, err)
		}
	}
	return nil
}

// rows calls f for every list of expected rows.
func (x *Expect) rows(f func([]Row)) {
	for _, by := range []map[string][]Row{x.Tables, x.Attribution, x.Funnel} {
		for _, rows := range by {
			f(rows)
		}
	}
}
