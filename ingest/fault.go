package ingest

import (
	"errors"
	"io"

	"askbuy/schemas/event"
)

var (
	errTrailing = errors.New("bytes follow the value")
	errNoObject = errors.New("want an object")
)

// notEmpty gives the end of input a name that a sender understands.
func notEmpty(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Fault says why an event cannot be accepted.
type Fault struct {
	Reason  event.Reason
	Detail  string // names the field and the rule, never a value
	NotJSON bool   // the bytes are no JSON at all
}

// Error makes a fault readable in a log.
func (f *Fault) Error() string { return string(f.Reason) + ": " + f.Detail }

// rank orders the reasons that one event may have at once: the least counts.
func rank(r event.Reason) int {
	switch r {
	case event.ReasonForbiddenShop:
		return 0
	case event.ReasonMalformed:
		return 1
	case event.ReasonUnknownType:
		return 2
	case event.ReasonMissingField:
		return 3
	case event.ReasonBadField:
		return 4
	default:
		return 5
	}
}
