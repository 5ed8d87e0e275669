package meaningtest

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one field of a JSON object, its value as it was written: the
// cases hold numbers beyond what a float keeps, and fields in several orders.
type member struct {
	name  string
	value jsontext.Value
}

func members(b []byte) ([]member, error) {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var out []member
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		out = append(out, member{key, value.Clone()})
	}
	return out, nil
}

func object(fields []member) jsontext.Value {
	b := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, f.name) // names come out of JSON and are valid
		b = append(append(b, ':'), f.value...)
	}
	return append(b, '}')
}

// text is a string or a number of any length as a string.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return string(v)
	}
	s, _ := jsontext.AppendUnquote(nil, v) // v came out of a decoder
	return string(s)
}

// Field is the text of a field; "" when the event does not have it.
func (e Event) Field(name string) string {
	fields, err := members(e.Body)
	if err != nil {
		return ""
	}
	for _, f := range fields {
		if f.name == name {
			return text(f.value)
		}
	}
	return ""
}

// With is the event with a string field set, replaced or appended.
func (e Event) With(name, value string) Event {
	quoted, _ := jsontext.AppendQuote(nil, value) // invalid UTF-8 is replaced
	fields, err := members(e.Body)
	if err != nil {
		return e
	}
	for i, f := range fields {
		if f.name == name {
			fields[i].value = quoted
			return Event{object(fields), e.Coze}
		}
	}
	return Event{object(append(fields, member{name, quoted})), e.Coze}
}
