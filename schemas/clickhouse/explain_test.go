package warehouse_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
)

// step is one step of a plan, as EXPLAIN json = 1 shows it.
type step struct {
	Node        string `json:"Node Type"`
	Description string
	Header      []struct{ Name, Type string }
	Indexes     []struct {
		Initial  int `json:"Initial Granules"`
		Selected int `json:"Selected Granules"`
	}
	Plans []step
}

// table is what a reading step reads, without the database.
func (s *step) table() string { return strings.TrimPrefix(s.Description, "askbuy.") }

// granules are those left after all indexes, and those of the whole table.
func (s *step) granules() (selected, all int) {
	for i, index := range s.Indexes {
		if i == 0 {
			all = index.Initial
		}
		selected = index.Selected
	}
	return selected, all
}

// explain gives the steps of a plan that read tables of askbuy.
func explain(t *testing.T, db *clickhouse.DB, sql string) []step {
	t.Helper()
	text := strings.Join(ask(t, db, "EXPLAIN json = 1, header = 1, indexes = 1 "+sql), "\n")
	var plan []struct{ Plan step }
	must(t, json.Unmarshal([]byte(text), &plan))
	var reads []step
	var walk func(step)
	walk = func(s step) {
		if s.Node == "ReadFromMergeTree" {
			reads = append(reads, s)
		}
		for _, below := range s.Plans {
			walk(below)
		}
	}
	walk(plan[0].Plan)
	if len(reads) == 0 {
		t.Fatalf("%s: no step reads a table:\n%s", sql, text)
	}
	return reads
}

// show is a value as text: NULL, times in UTC with ms, the rest as it prints.
func show(value any) string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "NULL"
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return "NULL"
	}
	if at, ok := v.Interface().(time.Time); ok {
		return at.UTC().Format("2006-01-02 15:04:05.000")
	}
	return fmt.Sprint(v.Interface())
}
