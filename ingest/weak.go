package ingest

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"askbuy/schemas/event"
)

// nameWeakly gives an id to a message that came without one: a keyed hash of
// what it says and when. Without a ts, too, the time is that of arrival, or of
// the first copy when that came within the last 10 s; so the retry of a sender
// that numbers nothing has the id of its first try, and meets it in the
// dedupe.
func (a *Acceptor) nameWeakly(item *Item, arrival time.Time) {
	hasher := a.hashers.Get().(*event.Fingerprinter)
	defer a.hashers.Put(hasher)
	e := &item.Event
	content := []byte("message without id")
	for _, part := range [...]string{e.ShopID, e.UserID, e.ConvID, string(e.From), e.Text} {
		content = binary.AppendUvarint(content, uint64(len(part)))
		content = append(content, part...)
	}
	if item.NoTS {
		thing := event.IdentityHash(hasher.Sum(content)[:16])
		e.TS = a.repeats.First(thing, arrival).UnixMilli()
	}
	content = binary.AppendVarint(content, e.TS)
	e.ID = hex.EncodeToString(hasher.Sum(content)[:16])
}
