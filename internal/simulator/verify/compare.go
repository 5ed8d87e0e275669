package verify

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// read gets every row of a view, or of anything that can stand behind FROM,
// for the truth's shops.
func read[T any](ctx context.Context, v *verifier, from string) ([]T, error) {
	return query[T](ctx, v, from+" WHERE shop_id IN ("+v.shopList()+")")
}

// query gets rows of type T; rest is what follows FROM.
func query[T any](ctx context.Context, v *verifier, rest string) ([]T, error) {
	columns := columnsOf(reflect.TypeFor[T]())
	expressions := make([]string, len(columns))
	for i := range columns {
		expressions[i] = columns[i].sql()
	}
	_, _, cells, err := v.db.Query(ctx, "SELECT "+strings.Join(expressions, ", ")+" FROM "+rest, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", strings.Fields(rest)[0], err)
	}
	out := make([]T, len(cells))
	for i, row := range cells {
		into := reflect.ValueOf(&out[i]).Elem()
		for j := range columns {
			cell, ok := row[j].(string)
			if !ok {
				return nil, fmt.Errorf("read %s: %s came as %T, want text", rest, columns[j].name, row[j])
			}
			if err := columns[j].set(into.Field(columns[j].field), cell); err != nil {
				return nil, fmt.Errorf("read %s: %w", rest, err)
			}
		}
	}
	return out, nil
}

// shopList is the truth's shops as SQL literals.
func (v *verifier) shopList() string {
	quoted := make([]string, len(v.truth.Meta.ShopIDs))
	for i, id := range v.truth.Meta.ShopIDs {
		quoted[i] = literal(id)
	}
	return strings.Join(quoted, ", ")
}

func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// compareRows sets rows that must be against those that are. The key columns
// name a row; a row that is there twice differs from one that is there once.
// Rows are compared in the order of their names, so that equal findings are
// equal reports.
func compareRows[T any](check string, want, have []T, key ...string) Check {
	columns := columnsOf(reflect.TypeFor[T]())
	c := Check{Name: check, Rows: len(want)}
	for _, w := range byName(have, columns, key).sorted(byName(want, columns, key)) {
		if len(w.want) != len(w.have) {
			c.differ(w.name, "", rows(w.want), rows(w.have))
			continue
		}
		for i := range w.want {
			c.compareRow(columns, w.name, w.want[i], w.have[i])
		}
	}
	return c
}

func (c *Check) compareRow(columns []column, name string, want, have reflect.Value) {
	for i := range columns {
		w, h := want.Field(columns[i].field), have.Field(columns[i].field)
		if !columns[i].same(w, h) {
			c.differ(name, columns[i].name, columns[i].show(w), columns[i].show(h))
		}
	}
}

func rows(list []reflect.Value) string {
	switch len(list) {
	case 0:
		return "no row"
	case 1:
		return "a row"
	}
	return fmt.Sprintf("%d rows", len(list))
}

// named holds the rows of each name.
type named map[string][]reflect.Value

func byName[T any](rows []T, columns []column, key []string) named {
	out := make(named, len(rows))
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		name := nameOf(row, columns, key)
		out[name] = append(out[name], row)
	}
	return out
}

// pair is what must be, and what is, under one name.
type pair struct {
	name       string
	want, have []reflect.Value
}

// sorted pairs what is with what must be.
func (have named) sorted(want named) []pair {
	out := make([]pair, 0, len(want))
	for name, rows := range want {
		out = append(out, pair{name, rows, have[name]})
	}
	for name, rows := range have {
		if want[name] == nil {
			out = append(out, pair{name, nil, rows})
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return out
}

func nameOf(row reflect.Value, columns []column, key []string) string {
	parts := make([]string, len(key))
	for i, name := range key {
		j := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		parts[i] = columns[j].show(row.Field(columns[j].field))
	}
	return strings.Join(parts, " / ")
}
