package event

// Erasure says that a shopper's data up to a moment is gone. In the journey
// topic it concerns all that the shopper's journey remembers; in the erasures
// topic it concerns one order and is keyed by it, or, without an order, the
// shopper's conversations with the reply service, and is keyed by the shopper.
type Erasure struct {
	ShopID  string `json:"shop_id"`
	UserID  string `json:"user_id"`
	OrderID string `json:"order_id,omitempty"` // in the erasures topic alone
	// Whole: the order was the shopper's, so the events of everybody go.
	Whole bool  `json:"whole,omitempty"`
	UpTo  int64 `json:"up_to"` // event time, ms: what happened by then is gone
}

// Key is the partition key in the erasures topic.
func (e *Erasure) Key() string {
	if e.OrderID == "" {
		return Key(e.ShopID, e.UserID)
	}
	return Key(e.ShopID, e.OrderID)
}
