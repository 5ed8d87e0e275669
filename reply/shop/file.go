package shop

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"askbuy/schemas/event"
)

// Catalogue is what a file says, by shop.
type Catalogue map[string]Shelf

// Shelf is one shop's part of it.
type Shelf struct {
	Orders     []Order     `json:"orders,omitzero"`
	Items      []Item      `json:"items,omitzero"`
	Promotions []Promotion `json:"promotions,omitzero"`
}

// ParseCatalogue reads a file, {shop: {"orders", "items", "promotions"}}. An
// empty one says nothing. It reports every problem.
func ParseCatalogue(raw []byte) (Catalogue, error) {
	c := Catalogue{}
	if len(raw) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(raw, &c, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	var problems []error
	for shop, shelf := range c {
		for _, o := range shelf.Orders {
			problems = append(problems, of(shop, o.check()))
		}
		for _, i := range shelf.Items {
			problems = append(problems, of(shop, i.check()))
		}
	}
	return c, errors.Join(problems...)
}

func of(shop string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("shop %q: %w", shop, err)
}

// File is a provider that reads a catalogue, which may be replaced at any
// time.
type File struct{ Catalogue func() Catalogue }

// Order is of Provider.
func (f File) Order(_ context.Context, s event.Shopper, id string) (Order, error) {
	for _, o := range f.Catalogue()[s.ShopID].Orders {
		if o.ID == id && o.UserID == s.UserID {
			return o, nil
		}
	}
	return Order{}, ErrUnknown
}

// Item is of Provider.
func (f File) Item(_ context.Context, shop, sku string) (Item, error) {
	for _, i := range f.Catalogue()[shop].Items {
		if i.SKU == sku {
			return i, nil
		}
	}
	return Item{}, ErrUnknown
}

// Promotions is of Provider.
func (f File) Promotions(_ context.Context, shop string) ([]Promotion, error) {
	return f.Catalogue()[shop].Promotions, nil
}
