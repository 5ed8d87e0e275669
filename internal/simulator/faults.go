package simulator

import (
	"strconv"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// fault is an event that the door must set aside: 200, a letter, and no trace
// in any other table.
type fault struct {
	letter truth.Letter
	array  []byte // as an element of an array
	line   []byte // as a line of NDJSON
}

// makeFault spoils an event under an id of its own.
func makeFault(s stream, good event.Event, n int) *fault {
	e := good
	e.ID = "bad-" + e.ID + "-" + strconv.Itoa(n)
	f := &fault{letter: truth.Letter{ShopID: e.ShopID, EventID: e.ID}}
	fields := append(fieldsOf(&e), field{"ts", strconv.FormatInt(e.TS, 10)})
	switch s.pick([]float64{1, 1, 4, 4, 1, 1}) {
	case 0:
		return f.malform(s, e.ID)
	case 1:
		f.letter.Reason = event.ReasonUnknownType
		fields = set(fields, "type", `"note"`)
	case 2:
		f.letter.Reason = event.ReasonMissingField
		fields = f.drop(s, fields, &e)
	case 3:
		f.letter.Reason = event.ReasonBadField
		fields = spoil(s, fields, &e)
	case 4:
		f.letter.Reason = event.ReasonFutureTS
		fields = set(fields, "ts", "4102444800000")
	case 5: // of several faults the first counts
		f.letter.Reason = event.ReasonMissingField
		fields = set(f.drop(s, fields, &e), "ts", `"soon"`)
	}
	f.array = object(fields)
	f.line = f.array
	return f
}

// malform makes what is no event at all: in an array another JSON value, in
// NDJSON a line that is not JSON.
func (f *fault) malform(s stream, id string) *fault {
	f.letter = truth.Letter{Reason: event.ReasonMalformed}
	f.array = []byte(one(s, []string{`["` + id + `"]`, `"` + id + `"`}))
	f.line = []byte(one(s, []string{
		`{"type":"message","event_id":` + quote(id),
		`{"type":"message","event_id":` + quote(id) + `,"text":"` + "\xff\xfe" + `"}`,
		`{"type":"message","type":"order","event_id":` + quote(id) + `}`}))
	return f
}

// drop leaves out a field that the event's type needs.
func (f *fault) drop(s stream, fields []field, e *event.Event) []field {
	needed := map[event.Type][]string{
		event.TypeMessage:  {"user_id", "conv_id", "from", "text", "shop_id", "event_id"},
		event.TypeOrder:    {"order_id", "status", "shop_id"},
		event.TypeBehavior: {"user_id", "name"},
		event.TypeExposure: {"user_id", "experiment", "variant"},
		event.TypeFeedback: {"user_id"},
		event.TypeAlias:    {"user_id", "alias"},
	}
	name := one(s, needed[e.Type])
	switch name {
	case "shop_id":
		f.letter.ShopID = ""
	case "event_id":
		f.letter.EventID = ""
	}
	if name != "text" && s.chance(.3) { // omission by null or "" is omission
		return set(fields, name, one(s, []string{"null", `""`}))
	}
	return remove(fields, name)
}

// spoil gives a field a value that it cannot have.
func spoil(s stream, fields []field, e *event.Event) []field {
	switch one(s, []int{0, 1, 2, 2, 2}) {
	case 0:
		return set(fields, "ts", one(s, []string{`"yesterday"`, `"2026-10-14T10:00:00"`, "true"}))
	case 1:
		return set(fields, "user_id", quote(strings.Repeat("u", 257)))
	}
	switch e.Type {
	case event.TypeMessage:
		return one(s, [][]field{set(fields, "from", `"robot"`), set(fields, "text", quote(strings.Repeat("长", 22000)))})
	case event.TypeOrder:
		return one(s, [][]field{set(fields, "status", `"PAID"`), set(fields, "amount", `"-1.00"`),
			set(fields, "amount", `"1.005"`), set(fields, "amount", "1e2"), set(fields, "items", `"none"`)})
	case event.TypeBehavior:
		return set(fields, "name", `"Add To Cart"`)
	case event.TypeFeedback:
		return one(s, [][]field{set(fields, "rating", "6"), set(fields, "resolved", `"yes"`)})
	}
	return set(fields, "user_id", "[]")
}

// set returns the fields with one of them replaced or added.
func set(fields []field, name, value string) []field {
	return append(remove(fields, name), field{name, value})
}

func remove(fields []field, name string) []field {
	out := make([]field, 0, len(fields)+1)
	for _, f := range fields {
		if f.name != name {
			out = append(out, f)
		}
	}
	return out
}
