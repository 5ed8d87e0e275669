package event

import (
	"encoding/json"
	"errors"
)

// Position is a place in a log that only ever grows: a later record of one
// partition has the greater position, and a topic made anew a greater one than
// all of the topic before. It is epoch << 40 | offset.
type Position int64

// At is the position of an offset in an epoch of its topic.
func At(epoch, offset int64) Position { return Position(epoch<<40 | offset) }

// Before is the position that is one before an offset: before the first it is
// the last that the epoch before could have had, which no record ever has.
func Before(epoch, offset int64) Position { return At(epoch, offset) - 1 }

// Entry is one record of the journey topic: what one shopper's join has to
// know, in one log. Exactly one of its parts is set.
type Entry struct {
	Message  *ScoredMessage `json:"message,omitempty"`
	Behavior *Behavior      `json:"behavior,omitempty"`
	Order    *OrderSnapshot `json:"order,omitempty"`
	Erasure  *Erasure       `json:"erasure,omitempty"`
}

// ScoredMessage is a message as the score group hands it on. Bot's and
// agent's messages and test traffic come too, without evidence: their copies
// have to be recognised, though they are never folded.
type ScoredMessage struct {
	ShopID     string   `json:"shop_id"`
	UserID     string   `json:"user_id"`
	EventID    string   `json:"event_id"`
	ConvID     string   `json:"conv_id"`
	TS         int64    `json:"ts"`
	Folded     bool     `json:"folded,omitempty"` // a user's, and no test
	Act        string   `json:"act,omitempty"`    // what the text does, whatever topic a rule gives it
	Intent     string   `json:"intent,omitempty"`
	IntentPath []string `json:"intent_path,omitempty"`
	Evidence   float64  `json:"evidence,omitempty"`
	ModelID    string   `json:"model_id,omitempty"`
	Raw        Position `json:"raw"` // in the messages topic: of copies the least counts
}

// Behavior is a behaviour handed on to the journey.
type Behavior struct {
	ShopID   string   `json:"shop_id"`
	UserID   string   `json:"user_id"`
	EventID  string   `json:"event_id"`
	Name     string   `json:"name"`
	TS       int64    `json:"ts"`
	ItemID   string   `json:"item_id,omitempty"`
	Category string   `json:"category,omitempty"`
	Test     bool     `json:"test,omitempty"`
	Raw      Position `json:"raw"`
}

// OrderSnapshot is what an order came to after one of its events. The orders
// group sends it to every user that any event of the order names.
type OrderSnapshot struct {
	ShopID      string `json:"shop_id"`
	OrderID     string `json:"order_id"`
	UserID      string `json:"user_id"` // whose journey this record is in
	Shopper     string `json:"shopper"` // the order's shopper, "" when none
	CreatedAt   *int64 `json:"created_at,omitempty"`
	PaidAt      *int64 `json:"paid_at,omitempty"` // order time, nil while unpaid
	CancelledAt *int64 `json:"cancelled_at,omitempty"`
	RefundedAt  *int64 `json:"refunded_at,omitempty"`
	NamedConv   string `json:"conv_id,omitempty"`
	Amount      Money  `json:"amount"`
	Refunded    Money  `json:"refunded_amount"`
	// NamedAt is the greatest ts of the events that name UserID; 0 when none is kept.
	NamedAt    int64    `json:"named_at,omitempty"`
	Gone       bool     `json:"gone,omitempty"`       // erased: nothing of the order names UserID any more
	Overflowed bool     `json:"overflowed,omitempty"` // more events than are kept: ask the facts
	V          Position `json:"v"`                    // greatest position in the orders topic applied
}

// Shopper is the one whose journey the entry belongs to.
func (e *Entry) Shopper() Shopper {
	switch {
	case e.Message != nil:
		return Shopper{e.Message.ShopID, e.Message.UserID}
	case e.Behavior != nil:
		return Shopper{e.Behavior.ShopID, e.Behavior.UserID}
	case e.Order != nil:
		return Shopper{e.Order.ShopID, e.Order.UserID}
	case e.Erasure != nil:
		return Shopper{e.Erasure.ShopID, e.Erasure.UserID}
	}
	return Shopper{}
}

// DecodeEntry reads a record of the journey topic.
func DecodeEntry(value []byte) (*Entry, error) {
	var e Entry
	if err := json.Unmarshal(value, &e); err != nil {
		return nil, err
	}
	parts := 0
	for _, set := range []bool{e.Message != nil, e.Behavior != nil, e.Order != nil, e.Erasure != nil} {
		if set {
			parts++
		}
	}
	if parts != 1 {
		return nil, errors.New("want exactly one of message, behavior, order, erasure")
	}
	return &e, nil
}
