package ingest

import (
	"askbuy/ingest/mask"
	"askbuy/schemas/event"
)

// sealer encrypts bytes that have to be kept as they came. The associated data
// must be given again to open them.
type sealer interface {
	Seal(plaintext, associatedData []byte) ([]byte, error)
}

// UseSealer has the acceptor seal the original bytes of dead letters. It
// belongs before the first Accept.
func (a *Acceptor) UseSealer(s sealer) { a.sealer = s }

// mask takes personal data out of what people wrote: a message's text, the
// strings of unknown fields, and the words that are no ids. Ids stay: orders
// are joined by them.
func (a *Acceptor) mask(e *event.Event) {
	var inAttrs mask.Kinds
	for _, text := range [...]*string{&e.Text, &e.Channel, &e.Coupon, &e.Category} {
		masked, found := mask.Text(*text)
		if found != 0 {
			*text = masked
			a.metrics.masked(found)
		}
	}
	if len(e.Attrs) > 0 {
		e.Attrs, inAttrs = mask.JSON(e.Attrs)
		a.metrics.masked(inAttrs)
	}
	for i := range e.Items {
		if masked, found := mask.Text(e.Items[i].Category); found != 0 {
			e.Items[i].Category = masked
			a.metrics.masked(found)
		}
		if item := &e.Items[i]; len(item.Attrs) > 0 {
			item.Attrs, inAttrs = mask.JSON(item.Attrs)
			a.metrics.masked(inAttrs)
		}
	}
}

// seal turns a letter's bytes into ciphertext that belongs to this letter
// alone. Without a source of randomness the letter goes without its bytes:
// plain text must not leave the door.
func (a *Acceptor) seal(letter *event.DeadLetter) {
	if a.sealer == nil || len(letter.Bytes) == 0 {
		return
	}
	sealed, err := a.sealer.Seal(letter.Bytes, []byte(letter.ID))
	if err != nil {
		letter.Bytes, letter.Detail = nil, letter.Detail+" (its bytes could not be sealed: "+err.Error()+")"
		return
	}
	letter.Bytes, letter.Sealed = sealed, true
}
