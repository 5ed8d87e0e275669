package ingest

import (
	"time"

	"askbuy/schemas/event"
)

// Decoded is an event as its sender meant it. Beside a fault it holds the
// type, id and shop as far as they could be read.
type Decoded struct {
	Event event.Event
	NoTS  bool // the sender gave no event time: TS is that of arrival
}

// Grant is what the credential and the source say about the shop of an event.
type Grant struct {
	Shop    string // every event must be of this shop; "" leaves it to the event
	Default string // the shop of an event that names none; "" when it has to
}

// Shape says how one kind of sender writes an event.
type Shape struct {
	Names   map[string]Field
	Type    event.Type // of every event; "" when the sender names it
	Role    event.Role // of a message that does not say; "" when it has to
	Channel string     // of every message
	WeakID  bool       // an event without an id gets one made from its content
}

var eventShape = EventShape()

// EventShape is that of /v1/events.
func EventShape() Shape { return Shape{Names: eventNames} }

// Decode reads one event of /v1/events that arrived at arrival. It is strict:
// what is no JSON, or not the contract's shape, is a fault.
func Decode(raw []byte, arrival time.Time) (Decoded, *Fault) {
	return eventShape.Decode(raw, arrival, Grant{})
}

// Decode reads one event of this shape.
func (s *Shape) Decode(raw []byte, arrival time.Time, grant Grant) (Decoded, *Fault) {
	v := reader{names: s.Names}
	if shape, err := v.readObject(raw, s.Names); err != nil {
		return Decoded{}, &Fault{Reason: event.ReasonMalformed, Detail: "event: " + syntax(err), NotJSON: !shape}
	}
	return s.decode(&v, arrival, grant)
}

// decode makes an event of the fields that were found.
func (s *Shape) decode(v *reader, arrival time.Time, grant Grant) (Decoded, *Fault) {
	d := Decoded{Event: event.Event{ShopID: v.shop(grant)}}
	s.decodeType(v, &d.Event)
	belongs, known := typeFields[d.Event.Type]
	d.Event.ID = v.id(FieldEventID)
	if !known {
		return d, v.fault
	}
	v.keep(belongs)
	s.decodeFields(v, &d.Event)
	d.Event.Attrs = []byte(v.attrs())
	ms, given := v.ts()
	if d.Event.TS, d.NoTS = ms, !given; d.NoTS {
		d.Event.TS = arrival.UnixMilli()
	}
	if d.Event.TS > arrival.Add(maxAhead).UnixMilli() {
		v.fail(event.ReasonFutureTS, FieldTS, "more than 5 minutes ahead")
	}
	return d, v.fault
}

// shop reads shop_id, or shopId in its place, and holds it against the grant.
func (v *reader) shop(grant Grant) string {
	shop, field := v.id(FieldShopID), FieldShopID
	if other := v.id(FieldShopIDCamel); other != "" {
		if shop != "" && shop != other {
			v.fail(event.ReasonBadField, FieldShopIDCamel, "is not shop_id")
		}
		if shop == "" {
			shop, field = other, FieldShopIDCamel
		}
	}
	switch {
	case shop != "" && grant.Shop != "" && shop != grant.Shop:
		v.fail(event.ReasonForbiddenShop, field, "not the credential's")
		return grant.Shop
	case shop != "":
		return shop
	case grant.Shop != "":
		return grant.Shop
	case grant.Default != "":
		return grant.Default
	}
	if v.given(FieldShopIDCamel) == nil {
		v.need(FieldShopID)
	}
	return ""
}

// decodeType sets the type, which is unknown when there is a fault.
func (s *Shape) decodeType(v *reader, e *event.Event) {
	if s.Type != "" {
		e.Type = s.Type
		return
	}
	v.need(FieldType)
	value := v.given(FieldType)
	if value == nil {
		return
	}
	if value.Kind() == '"' {
		if name := unquotedBytes(value); len(name) <= maxShort {
			e.Type = event.Type(name)
		}
	}
	if _, known := typeFields[e.Type]; !known && !typeName(string(e.Type)) {
		e.Type = "" // what is no word may be somebody's data, and letters show it
	}
	if _, known := typeFields[e.Type]; !known {
		v.fail(event.ReasonUnknownType, FieldType, "want message, order, behavior, exposure, feedback or alias")
	}
}

// typeName reports whether a type that we do not know looks like one: words with
// a version's digits at most. What has more may be a phone number.
func typeName(s string) bool {
	const longest, mostDigits = 64, 4
	digits := 0
	for _, c := range s {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	return len(s) <= longest && digits <= mostDigits && lowerSnakeCase(s)
}

func (s *Shape) decodeFields(v *reader, e *event.Event) {
	if !s.WeakID {
		v.need(FieldEventID)
	}
	e.UserID = v.id(FieldUserID)
	if e.Type != event.TypeOrder {
		v.need(FieldUserID)
	}
	e.ConvID = v.id(FieldConvID)
	if test := v.flag(FieldTest); test != nil {
		e.Test = *test
	}
	switch e.Type {
	case event.TypeMessage:
		s.decodeMessage(v, e)
	case event.TypeOrder:
		decodeOrder(v, e)
	case event.TypeBehavior:
		decodeBehavior(v, e)
	case event.TypeExposure:
		v.need(FieldExperiment, FieldVariant)
		e.Experiment, e.Variant = v.short(FieldExperiment), v.short(FieldVariant)
	case event.TypeFeedback:
		e.Rating = v.whole(FieldRating, 1, 5, "want a whole number from 1 to 5")
		e.Resolved = v.flag(FieldResolved)
	case event.TypeAlias:
		v.need(FieldAlias)
		e.Alias = v.id(FieldAlias)
	}
}
