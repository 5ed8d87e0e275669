package erasure

import (
	"bytes"
	"context"
	"encoding/json"

	"askbuy/schemas/event"
)

// LetterGone reports whether a dead letter is about an erased subject. A
// letter's bytes may have any shape and its event time be the very fault, so
// every string and number of its JSON may be the subject's id, and the letter
// is gone when it, or the event in it, is no later than the erasure. What is
// not JSON names nobody whom it could be asked for.
func (l *List) LetterGone(letter *event.DeadLetter) bool {
	if l.Empty() {
		return false
	}
	text := letter.Bytes
	if letter.Sealed {
		text = l.opened(letter)
	}
	if len(text) == 0 {
		return false
	}
	at := letter.ReceivedAt
	if e, err := event.Decode(text); err == nil && e.TS > 0 {
		at = min(at, e.TS)
	}
	found := false
	shops := []string{letter.ShopID}
	Scalars(text, func(name, value string) bool {
		if name == "shop_id" || name == "shopId" { // the letter's is the credential's, which may be for all
			shops = append(shops, value)
		}
		return true
	})
	Scalars(text, func(_, value string) bool {
		for _, shop := range shops {
			found = found || l.ShopperGone(event.Shopper{ShopID: shop, UserID: value}, at) || l.has(l.Order(shop, value), at)
		}
		return !found
	})
	return found
}

// opened are the bytes of a sealed letter; nil when it cannot be opened here.
func (l *List) opened(letter *event.DeadLetter) []byte {
	if l.open == nil {
		return nil
	}
	text, err := l.open(context.Background(), letter)
	if err != nil {
		return nil // of another process's keyring: its row names nobody
	}
	return text
}

// Scalars tells of the strings and numbers in a JSON text, with the name of
// the member that each is or is in, until told that there is enough or the
// text is JSON no more.
func Scalars(text []byte, tell func(name, value string) (more bool)) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var s scalars
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		if value, is := s.next(token); is && len(value) <= longestID && !tell(s.name, value) {
			return
		}
	}
}

const longestID = 256 // bytes, the contract's

// scalars follows the nesting to tell names from values.
type scalars struct {
	name    string
	objects []bool // of what is open: true for an object
	named   bool   // in an object: the name was read, its value comes
}

func (s *scalars) next(token json.Token) (value string, is bool) {
	switch t := token.(type) {
	case json.Delim:
		s.nest(t)
		return "", false
	case string:
		if s.inObject() && !s.named {
			s.name, s.named = t, true
			return "", false
		}
		s.named = false
		return t, true
	case json.Number:
		s.named = false
		return t.String(), true
	}
	s.named = false
	return "", false
}

func (s *scalars) inObject() bool { return len(s.objects) > 0 && s.objects[len(s.objects)-1] }

func (s *scalars) nest(d json.Delim) {
	s.named = false
	if d == '{' || d == '[' {
		s.objects = append(s.objects, d == '{')
		return
	}
	s.objects = s.objects[:len(s.objects)-1]
}
