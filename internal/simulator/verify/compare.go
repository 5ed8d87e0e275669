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
func compareRows[T any](check string, want, have []T, key ...string) Check {
	columns := columnsOf(reflect.TypeFor[T]())
	c := Check{Name: check, Rows: len(want)}
	left := make(map[string]reflect.Value, len(have))
	for i := range have {
		row := reflect.ValueOf(have[i])
		name := nameOf(row, columns, key)
		if _, twice := left[name]; twice {
			c.differ(name, "", "one row", "two")
		}
		left[name] = row
	}
	for i := range want {
		row := reflect.ValueOf(want[i])
		name := nameOf(row, columns, key)
		found, ok := left[name]
		if !ok {
			c.differ(name, "", "a row", "none")
			continue
		}
		delete(left, name)
		for j := range columns {
			w, h := row.Field(columns[j].field), found.Field(columns[j].field)
			if !columns[j].same(w, h) {
				c.differ(name, columns[j].name, columns[j].show(w), columns[j].show(h))
			}
		}
	}
	extra := make([]string, 0, len(left))
	for name := range left {
		extra = append(extra, name)
	}
	slices.Sort(extra)
	for _, name := range extra {
		c.differ(name, "", "none", "a row")
	}
	return c
}

func nameOf(row reflect.Value, columns []column, key []string) string {
	parts := make([]string, len(key))
	for i, name := range key {
		j := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		parts[i] = columns[j].show(row.Field(columns[j].field))
	}
	return strings.Join(parts, " / ")
}
