package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/schemas/event"
)

// letterRecord is the dead letter of an item with a fault.
func (a *Acceptor) letterRecord(hasher *event.Fingerprinter, item *Item, source string, arrival time.Time) Record {
	e := &item.Event
	letter := event.DeadLetter{
		ID:         letterID(hasher, item, source),
		Stage:      event.StageIngest,
		Reason:     item.Fault.Reason,
		Detail:     item.Fault.Detail,
		Source:     source,
		ShopID:     e.ShopID,
		Type:       string(e.Type),
		EventID:    e.ID,
		ReceivedAt: arrival.UnixMilli(),
		Bytes:      item.Raw,
	}
	a.seal(&letter)
	return recordOf(&letter, arrival)
}

func recordOf(letter *event.DeadLetter, arrival time.Time) Record {
	value, err := json.Marshal(letter)
	if err != nil { // strings, numbers and bytes can always be marshalled
		panic("ingest: encode dead letter: " + err.Error())
	}
	return Record{
		Topic:   event.TopicDeadLetters,
		Key:     []byte(letter.ID),
		Value:   value,
		Headers: []event.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}, {Key: event.HeaderSource, Value: []byte(letter.Source)}},
		Time:    arrival,
	}
}

// Letter is the dead letter of a record of ours that turned out to be one that
// the broker will never take.
func (a *Acceptor) Letter(r Record, cause error) Record {
	item := Item{Raw: r.Value, Fault: unstorable(cause)}
	source := ""
	if e, envelope, err := event.Open(r.Headers, r.Value); err == nil {
		item.Event, source = *e, envelope.Source
	}
	hasher := a.hashers.Get().(*event.Fingerprinter)
	defer a.hashers.Put(hasher)
	return a.letterRecord(hasher, &item, source, r.Time)
}

// unstorable is the fault of an event that the broker will never take.
func unstorable(cause error) *Fault {
	detail := "event: the broker refuses it for good"
	if errors.Is(cause, ErrTooLarge) {
		detail = "event: larger than a record may be"
	}
	return &Fault{Reason: event.ReasonBadField, Detail: detail}
}

// letterID is one for all events that are equal as JSON values and set aside
// for one reason: a sender's retries are one letter. What two sources say are
// two events: their ids are their own.
func letterID(hasher *event.Fingerprinter, item *Item, source string) string {
	b := []byte("dead letter")
	for _, part := range [...]string{string(item.Fault.Reason), item.Event.ShopID, source} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	if value := canonical(item.Raw); value != nil {
		b = append(append(b, 'v'), value...)
	} else {
		b = append(append(b, 'b'), item.Raw...) // no JSON: the bytes are all there is
	}
	return hex.EncodeToString(hasher.Sum(b)[:16])
}

// canonical writes a JSON value so that equal values have equal bytes: no
// white space, sorted names, one spelling of each string and number. It is nil
// when raw is no JSON.
func canonical(raw []byte) jsontext.Value {
	s := scan(raw)
	defer s.release()
	var b bytes.Buffer
	e := jsontext.NewEncoder(&b, jsontext.AllowDuplicateNames(true)) // the scanner has looked
	for {
		token, err := s.ReadToken()
		if err == io.EOF && b.Len() > 0 {
			break
		}
		if err == nil && token.Kind() == '0' {
			err = e.WriteValue(parseDecimal([]byte(token.String())).json())
		} else if err == nil {
			err = e.WriteToken(token)
		}
		if err != nil {
			return nil
		}
	}
	out := jsontext.Value(b.Bytes())
	if out.Format(jsontext.ReorderRawObjects(true)) != nil {
		return nil // more than one value
	}
	return out
}

// json spells the number in the one way that canonical knows.
func (d decimal) json() jsontext.Value {
	if d.digits == "" {
		return jsontext.Value("0")
	}
	out := jsontext.Value{}
	if d.negative {
		out = append(out, '-')
	}
	out = append(append(out, d.digits...), 'e')
	return strconv.AppendInt(out, int64(d.exp), 10)
}
