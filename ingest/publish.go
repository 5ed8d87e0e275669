package ingest

import (
	"errors"
	"time"

	"askbuy/schemas/event"
)

// Record is what the door gives to the broker. Topic has no prefix. Time is
// that of arrival: retention goes by it.
type Record struct {
	Topic   string
	Key     []byte
	Value   []byte
	Headers []event.Header
	Time    time.Time
}

// publisher stores records. Start returns at once; then is called exactly
// once, with nil when the record is durable, and must not block. An error that
// no later attempt can change because of the record's size is ErrTooLarge.
type publisher interface {
	Start(r Record, then func(error))
}

// ErrTooLarge is a publisher's answer to a record that the broker will never
// take because of its size.
var ErrTooLarge = errors.New("record is too large")

// ErrNotDurable says that events may not be stored, or not yet: the sender has
// to send them again, which is safe.
var ErrNotDurable = errors.New("events are not known to be durable: is the broker up?")
