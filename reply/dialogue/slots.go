package dialogue

import (
	"strings"

	"askbuy/models/intent"
)

// Slots are what a shopper has named, the latest of each. Personal data is
// known by its placeholder alone.
type Slots struct {
	Order, Tracking, SKU, Size, Colour, Place string
	HasAddress, HasPhone                      bool
}

// Placeholders of what the door has masked.
const (
	maskedAddress = "[address]"
	maskedPhone   = "[phone]"
)

// filled counts what one text brought.
type filled struct{ order, address, place int }

// fill takes what a text names.
func (s *Slots) fill(text string, entities []intent.Entity) (n filled) {
	for _, e := range entities {
		switch e.Type {
		case "order_id":
			s.Order, n.order = e.Text, n.order+1
		case "tracking":
			s.Tracking = e.Text
		case "sku":
			s.SKU = e.Text
		case "size", "measure":
			s.Size = e.Text
		case "colour":
			s.Colour = e.Text
		case "place":
			s.Place, n.place = e.Text, n.place+1
		}
	}
	if strings.Contains(text, maskedAddress) {
		s.HasAddress, n.address = true, 1
	}
	s.HasPhone = s.HasPhone || strings.Contains(text, maskedPhone)
	return n
}
