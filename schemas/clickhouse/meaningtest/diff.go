package meaningtest

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// diff says which rows are missing, which are too many, and which fields of
// the others are not as wanted.
func diff(identity []string, want, got []Row) []string {
	var out []string
	found := map[string]Row{}
	for _, row := range got {
		key := row.key(identity)
		if _, twice := found[key]; twice {
			out = append(out, key+": more than one row")
		}
		found[key] = row
	}
	for _, row := range want {
		key := row.key(identity)
		actual, ok := found[key]
		if !ok {
			out = append(out, key+": no such row")
			continue
		}
		delete(found, key)
		for _, field := range slices.Sorted(maps.Keys(row)) {
			if !matches(row[field], actual[field]) {
				out = append(out, fmt.Sprintf("%s: %s is %v, want %v", key, field, actual[field], row[field]))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		out = append(out, key+": unexpected row")
	}
	return out
}

func (r Row) key(identity []string) string {
	parts := make([]string, len(identity))
	for i, column := range identity {
		parts[i] = fmt.Sprintf("%s=%v", column, r[column])
	}
	return strings.Join(parts, " ")
}

// matches reports whether a value is as wanted: a matcher allows it, numbers
// to 1e-9, and a wanted "" is met by NULL too.
func matches(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		if among, ok := w["one_of"].([]any); ok {
			return slices.ContainsFunc(among, func(one any) bool { return matches(one, got) })
		}
		limits, ok := w["range"].([]any)
		n, number := got.(float64)
		return ok && number && len(limits) == 2 && limits[0].(float64) <= n && n <= limits[1].(float64)
	case string:
		return got == w || w == "" && got == nil
	case float64:
		n, number := got.(float64)
		return number && math.Abs(n-w) <= 1e-9
	}
	return want == nil && got == nil
}

// normal is a value of the warehouse as the cases write it: times in ms,
// dates as text, money with two decimals, every other number as float64.
func normal(columnType string, value any) any {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil
	}
	switch x := v.Interface().(type) {
	case time.Time:
		if strings.Contains(columnType, "DateTime") {
			return float64(x.UnixMilli())
		}
		return x.Format(time.DateOnly)
	case interface{ StringFixed(int32) string }:
		return x.StringFixed(2)
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return v.Interface()
}
