// Package erasure knows who was erased and up to when, and says of anything
// about a shopper whether it is gone. The list holds keyed hashes alone: it
// recognises a subject that comes back and names nobody.
//
// What must stay true:
//   - the key is the one of fingerprints, which never rotates: what an erased
//     subject once said may be sent again years later;
//   - an entry is never taken back and only ever moves on in time.
package erasure

import (
	"encoding/binary"
	"sync"

	"askbuy/schemas/event"
)

// Subject is the keyed hash of a shopper, or of an order whose shopper was
// erased with all its events.
type Subject [32]byte

// Entry says that a subject is gone up to an event time.
type Entry struct {
	Subject Subject
	UpTo    int64 // event time, ms
}

// Hasher names subjects. It is safe for concurrent use.
type Hasher struct{ pool sync.Pool }

// NewHasher takes the installation's fingerprint key.
func NewHasher(key []byte) *Hasher {
	return &Hasher{pool: sync.Pool{New: func() any { return event.NewFingerprinter(key) }}}
}

// Shopper names a shopper.
func (h *Hasher) Shopper(s event.Shopper) Subject { return h.sum("erased shopper", s.ShopID, s.UserID) }

// Order names an order.
func (h *Hasher) Order(shopID, orderID string) Subject {
	return h.sum("erased order", shopID, orderID)
}

// sum hashes the parts, each with its length before it, so that no two lists
// of parts are one string of bytes, nor one that is fingerprinted elsewhere.
func (h *Hasher) sum(parts ...string) Subject {
	b := make([]byte, 0, 96)
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	f := h.pool.Get().(*event.Fingerprinter)
	defer h.pool.Put(f)
	return Subject(f.Sum(b))
}
