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

// Carry is what a conversation has named after a text: whatever step answers it,
// the next one may go by that. Nothing new is made where the text names nothing.
func Carry(before map[string]string, text string, named []intent.Entity) map[string]string {
	if len(named) == 0 && !strings.Contains(text, maskedAddress) && !strings.Contains(text, maskedPhone) {
		return before
	}
	var s Slots
	s.fill(text, named)
	carried := s.list()
	for name, value := range before {
		if _, newer := carried[name]; !newer {
			if carried == nil {
				carried = map[string]string{}
			}
			carried[name] = value
		}
	}
	return carried
}

// filled counts what one text brought.
type filled struct{ order, address, phone, place int }

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
	if strings.Contains(text, maskedPhone) {
		s.HasPhone, n.phone = true, 1
	}
	return n
}
