package ingest

import (
	"math"
	"strconv"

	"askbuy/schemas/event"
)

// items reads an order's lines. An empty array is not omission: it says that
// the order has none.
func (v *reader) items() []event.Item {
	value := v.given(FieldItems)
	if value == nil {
		return nil
	}
	if value.Kind() != '[' {
		v.fail(event.ReasonBadField, FieldItems, "want an array")
		return nil
	}
	s := scan(value)
	defer s.release()
	items := []event.Item{}
	if _, err := s.ReadToken(); err != nil {
		return nil // cannot be: the array was parsed before
	}
	for s.PeekKind() != ']' {
		raw, err := s.value(value)
		if err != nil {
			return nil // cannot be, as above
		}
		items = append(items, v.item(raw, len(items)))
	}
	return items
}

func (v *reader) item(raw []byte, index int) event.Item {
	line := reader{names: itemNames, path: v.path + "items[" + strconv.Itoa(index) + "]."}
	if _, err := line.readObject(raw, itemNames); err != nil {
		v.fail(event.ReasonBadField, FieldItems, "want an array of objects")
		return event.Item{}
	}
	line.need(FieldItemID)
	item := event.Item{
		ItemID:   line.id(FieldItemID),
		Category: line.short(FieldCategory),
		Quantity: 1,
		Attrs:    []byte(line.attrs()),
	}
	if n := line.whole(FieldQuantity, 0, math.MaxInt64, "want a whole number, 0 or more"); n != nil {
		item.Quantity = *n
	}
	if m := line.money(FieldAmount); m != nil {
		item.Amount = *m
	}
	if f := line.fault; f != nil && (v.fault == nil || rank(f.Reason) < rank(v.fault.Reason)) {
		v.fault = f
	}
	return item
}
