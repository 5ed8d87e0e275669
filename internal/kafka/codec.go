package kafka

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Poison stands in the place of a value that could not be decoded. Goka stops
// a processor whose codec fails and meets the same record again at the next
// start, for ever; a Poison value lets the callback bury it and go on.
type Poison struct {
	// Raw is the record's value as it was stored; nil when it had none.
	Raw []byte
	Err error
}

// Codec is a goka.Codec over pure functions that never fails on decoding: what
// cannot be read arrives as *Poison. A Poison is encoded as its raw bytes.
type Codec[T any] struct {
	EncodeValue func(T) ([]byte, error)
	DecodeValue func([]byte) (T, error)
}

// NewCodec joins the two halves.
func NewCodec[T any](encode func(T) ([]byte, error), decode func([]byte) (T, error)) Codec[T] {
	return Codec[T]{EncodeValue: encode, DecodeValue: decode}
}

// Encode implements goka.Codec; an error here is a mistake in the program.
func (c Codec[T]) Encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case T:
		return c.EncodeValue(v)
	case *Poison:
		return v.Raw, nil
	}
	var want T
	return nil, fmt.Errorf("encode value: is a %T, not a %T", value, want)
}

// Decode implements goka.Codec and never returns an error.
func (c Codec[T]) Decode(data []byte) (value any, _ error) {
	// Only the pure function is within reach of this recover: Goka's own
	// panics, if recovered, leave it deadlocked.
	defer func() {
		if r := recover(); r != nil {
			value = &Poison{Raw: data, Err: fmt.Errorf("decode value: panic: %v\n%s", r, debug.Stack())}
		}
	}()
	if data == nil {
		return &Poison{Err: errNoValue}, nil
	}
	v, err := c.DecodeValue(data)
	if err != nil {
		return &Poison{Raw: data, Err: err}, nil
	}
	return v, nil
}

var errNoValue = errors.New("decode value: record has none")
