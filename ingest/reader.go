package ingest

import (
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/schemas/event"
)

// Limits of a field, bytes.
const (
	maxShort = 256
	maxText  = 64 << 10
)

// reader reads the fields of an object and remembers the first fault among
// those of the least rank. Every reader takes omission (absent, null, "") for
// no fault; need is what asks for a field.
type reader struct {
	object
	names map[string]Field // how the sender spells the fields
	path  string           // before a field's name in a fault's detail
	fault *Fault
}

func (v *reader) fail(reason event.Reason, field Field, rule string) {
	if v.fault == nil || rank(reason) < rank(v.fault.Reason) {
		v.fault = &Fault{Reason: reason, Detail: v.path + v.spelling(field) + ": " + rule}
	}
}

func (v *reader) spelling(field Field) string {
	for name, f := range v.names {
		if f == field {
			return name
		}
	}
	return fieldNames[field]
}

// given is a field's value, or nil when it is omitted.
func (v *reader) given(f Field) jsontext.Value {
	value := v.values[f]
	if len(value) == 0 || value[0] == 'n' || string(value) == `""` {
		return nil
	}
	return value
}

// need reports a field that its event cannot be without.
func (v *reader) need(fields ...Field) {
	for _, f := range fields {
		if v.given(f) == nil {
			v.fail(event.ReasonMissingField, f, "required")
		}
	}
}

// id reads a string or a whole number, which becomes its decimal string.
func (v *reader) id(f Field) string {
	value := v.given(f)
	switch value.Kind() {
	case '0':
		if s, ok := parseDecimal(value).whole(maxShort - 1); ok {
			return s
		}
		v.fail(event.ReasonBadField, f, "want a string or a whole number of at most 255 digits")
	case '"':
		return v.limited(f, value, maxShort)
	case 0:
	default:
		v.fail(event.ReasonBadField, f, "want a string or a whole number")
	}
	return ""
}

// short reads a string of at most 256 bytes.
func (v *reader) short(f Field) string {
	value := v.given(f)
	if value == nil {
		return ""
	}
	if value.Kind() != '"' {
		v.fail(event.ReasonBadField, f, "want a string")
		return ""
	}
	return v.limited(f, value, maxShort)
}

func (v *reader) limited(f Field, quoted jsontext.Value, limit int) string {
	plain := unquotedBytes(quoted)
	if len(plain) > limit {
		rule := "at most 256 bytes"
		if limit == maxText {
			rule = "at most 64 KiB"
		}
		v.fail(event.ReasonBadField, f, rule)
		return ""
	}
	return string(plain)
}

// text reads a message's text, the one string that may be "".
func (v *reader) text(f Field) string {
	value := v.values[f]
	switch value.Kind() {
	case '"':
		return v.limited(f, value, maxText)
	case 0, 'n':
		v.fail(event.ReasonMissingField, f, `required, though it may be ""`)
	default:
		v.fail(event.ReasonBadField, f, "want a string")
	}
	return ""
}

// money reads a string or a number, digit by digit.
func (v *reader) money(f Field) *event.Money {
	value := v.given(f)
	digits := []byte(value)
	switch value.Kind() {
	case 0:
		return nil
	case '"':
		digits = unquotedBytes(value)
	case '0':
	default:
		v.fail(event.ReasonBadField, f, "want money as a string or a number")
		return nil
	}
	m, err := event.ParseMoney(string(digits))
	if err != nil {
		v.fail(event.ReasonBadField, f, err.Error())
		return nil
	}
	return &m
}

// whole reads a whole number within [least, greatest].
func (v *reader) whole(f Field, least, greatest int64, rule string) *int64 {
	value := v.given(f)
	if value == nil {
		return nil
	}
	if value.Kind() == '0' {
		if n, ok := parseDecimal(value).int64(); ok && n >= least && n <= greatest {
			return &n
		}
	}
	v.fail(event.ReasonBadField, f, rule)
	return nil
}

// flag reads true or false.
func (v *reader) flag(f Field) *bool {
	value := v.given(f)
	switch value.Kind() {
	case 0:
		return nil
	case 't', 'f':
		set := value.Kind() == 't'
		return &set
	}
	v.fail(event.ReasonBadField, f, "want true or false")
	return nil
}

// ts reads the event time, ms; false when it is omitted.
func (v *reader) ts() (int64, bool) {
	value := v.given(FieldTS)
	var ms int64
	ok := true
	switch value.Kind() {
	case 0:
		return 0, false
	case '0':
		ms = msOfNumber(value)
	case '"':
		ms, ok = msOfText(unquotedBytes(value))
	default:
		ok = false
	}
	switch {
	case !ok:
		v.fail(event.ReasonBadField, FieldTS, "want a number or RFC 3339 with T, seconds and a zone")
	case ms < minMS:
		v.fail(event.ReasonBadField, FieldTS, "before 1900")
	}
	return ms, true
}
