package reply

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// ids makes the ids of conversations and messages. They are keyed hashes, so
// that every replica makes the same ones and nobody else any.
type ids struct{ hashers *sync.Pool }

func newIDs(key []byte) ids {
	return ids{&sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// sum is the keyed hash of parts, each with its length before it, so that no
// two lists of parts are one string of bytes: 32 hexadecimal digits.
func (i ids) sum(parts ...string) string {
	h := i.hashers.Get().(hash.Hash)
	defer i.hashers.Put(h)
	h.Reset()
	var b []byte
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// conversation is the id of a shopper's conversation that begins in a slot of
// time. The slot stands in it, so that the id can be made again from it.
func (i ids) conversation(s event.Shopper, slot int64) string {
	at := strconv.FormatInt(slot, 36)
	return "chat-" + at + "-" + i.sum("conversation", s.ShopID, s.UserID, at)
}

// slotOf is the slot in which a conversation begins. Conversations of one
// shopper that lie apart by turn.Silence begin in different slots.
func slotOf(at time.Time) int64 { return at.UnixMilli() / turn.Silence.Milliseconds() }

// theirs reports whether a conversation is that shopper's.
func (i ids) theirs(s event.Shopper, conv string) bool {
	digits, _, ok := strings.Cut(strings.TrimPrefix(conv, "chat-"), "-")
	slot, err := strconv.ParseInt(digits, 36, 64)
	return ok && err == nil && hmac.Equal([]byte(conv), []byte(i.conversation(s, slot)))
}

// choose is the conversation of a question: the one that the shopper names,
// if it is theirs; the one that goes on; or a new one.
func (i ids) choose(s event.Shopper, named string, known turn.State, at time.Time) string {
	switch {
	case named != "" && (named == known.ConvID || i.theirs(s, named)):
		return named
	case known.ConvID != "" && at.UnixMilli()-known.LastAt < turn.Silence.Milliseconds():
		return known.ConvID
	}
	return i.conversation(s, slotOf(at))
}

// named is the id of a message that its sender named; "" when it did not.
func named(sent string) string {
	if sent == "" {
		return ""
	}
	return "chat:" + sent
}

// message is the id of a message that nobody named: made from what it says and
// the slot of time in which it came, so that a retry of which nothing is
// remembered has the same in most cases.
func (i ids) message(conv, text string, at time.Time) string {
	return "chat:" + i.sum("message", conv, text, strconv.FormatInt(at.UnixMilli()/retryWindow.Milliseconds(), 10))
}
