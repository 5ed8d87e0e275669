package event

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Header is one header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Names of the headers of a raw record.
const (
	HeaderSchema         = "schema"
	HeaderIdentity       = "id"              // 16 bytes, IdentityHash
	HeaderFingerprint    = "fp"              // version, then 16 bytes
	HeaderNoTS           = "ts_defaulted"    // present: the sender gave no event time
	HeaderSource         = "source"          // the door it came through
	HeaderMaybeDuplicate = "maybe-duplicate" // present: the door could not settle it
	HeaderFirst          = "first"           // 8 bytes: a fact that is told again stands at this position
)

// Envelope is what the door knows of an event beside the event itself. It
// travels in the headers.
type Envelope struct {
	Identity       IdentityHash
	Copy           Copy // TS stands in the event; here it is filled in by Open
	Source         string
	MaybeDuplicate bool
	// First is the position of the fact that this record tells again, to a log
	// that was begun anew; nil: the record stands for itself.
	First *Position
}

// Values that every record shares; nobody may write into a header.
var present, version = []byte{1}, []byte(Version)

// Headers writes the envelope.
func (v *Envelope) Headers() []Header {
	const identity, fingerprint = len(v.Identity), len(v.Identity) + 1 + len(v.Copy.Body) // their ends
	b := append(make([]byte, 0, fingerprint+len(v.Source)), v.Identity[:]...)
	b = append(append(b, v.Copy.Version), v.Copy.Body[:]...)
	b = append(b, v.Source...)
	h := append(make([]Header, 0, 6),
		Header{HeaderSchema, version},
		Header{HeaderIdentity, b[:identity:identity]},
		Header{HeaderFingerprint, b[identity:fingerprint:fingerprint]},
		Header{HeaderSource, b[fingerprint:]})
	if v.Copy.NoTS {
		h = append(h, Header{HeaderNoTS, present})
	}
	if v.MaybeDuplicate {
		h = append(h, Header{HeaderMaybeDuplicate, present})
	}
	if v.First != nil {
		h = append(h, Header{HeaderFirst, binary.BigEndian.AppendUint64(nil, uint64(*v.First))})
	}
	return h
}

var errSchema = errors.New("record's schema version is not " + Version + ": upgrade this process")

// Open reads a raw record whole: its headers and its value. An error means
// that the record is undecodable and has to be set aside.
func Open(headers []Header, value []byte) (*Event, *Envelope, error) {
	v := &Envelope{}
	seen := 0
	for _, h := range headers {
		switch {
		case h.Key == HeaderSchema:
			if string(h.Value) != Version {
				return nil, nil, errSchema
			}
		case h.Key == HeaderIdentity && len(h.Value) == len(v.Identity):
			seen |= 1
			copy(v.Identity[:], h.Value)
		case h.Key == HeaderFingerprint && len(h.Value) == 1+len(v.Copy.Body):
			seen |= 2
			v.Copy.Version = h.Value[0]
			copy(v.Copy.Body[:], h.Value[1:])
		case h.Key == HeaderSource:
			v.Source = string(h.Value)
		case h.Key == HeaderNoTS:
			v.Copy.NoTS = true
		case h.Key == HeaderMaybeDuplicate:
			v.MaybeDuplicate = true
		case h.Key == HeaderFirst && len(h.Value) == 8:
			first := Position(binary.BigEndian.Uint64(h.Value))
			v.First = &first
		}
	}
	if seen != 3 {
		return nil, nil, errors.New("record has no identity or fingerprint header")
	}
	e, err := Decode(value)
	if err != nil {
		return nil, nil, fmt.Errorf("decode event: %w", err)
	}
	if e.Type.Topic() == "" || e.Identity() != v.Identity {
		return nil, nil, errors.New("record's identity header is not its event's")
	}
	v.Copy.TS = e.TS
	return e, v, nil
}
