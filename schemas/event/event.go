// Package event is the shape of what moves through askbuy: the events that
// senders post, the entries of a shopper's journey, the rows derived from
// them, and the names and keys of the topics that carry them. It holds no
// behaviour beyond reading, writing and comparing these shapes, and imports
// the standard library alone, so every room may use it.
package event

import (
	"encoding/json"
	"strings"
)

// Type says what an event tells.
type Type string

// The types of events that senders may post.
const (
	TypeMessage  Type = "message"
	TypeOrder    Type = "order"
	TypeBehavior Type = "behavior"
	TypeExposure Type = "exposure"
	TypeFeedback Type = "feedback"
	TypeAlias    Type = "alias"
)

// The types that askbuy alone makes: no sender may post them.
const (
	TypeHandoff Type = "handoff"
	TypeReply   Type = "reply"
)

// Types lists every type that senders may post, in the order of the contract.
func Types() []Type {
	return []Type{TypeMessage, TypeOrder, TypeBehavior, TypeExposure, TypeFeedback, TypeAlias}
}

// OwnTypes lists the types that only askbuy itself makes.
func OwnTypes() []Type { return []Type{TypeReply, TypeHandoff} }

// Role says who wrote a message.
type Role string

// The roles a message may have.
const (
	RoleUser  Role = "user"
	RoleBot   Role = "bot"
	RoleAgent Role = "agent"
)

// Status is what an order event says happened to the order.
type Status string

// The statuses in their order: the highest of an order's events is the order's.
const (
	StatusCreated   Status = "created"
	StatusPaid      Status = "paid"
	StatusRefunded  Status = "refunded"
	StatusCancelled Status = "cancelled"
)

// AddToCart is the behaviour that makes a conversation carted.
const AddToCart = "add_to_cart"

// Event is one thing that a sender told, normalised: ids are strings, times
// are ms since the epoch, money is in hundredths. Of the fields behind the
// common ones only those of the event's type are set; a nil pointer, "" and a
// nil slice are omission.
type Event struct {
	Type   Type   `json:"type"`
	ID     string `json:"event_id"`
	ShopID string `json:"shop_id"`
	UserID string `json:"user_id,omitempty"`
	ConvID string `json:"conv_id,omitempty"`
	TS     int64  `json:"ts"`             // event time, ms since the epoch
	Test   bool   `json:"test,omitempty"` // test traffic: stored, in no figure

	// Message. Text is set by messages alone, which may leave it empty.
	From    Role   `json:"from,omitempty"`
	Text    string `json:"text,omitempty"`
	Channel string `json:"channel,omitempty"`
	BotID   string `json:"bot_id,omitempty"`

	// Order.
	OrderID        string `json:"order_id,omitempty"`
	Status         Status `json:"status,omitempty"`
	Amount         *Money `json:"amount,omitempty"`
	RefundedAmount *Money `json:"refunded_amount,omitempty"` // cumulative
	RefundID       string `json:"refund_id,omitempty"`
	RefundAmount   *Money `json:"refund_amount,omitempty"` // of this refund alone
	Currency       string `json:"currency,omitempty"`
	Coupon         string `json:"coupon,omitempty"`
	Items          []Item `json:"items,omitzero"` // empty, not nil: the order has none

	// Behaviour.
	Name     string `json:"name,omitempty"`
	ItemID   string `json:"item_id,omitempty"`
	PageID   string `json:"page_id,omitempty"`
	Category string `json:"category,omitempty"`
	DwellMS  *int64 `json:"dwell_ms,omitempty"`

	// Exposure.
	Experiment string `json:"experiment,omitempty"`
	Variant    string `json:"variant,omitempty"`

	// Feedback.
	Rating   *int64 `json:"rating,omitempty"` // 1 to 5
	Resolved *bool  `json:"resolved,omitempty"`

	// Alias.
	Alias string `json:"alias,omitempty"`

	// What askbuy itself tells, each of its own type.
	Handoff *Handoff `json:"handoff,omitempty"`
	Reply   *Reply   `json:"reply,omitempty"`

	// Attrs is a JSON object of the fields that this version does not know.
	Attrs json.RawMessage `json:"attrs,omitempty"`
}

// Item is one line of an order.
type Item struct {
	ItemID   string          `json:"item_id"`
	Category string          `json:"category,omitempty"`
	Quantity int64           `json:"quantity"`
	Amount   Money           `json:"amount"`
	Attrs    json.RawMessage `json:"attrs,omitempty"`
}

// Shopper is the customer of one shop: the key of nearly everything.
type Shopper struct {
	ShopID string `json:"shop_id"`
	UserID string `json:"user_id"`
}

// Shopper is the shopper that the event names.
func (e *Event) Shopper() Shopper { return Shopper{e.ShopID, e.UserID} }

// TextIsTest reports whether a message's text alone marks it as test traffic.
func TextIsTest(text string) bool {
	trimmed := strings.TrimSpace(text)
	return trimmed == "测试" || strings.EqualFold(trimmed, "test")
}

// Encode writes an event as the value of its record.
func Encode(e *Event) ([]byte, error) {
	size := usualEvent + len(e.Text) + len(e.Attrs)
	if e.Reply != nil {
		size += usualReply
	}
	return e.append(make([]byte, 0, size))
}

// The room that an event takes apart from its text and attrs, and what is known
// of a reply beside that, bytes.
const (
	usualEvent = 384
	usualReply = 320
)

// Decode reads the value of a raw record.
func Decode(value []byte) (*Event, error) {
	if e, ok := read(value); ok {
		return e, nil
	}
	var e Event
	if err := json.Unmarshal(value, &e); err != nil {
		return nil, err
	}
	return &e, nil
}
