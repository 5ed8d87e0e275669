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
// no later attempt can change is ErrTooLarge or ErrRefused.
type publisher interface {
	Start(r Record, then func(error))
}

// spool keeps records while the broker does not take them; see package spool.
type spool interface {
	// Through reports whether a record of the key has to go through the spool.
	Through(key []byte) bool
	// Append is Start; a record that need not go through says that the broker
	// fails.
	Append(r Record, then func(error))
}

var (
	// ErrTooLarge is a publisher's answer to a record that the broker will
	// never take because of its size.
	ErrTooLarge = errors.New("record is too large")
	// ErrRefused is its answer to a record that is invalid for the broker.
	ErrRefused = errors.New("record is refused by the broker")
)

// Hopeless reports whether the same record will meet the same answer.
func Hopeless(err error) bool {
	return errors.Is(err, ErrTooLarge) || errors.Is(err, ErrRefused)
}

// ErrNotDurable says that events may not be stored, or not yet: the sender has
// to send them again, which is safe.
var ErrNotDurable = errors.New("events are not known to be durable: is the broker up?")
