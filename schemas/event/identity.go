package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// IdentityHash names an event in 16 bytes: two events with one hash are
// copies of one event.
type IdentityHash [16]byte

// Owner is what an event's id is unique for: its order for order events, its
// user for all others.
func (e *Event) Owner() string {
	if e.Type == TypeOrder {
		return e.OrderID
	}
	return e.UserID
}

// Identity hashes (shop_id, type, owner, event_id), each with its length
// before it, so that no two identities are one string of bytes.
func (e *Event) Identity() IdentityHash {
	b := make([]byte, 0, 128)
	for _, part := range [4]string{e.ShopID, string(e.Type), e.Owner(), e.ID} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return IdentityHash(sum[:16])
}

// FingerprintVersion is the version of the body's canonical form. Copies with
// different versions cannot be compared and count as equal.
const FingerprintVersion = 1

// Copy is what must be known of a copy of an event to tell a duplicate from a
// conflict.
type Copy struct {
	Version byte     // of the canonical form
	Body    [16]byte // keyed hash of all that the sender said, but for ts, latency and unknown fields
	TS      int64    // event time, ms
	NoTS    bool     // the sender gave no event time: TS is that of arrival
}

// Same reports whether two copies of one identity say the same.
func (c Copy) Same(other Copy) bool {
	if c.Version != other.Version {
		return true
	}
	return c.Body == other.Body && (c.NoTS || other.NoTS || c.TS == other.TS)
}

// Fingerprinter makes Copies under one key. The key never rotates: a copy may
// come years after the first. Use one per goroutine.
type Fingerprinter struct {
	mac    hash.Hash
	buffer []byte // the last event's canonical form
	sum    []byte // its hash
}

// NewFingerprinter keys a fingerprinter; the key is at least 32 random bytes.
func NewFingerprinter(key []byte) *Fingerprinter {
	return &Fingerprinter{mac: hmac.New(sha256.New, key)}
}

// Copy fingerprints an event as it is after mapping, normalisation and
// masking, and before any encryption.
func (f *Fingerprinter) Copy(e *Event, noTS bool) Copy {
	body := *e
	body.TS, body.Attrs = 0, nil
	if e.Reply != nil && e.Reply.LatencyMS != 0 { // of the copy, as its time is
		reply := *e.Reply
		reply.LatencyMS, body.Reply = 0, &reply
	}
	if len(e.Items) > 0 {
		body.Items = append([]Item(nil), e.Items...)
		for i := range body.Items {
			body.Items[i].Attrs = nil
		}
	}
	b, err := body.append(f.buffer[:0])
	if err != nil { // every field of an event without attrs can be written
		panic("event: fingerprint: " + err.Error())
	}
	f.buffer = b
	c := Copy{Version: FingerprintVersion, TS: e.TS, NoTS: noTS}
	f.sum = f.append(f.sum[:0], b)
	copy(c.Body[:], f.sum)
	return c
}

// Sum is a keyed hash of any bytes, 32 long.
func (f *Fingerprinter) Sum(b []byte) []byte { return f.append(nil, b) }

func (f *Fingerprinter) append(to, b []byte) []byte {
	f.mac.Reset()
	f.mac.Write(b)
	return f.mac.Sum(to)
}
