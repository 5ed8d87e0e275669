package verify

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// column is a field of a row and the view's column of that name. Cells travel
// as text, so that no driver's idea of a type comes between.
type column struct {
	name  string
	field int
	kind  reflect.Type // of the field, pointers taken off
}

// columnsOf lists the columns of a row type: its exported fields.
func columnsOf(row reflect.Type) []column {
	var out []column
	for i := range row.NumField() {
		f := row.Field(i)
		if !f.IsExported() {
			continue
		}
		kind := f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		out = append(out, column{strings.Split(f.Tag.Get("json"), ",")[0], i, kind})
	}
	return out
}

const null = `\N` // no id or text of a simulation is that

var (
	typeMillis = reflect.TypeFor[truth.Millis]()
	typeMoney  = reflect.TypeFor[event.Money]()
)

// sql reads the column as text.
func (c *column) sql() string {
	expression := c.name
	switch {
	case c.kind == typeMillis:
		expression = "toUnixTimestamp64Milli(" + c.name + ")"
	case c.kind == typeMoney:
		expression = "toInt64(" + c.name + " * 100)"
	case c.kind.Kind() == reflect.Slice:
		return "arrayStringConcat(" + c.name + ", '\\n')"
	case c.kind.Kind() == reflect.String: // a missing id may be '' or NULL
		return "ifNull(toString(" + c.name + "), '')"
	}
	return "ifNull(toString(" + expression + "), '\\\\N')"
}

// set reads the cell into a field.
func (c *column) set(field reflect.Value, cell string) error {
	if field.Kind() == reflect.Pointer {
		if cell == null {
			return nil
		}
		field.Set(reflect.New(c.kind))
		field = field.Elem()
	}
	switch c.kind.Kind() {
	case reflect.String:
		field.SetString(cell)
	case reflect.Slice:
		if cell != "" {
			field.Set(reflect.ValueOf(strings.Split(cell, "\n")))
		}
	case reflect.Float64:
		x, err := strconv.ParseFloat(cell, 64)
		field.SetFloat(x)
		return err
	case reflect.Int64:
		n, err := strconv.ParseInt(cell, 10, 64)
		field.SetInt(n)
		return err
	case reflect.Uint8:
		n, err := strconv.ParseUint(cell, 10, 8)
		field.SetUint(n)
		return err
	default:
		return fmt.Errorf("column %s: no way to read a %s", c.name, c.kind)
	}
	return nil
}

// tolerance is for what comes of divisions in another order; money and times
// are whole numbers.
const tolerance = 1e-9

// same compares two fields of one column.
func (c *column) same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Pointer {
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		a, b = a.Elem(), b.Elem()
	}
	switch c.kind.Kind() {
	case reflect.Float64:
		return math.Abs(a.Float()-b.Float()) <= tolerance*max(1, math.Abs(a.Float()))
	case reflect.Slice:
		return c.show(a) == c.show(b)
	}
	return a.Equal(b)
}

// show writes a field for people and for keys.
func (c *column) show(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "NULL"
		}
		v = v.Elem()
	}
	return cmp.Or(fmt.Sprint(v.Interface()), "''")
}
