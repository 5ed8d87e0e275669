package ingest

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// member is a name and its value, both as they stand in the sender's bytes.
type member struct {
	name  string
	value jsontext.Value
}

// object is a JSON object taken apart: the fields that its shape knows, and
// the rest. The values are slices of the sender's bytes.
type object struct {
	values  [fieldCount]jsontext.Value
	unknown []member
}

// decoders keeps the parsers, whose buffers are worth keeping.
var decoders = sync.Pool{New: func() any { return new(scanner) }}

type scanner struct {
	jsontext.Decoder
	buf bytes.Buffer
}

func scan(raw []byte) *scanner {
	s := decoders.Get().(*scanner)
	s.buf = *bytes.NewBuffer(raw)
	s.Reset(&s.buf)
	return s
}

func (s *scanner) release() {
	s.buf = bytes.Buffer{}
	s.Reset(&s.buf)
	decoders.Put(s)
}

// value reads the next value and returns it as a slice of raw, which outlives
// the scanner.
func (s *scanner) value(raw []byte) (jsontext.Value, error) {
	v, err := s.ReadValue()
	if err != nil {
		return nil, err
	}
	end := int(s.InputOffset())
	return raw[end-len(v) : end], nil
}

// end fails unless nothing but white space follows.
func (s *scanner) end() error {
	if _, err := s.ReadToken(); err != io.EOF {
		if err == nil {
			return errTrailing
		}
		return err
	}
	return nil
}

// readObject takes raw apart. An error with shape false means that raw is no
// JSON at all: bad syntax or UTF-8, a repeated name, nesting beyond 10,000 or
// trailing bytes; with shape true it is JSON, but no object.
func (o *object) readObject(raw []byte, names map[string]Field) (shape bool, err error) {
	s := scan(raw)
	defer s.release()
	if s.PeekKind() != '{' {
		if _, err := s.ReadValue(); err != nil {
			return false, notEmpty(err)
		}
		if err := s.end(); err != nil {
			return false, err
		}
		return true, errNoObject
	}
	if err := o.readMembers(s, raw, names); err != nil {
		return false, notEmpty(err)
	}
	return false, s.end()
}

func (o *object) readMembers(s *scanner, raw []byte, names map[string]Field) error {
	if _, err := s.ReadToken(); err != nil {
		return err
	}
	for s.PeekKind() != '}' {
		quoted, err := s.value(raw)
		if err != nil {
			return err
		}
		value, err := s.value(raw)
		if err != nil {
			return err
		}
		name := unquotedBytes(quoted)
		if f, known := names[string(name)]; known {
			o.values[f] = value
		} else {
			o.unknown = append(o.unknown, member{string(name), value})
		}
	}
	_, err := s.ReadToken()
	return err
}

// keep drops the fields that are not in the set to the unknown ones.
func (o *object) keep(set fieldSet) {
	for f, value := range o.values {
		if value != nil && !set.has(Field(f)) {
			o.unknown = append(o.unknown, member{fieldNames[f], value})
			o.values[f] = nil
		}
	}
}

// attrs writes the unknown fields as one JSON object in the order of their
// names; nil when there are none. Numbers keep their digits.
func (o *object) attrs() jsontext.Value {
	if len(o.unknown) == 0 {
		return nil
	}
	slices.SortFunc(o.unknown, func(a, b member) int { return strings.Compare(a.name, b.name) })
	out := jsontext.Value{'{'}
	for i, m := range o.unknown {
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, m.name) // valid UTF-8: it was parsed
		out = append(append(out, ':'), m.value...)
	}
	out = append(out, '}')
	if err := out.Format(jsontext.ReorderRawObjects(true), jsontext.AllowDuplicateNames(true)); err != nil {
		return nil // cannot be: every part was parsed before
	}
	return out
}

// unquotedBytes is the content of a parsed JSON string.
func unquotedBytes(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	plain, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return inner // cannot be: the string was parsed before
	}
	return plain
}
