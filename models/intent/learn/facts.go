package learn

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
)

// Never is the time of what has not happened.
const Never int64 = math.MaxInt64

// Facts are what shops stored, test traffic left out. Their order does not
// matter.
type Facts struct {
	Messages  []Message
	Orders    []Order
	Behaviors []Behavior
	Actions   []Action
	Share     float64 // of all shoppers, those whose facts these are; 0 and 1: all
}

// Shopper is whom a fact concerns.
type Shopper struct{ Shop, User string }

// Message is one of a shopper's own.
type Message struct {
	Shopper
	Conv, ID, Text string
	TS             int64 // ms
}

// Order is one that was paid, as the contract folds it.
type Order struct {
	Shopper
	ID        string
	NamedConv string // the conversation that it names
	PaidAt    int64
	LostAt    int64 // when it was first cancelled or refunded; Never
	Kept      bool  // its net amount is above 0
}

// Behavior is one of a shopper's.
type Behavior struct {
	Shopper
	Name string
	TS   int64
}

// Action is what was done, or left undone, because of a score in a
// conversation.
type Action struct {
	Shopper
	Conv       string
	Taken      bool
	Propensity float64 // probability with which that was decided; 0: not told
}

// sort brings the facts into one order. Every field is a key of it: what is not
// equal has a place of its own.
func (f *Facts) sort() {
	slices.SortFunc(f.Messages, func(a, b Message) int {
		return cmp.Or(a.compare(b.Shopper), cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Conv, b.Conv), cmp.Compare(a.Text, b.Text))
	})
	slices.SortFunc(f.Orders, func(a, b Order) int {
		return cmp.Or(a.compare(b.Shopper), cmp.Compare(a.PaidAt, b.PaidAt), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.NamedConv, b.NamedConv), cmp.Compare(a.LostAt, b.LostAt), order(a.Kept, b.Kept))
	})
	slices.SortFunc(f.Behaviors, func(a, b Behavior) int {
		return cmp.Or(a.compare(b.Shopper), cmp.Compare(a.TS, b.TS), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(f.Actions, func(a, b Action) int {
		return cmp.Or(a.compare(b.Shopper), cmp.Compare(a.Conv, b.Conv), cmp.Compare(a.Propensity, b.Propensity), order(a.Taken, b.Taken))
	})
}

// order puts what is not before what is.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func (s Shopper) compare(o Shopper) int {
	return cmp.Or(cmp.Compare(s.Shop, o.Shop), cmp.Compare(s.User, o.User))
}

// sampled reports whether there are others.
func (f *Facts) sampled() bool { return f.Share > 0 && f.Share < 1 }

// until is the latest event time: what the facts know of is over by then, and
// what they do not know of may still come.
func (f *Facts) until() (at int64) {
	for _, m := range f.Messages {
		at = max(at, m.TS)
	}
	for _, o := range f.Orders {
		at = max(at, o.PaidAt)
	}
	for _, b := range f.Behaviors {
		at = max(at, b.TS)
	}
	return at
}

// digest is a hash of the sorted facts.
func (f *Facts) digest() string {
	h := sha256.New()
	for _, m := range f.Messages {
		fmt.Fprintf(h, "%q %q %q %q %q %d\n", m.Shop, m.User, m.Conv, m.ID, m.Text, m.TS)
	}
	for _, o := range f.Orders {
		fmt.Fprintf(h, "%q %q %q %q %d %d %t\n", o.Shop, o.User, o.ID, o.NamedConv, o.PaidAt, o.LostAt, o.Kept)
	}
	for _, b := range f.Behaviors {
		fmt.Fprintf(h, "%q %q %q %d\n", b.Shop, b.User, b.Name, b.TS)
	}
	for _, a := range f.Actions {
		fmt.Fprintf(h, "%q %q %q %t %v\n", a.Shop, a.User, a.Conv, a.Taken, a.Propensity)
	}
	if f.sampled() {
		fmt.Fprintf(h, "%v\n", f.Share)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:8])
}
