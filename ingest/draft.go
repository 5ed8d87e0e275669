package ingest

import (
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/schemas/event"
)

// Draft is an event that a mapper puts together from a body of another shape.
// Its fields are JSON values, as the sender wrote them where it can be, so
// that they obey the same rules as those of /v1/events. The shape's names are
// how the sender spells the fields, for the details of faults.
type Draft struct {
	shape *Shape
	v     reader
}

// NewDraft begins an event without any field.
func NewDraft(shape *Shape) *Draft { return &Draft{shape, reader{names: shape.Names}} }

// OpenDraft begins an event with the members of an object; what the shape does
// not name becomes the event's attrs.
func OpenDraft(shape *Shape, object []byte) (*Draft, *Fault) {
	d := NewDraft(shape)
	if isJSON, err := d.v.readObject(object, shape.Names); err != nil {
		return nil, &Fault{Reason: event.ReasonMalformed, Detail: "event: " + syntax(err), NotJSON: !isJSON}
	}
	return d, nil
}

// Get is a field's value; nil when it is omitted.
func (d *Draft) Get(f Field) jsontext.Value { return d.v.given(f) }

// Set gives a field a value. An omitted one (nil, null, "") leaves what is
// there.
func (d *Draft) Set(f Field, value jsontext.Value) {
	if len(value) > 0 && value[0] != 'n' && string(value) != `""` {
		d.v.values[f] = value
	}
}

// Clear omits a field.
func (d *Draft) Clear(f Field) { d.v.values[f] = nil }

// SetText gives a field a string.
func (d *Draft) SetText(f Field, s string) {
	if quoted, err := jsontext.AppendQuote(nil, s); err == nil { // else no UTF-8, which no parsed JSON is
		d.v.values[f] = quoted
	}
}

// Attr finds a member that the shape does not name; nil when there is none.
func (d *Draft) Attr(name string) jsontext.Value {
	for _, m := range d.v.unknown {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// SetAttr adds a member to the event's attrs; an omitted one is left out.
func (d *Draft) SetAttr(name string, value jsontext.Value) {
	if len(value) > 0 && value[0] != 'n' && string(value) != `""` {
		d.v.unknown = append(d.v.unknown, member{name, value})
	}
}

// Fail notes a fault of the field.
func (d *Draft) Fail(reason event.Reason, f Field, rule string) { d.v.fail(reason, f, rule) }

// Item is the event, or its fault.
func (d *Draft) Item(from Delivery) Item {
	item := Item{Raw: from.Body}
	item.Decoded, item.Fault = d.shape.decode(&d.v, from.Arrival, from.Grant)
	return item
}

// TextOf is the content of a JSON string; "" when the value is none.
func TextOf(value jsontext.Value) string {
	if value.Kind() != '"' {
		return ""
	}
	return string(unquotedBytes(value))
}
