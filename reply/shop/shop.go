// Package shop is what a shop itself says of its orders, prices, stock and
// promotions, and the step of the ladder that tells shoppers. These things are
// said from here or not at all.
//
// Two providers are known: a file, and a server of the shop. Whoever writes
// another has to keep to this: an order is told to its own shopper alone.
package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"askbuy/schemas/event"
)

// Order is what a shop says of an order.
type Order struct {
	ID       string `json:"order_id"`
	UserID   string `json:"user_id"` // whose it is; nobody else is told
	Status   Status `json:"status"`
	Carrier  string `json:"carrier,omitzero"`
	Tracking string `json:"tracking,omitzero"`
}

// Status is how far an order is.
type Status string

// The statuses.
const (
	Unpaid    Status = "unpaid"
	Paid      Status = "paid" // not shipped yet
	Shipped   Status = "shipped"
	Delivered Status = "delivered"
	Refunding Status = "refunding"
	Refunded  Status = "refunded"
	Cancelled Status = "cancelled"
)

// Item is what a shop says of a thing that it sells.
type Item struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price string `json:"price,omitzero"` // as it is to be read, with its currency
	Stock *int64 `json:"stock,omitzero"` // pieces; nil: it does not say
}

// Promotion is an offer that runs for a while.
type Promotion struct {
	Chinese string    `json:"zh,omitzero"`
	English string    `json:"en,omitzero"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"` // zero: until it is taken out
}

// runs says whether an offer holds at a moment.
func (p Promotion) runs(at time.Time) bool {
	return !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}

// In is the offer in a language, zh or en; "" when it has no words in it.
func (p Promotion) In(language string) string {
	if language == "en" {
		return p.English
	}
	return p.Chinese
}

// ErrUnknown says that a shop has no such order of this shopper, or no such
// item.
var ErrUnknown = errors.New("unknown to the shop")

// Provider is what knows. An error other than ErrUnknown means that it cannot
// say now.
type Provider interface {
	Order(ctx context.Context, s event.Shopper, id string) (Order, error)
	Item(ctx context.Context, shop, sku string) (Item, error)
	Promotions(ctx context.Context, shop string) ([]Promotion, error)
}

// Nothing is a provider that knows nothing.
type Nothing struct{}

// Order is of Provider.
func (Nothing) Order(context.Context, event.Shopper, string) (Order, error) {
	return Order{}, ErrUnknown
}

// Item is of Provider.
func (Nothing) Item(context.Context, string, string) (Item, error) { return Item{}, ErrUnknown }

// Promotions is of Provider.
func (Nothing) Promotions(context.Context, string) ([]Promotion, error) { return nil, nil }

// check reports what cannot be told of an order.
func (o Order) check() error {
	if _, known := statusTexts[o.Status]; !known || o.ID == "" || o.UserID == "" {
		return fmt.Errorf("order %q: want an order_id, a user_id and a status of unpaid, paid, shipped, delivered, refunding, refunded or cancelled", o.ID)
	}
	return nil
}

func (i Item) check() error {
	if i.SKU == "" || i.Stock != nil && *i.Stock < 0 {
		return fmt.Errorf("item %q: want a sku, and a stock of 0 or more", i.SKU)
	}
	return nil
}
