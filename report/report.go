// Package report asks the warehouse the questions of a shop's operator and
// answers with numbers that say how far they can be trusted: every rate with
// its n and interval, every open window as open.
//
// A report is asked for in one function, is a plain struct (its JSON form),
// and renders itself as text and CSV. Reports read the promised bi views;
// AgainstFacts, which checks derived rows, reads the tables.
package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
)

// database answers one SQL statement with rows of Go values.
type database interface {
	Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error)
}

// Filter narrows a report. Empty fields do not.
type Filter struct {
	Shop string `json:"shop_id,omitempty"`
	// From and To are days, YYYY-MM-DD, both included, in the shop's zone: of
	// a conversation's start, or of an order's payment.
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Channel string `json:"channel,omitempty"`
	Intent  string `json:"intent,omitempty"`
}

// Validate reports every problem at once.
func (f Filter) Validate() error {
	var problems []error
	for _, day := range []struct{ name, value string }{{"from", f.From}, {"to", f.To}} {
		if day.value == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day.value); err != nil {
			problems = append(problems, fmt.Errorf("--%s: %q is no day: write it as 2026-11-21", day.name, day.value))
		}
	}
	if len(problems) == 0 && f.From != "" && f.To != "" && f.From > f.To {
		problems = append(problems, fmt.Errorf("--from %s is after --to %s: swap them", f.From, f.To))
	}
	return errors.Join(problems...)
}

// where is the filter as SQL over columns of these names ("" has none), and
// its parameters.
func (f Filter) where(shop, day, channel, intent string) (string, map[string]any) {
	var conditions []string
	params := map[string]any{}
	add := func(value, column, name, operator string) {
		if value != "" && column != "" {
			conditions = append(conditions, fmt.Sprintf("%s %s {%s:String}", column, operator, name))
			params[name] = value
		}
	}
	add(f.Shop, shop, "shop", "=")
	add(f.From, day, "from_day", ">=")
	add(f.To, day, "to_day", "<=")
	add(f.Channel, channel, "channel", "=")
	add(f.Intent, intent, "intent", "=")
	if len(conditions) == 0 {
		return "1", params
	}
	return strings.Join(conditions, " AND "), params
}

// Lang is the language of labels.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Format is how a report is written.
type Format string

// The formats.
const (
	Text Format = "text"
	JSON Format = "json"
	CSV  Format = "csv"
	MD   Format = "md"
)

// Formats lists them.
func Formats() []Format { return []Format{Text, JSON, CSV, MD} }

// renderable is a report that can show itself: as a page of tables for people
// and as one table for programs.
type renderable interface {
	page(Lang) page
	sheet() [][]string
}

// Write writes a report. An unknown format or language is an error that names
// the ones there are.
func Write(w io.Writer, r renderable, f Format, l Lang) error {
	if !slices.Contains([]Lang{English, Chinese}, l) {
		return fmt.Errorf("write report: unknown language %q: want en or zh", l)
	}
	switch f {
	case Text:
		return writeText(w, r.page(l))
	case JSON:
		return writeJSON(w, r)
	case CSV:
		return writeCSV(w, r.sheet())
	case MD:
		return writeMarkdown(w, r.page(l))
	}
	return fmt.Errorf("write report: unknown format %q: want text, json, csv or md", f)
}
