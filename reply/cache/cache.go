// Package cache keeps replies that may be given again: hot answers, which are
// the same for everybody who asks the same, and the answers to the same
// question in the same context within ten minutes.
//
// A key carries everything that a reply depends on, the versions of the FAQ,
// the rules and the model included, so that a new version needs no clearing: it
// asks under other keys, and what is no longer asked for is evicted.
package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/maypok86/otter/v2"
)

// Defaults.
const (
	HotSize     = 1000             // answers
	ContextSize = 10_000           // answers
	Lifetime    = 10 * time.Minute // of an answer in its context
	HotLifetime = 24 * time.Hour   // bounds how long a deleted answer may live on
)

// Scope is what a reply depends on beside what was said.
type Scope struct {
	Shop, Language, Arm string // Arm: experiment and variant, "" for none
	Model               string // the language model's name, "" for none
	FAQ                 string // version of the shop's FAQ
}

// Key names a reply. Two of different parts are different, whatever the parts
// hold.
type Key [sha256.Size]byte

// Hot is the key of a question by itself. Case, width, spaces and marks do not
// make it another question.
func Hot(s Scope, question string) Key { return key("hot", s, "", plain(question)) }

// InContext is the key of a question after other ones. Whose conversation it is
// belongs to it wherever a reply may hold what is the shopper's own.
func InContext(s Scope, shopper string, before []string, question string) Key {
	return key("context", s, shopper, said(before, question)...)
}

// said are the questions of a conversation up to now, as a key has them.
func said(before []string, question string) []string {
	parts := make([]string, 0, len(before)+1)
	for _, text := range before {
		parts = append(parts, plain(text))
	}
	return append(parts, plain(question))
}

func key(kind string, s Scope, shopper string, texts ...string) Key {
	h := sha256.New()
	write := func(part string) {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	for _, part := range []string{kind, s.Shop, s.Language, s.Arm, s.Model, s.FAQ, shopper} {
		write(part)
	}
	for _, text := range texts {
		write(text)
	}
	return Key(h.Sum(nil))
}

// The characters that most questions are made of.
const firstHan, lastHan = 0x4E00, 0x9FFF

// plain is a question's letters, digits and the signs that change a number, in
// lower case and half-width, words kept apart.
func plain(question string) string {
	var b strings.Builder
	b.Grow(len(question))
	apart, last := false, rune(0)
	for _, r := range question {
		if r >= firstHan && r <= lastHan { // a letter without a case: no table has to say so
			apart, last = false, r
			b.WriteRune(r)
			continue
		}
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-+%$¥￥[]", r) {
			apart = b.Len() > 0
			continue
		}
		if apart && last < utf8.RuneSelf && r < utf8.RuneSelf {
			b.WriteByte(' ')
		}
		apart, last = false, r
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimRight(b.String(), " .") // a stop may stand apart
}

// Cache keeps values for a time and up to a number. What is asked for often
// stays when it is full. It is safe for concurrent use.
type Cache[V any] struct{ otter *otter.Cache[Key, V] }

// Clock is a source of time; tests give their own.
type Clock = otter.Clock

// New makes a cache; a nil clock is the real one.
func New[V any](size int, lifetime time.Duration, clock Clock) (*Cache[V], error) {
	c, err := otter.New(&otter.Options[Key, V]{
		MaximumSize: size, ExpiryCalculator: otter.ExpiryWriting[Key, V](lifetime), Clock: clock,
		Executor: func(f func()) { f() }, // no goroutine of its own for what takes microseconds
	})
	if err != nil {
		return nil, fmt.Errorf("make cache: %w", err)
	}
	return &Cache[V]{c}, nil
}

// Get is the value of a key.
func (c *Cache[V]) Get(k Key) (V, bool) { return c.otter.GetIfPresent(k) }

// Put keeps a value.
func (c *Cache[V]) Put(k Key, value V) { c.otter.Set(k, value) }

// Clear lets go of all values.
func (c *Cache[V]) Clear() { c.otter.InvalidateAll() }

// Len is about how many values there are.
func (c *Cache[V]) Len() int {
	c.otter.CleanUp()
	return c.otter.EstimatedSize()
}

// Close ends what the cache does beside its callers.
func (c *Cache[V]) Close() { c.otter.StopAllGoroutines() }
