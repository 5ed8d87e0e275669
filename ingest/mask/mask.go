// Package mask finds personal data in text and puts placeholders in its place:
// phone numbers, postal addresses, ID cards, e-mail addresses and bank cards,
// in Chinese and in English. It stands at the door, so that none of it reaches
// the broker, the warehouse or a language model.
//
// Precision matters as much as recall: an order number, a price, a size, a
// date or a tracking number is what the conversation is about. So each kind
// has its own grammar and check digits, and words such as 单号 or tracking
// before a number count against it.
//
// Everything here is pure, safe for concurrent use, and idempotent: what was
// masked once stays as it is.
package mask

import (
	"slices"
	"strings"
)

// Kind is a kind of personal data.
type Kind uint8

// The kinds.
const (
	Phone Kind = iota
	Address
	IDCard
	Email
	BankCard
	kindCount
)

var kindNames = [kindCount]string{"phone", "address", "id-card", "email", "bank-card"}

// String is the kind as in placeholders and metrics.
func (k Kind) String() string { return kindNames[k] }

// Placeholder is what stands in place of a value of this kind.
func (k Kind) Placeholder() string { return placeholders[k] }

var placeholders = [kindCount]string{"[phone]", "[address]", "[id-card]", "[email]", "[bank-card]"}

// Kinds is a set of kinds.
type Kinds uint8

// AllKinds is the set of every kind.
const AllKinds Kinds = 1<<kindCount - 1

// Has reports whether k is in the set.
func (ks Kinds) Has(k Kind) bool { return ks&(1<<k) != 0 }

// List is the set's kinds, in their order.
func (ks Kinds) List() []Kind {
	var list []Kind
	for k := range kindCount {
		if ks.Has(k) {
			list = append(list, k)
		}
	}
	return list
}

// String lists the kinds, or is "none".
func (ks Kinds) String() string {
	if ks == 0 {
		return "none"
	}
	names := make([]string, 0, kindCount)
	for _, k := range ks.List() {
		names = append(names, k.String())
	}
	return strings.Join(names, " ")
}

// Text masks a text and says what it found. When it found nothing it returns
// the text itself and allocates nothing. Valid UTF-8 stays valid.
func Text(text string) (masked string, found Kinds) {
	// A placeholder may part what read as one value with what stood beside it,
	// so the text is read until nothing more is found: then masking again changes
	// nothing. Two or three rounds are usual; the limit is against texts made to
	// take many.
	for range maxRounds {
		spans := find(text)
		if len(spans) == 0 {
			break
		}
		var kinds Kinds
		text, kinds = replace(text, spans)
		found |= kinds
	}
	return text, found
}

const maxRounds = 16

// span is a value in a text: the bytes [start, end).
type span struct {
	start, end int
	kind       Kind
}

// find lists the values in a text by start, none overlapping another. The cheap
// look at what the text holds at all decides which finders run.
func find(text string) []span {
	signs := look(text)
	if signs == 0 {
		return nil
	}
	var spans []span
	if signs&signAt != 0 {
		spans = findEmails(text, spans)
	}
	if signs&signDigit != 0 {
		spans = findNumbers(text, spans)
		spans = findStreets(text, spans)
	}
	if signs&signNumeral != 0 {
		spans = findSpelled(text, spans)
	}
	if signs&signPlace != 0 {
		spans = findPlaces(text, spans)
	}
	return merge(spans)
}

// merge joins spans that overlap; the longer one names the kind.
func merge(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	out := spans[:1]
	for _, next := range spans[1:] {
		last := &out[len(out)-1]
		if next.start >= last.end {
			out = append(out, next)
			continue
		}
		if next.end-next.start > last.end-last.start {
			last.kind = next.kind
		}
		last.end = max(last.end, next.end)
	}
	return out
}

func replace(text string, spans []span) (string, Kinds) {
	var b strings.Builder
	var kinds Kinds
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.start])
		b.WriteString(s.kind.Placeholder())
		kinds |= 1 << s.kind
		at = s.end
	}
	b.WriteString(text[at:])
	return b.String(), kinds
}
