package intent

import (
	"cmp"
	"math"
	"slices"
)

// Acts that the signals know by name.
const (
	// Claim is the act of who says that it is bought: true or not, it speaks
	// for no order to come.
	Claim   = "purchase_claim"
	Bargain = "bargain"
)

// How far back signals reach from the message, ms. A signal reads what is
// later than that and not later than the message.
const (
	BehaviorReach = 24 * 60 * 60 * 1000
	PastReach     = 30 * BehaviorReach
	cartNow       = 30 * 60 * 1000
	// claimGrace: an order may be as much older than the words that claim it.
	claimGrace = BehaviorReach
)

// Signal is what a behaviour tells the score.
type Signal uint8

// The signals of behaviours; one that tells nothing is NoSignal.
const (
	NoSignal Signal = iota
	SignalView
	SignalCart
	SignalCheckout
	SignalFavorite
)

var behaviorSignals = map[string]Signal{
	"page_view": SignalView, "item_click": SignalView,
	"add_to_cart": SignalCart, "checkout": SignalCheckout, "favorite": SignalFavorite,
}

// SignalOf is what a behaviour of that name tells.
func SignalOf(name string) Signal { return behaviorSignals[name] }

// Behavior is one behaviour of a shopper.
type Behavior struct {
	TS     int64
	Signal Signal
}

// Purchase is a paid order of a shopper.
type Purchase struct {
	PaidAt int64
	LostAt int64 // when it was first cancelled or refunded; math.MaxInt64: never
}

// Past is what a shopper did besides one conversation's messages. It may hold
// what is later than a message, and what is too old: a signal does not read it.
type Past struct {
	Claims    []int64 // ts of the messages whose act is Claim, of all conversations
	Behaviors []Behavior
	Purchases []Purchase
}

// Sort brings the past into the order that the signals need.
func (p *Past) Sort() {
	slices.Sort(p.Claims)
	slices.SortFunc(p.Behaviors, func(a, b Behavior) int { return cmp.Compare(a.TS, b.TS) })
}

// session is what the messages of one conversation since its last long
// silence add up to, besides their evidence.
type session struct{ messages, bargains int }

func (s *session) add(p Point) {
	s.messages++
	if p.Bargain {
		s.bargains++
	}
}

// signalNames are the signals by place in the vector x of Params:
//
//	turns     log1p of the messages before this one in the session
//	views     log1p of page views and item clicks within 24 h
//	cart      1 when something was put into the cart within 24 h
//	cart_now  1 when within 30 min
//	checkout  1 when a checkout was begun within 24 h
//	favorite  1 when something was marked within 24 h
//	ordered   1 when an order was paid within 24 h
//	orders    log1p of the orders paid within 30 d
//	lost      those of them cancelled or refunded by now, over 1 + orders
//	claims    log1p of the claims within 30 d that no order explains: none
//	          paid within 30 d is later than 24 h before the claim
//	bargains  log1p of the messages that bargain in the session, this one
//	          included; 0 with something in the cart
var signalNames = [...]string{
	"turns", "views", "cart", "cart_now", "checkout", "favorite", "ordered", "orders", "lost", "claims", "bargains",
}

// The signals by which a model needs more than the conversation.
const (
	firstOfBehaviors, firstOfPast, afterPast = 1, 6, 10
	bargains                                 = 10
)

// SignalNames lists the signals in the order in which they are summed.
func SignalNames() []string { return slices.Clone(signalNames[:]) }

// ReadsBehaviors reports whether behaviours change what the model says. A nil
// model is one that reads all there is.
func (p *Params) ReadsBehaviors() bool {
	return p == nil || p.reads(firstOfBehaviors, firstOfPast) || p.reads(bargains, bargains+1)
}

// ReadsPast reports whether orders and other conversations do.
func (p *Params) ReadsPast() bool { return p == nil || p.reads(firstOfPast, afterPast) }

func (p *Params) reads(from, to int) bool {
	return slices.ContainsFunc(signalNames[from:to], func(name string) bool { return p.Signals[name] != 0 || p.Loss[name] != 0 })
}

// signals is the vector at a message.
func (p *Past) signals(ts int64, talk session) (x [len(signalNames)]float64) {
	if p == nil {
		p = &Past{}
	}
	did, bought := p.did(ts), p.bought(ts)
	x = [...]float64{
		math.Log1p(float64(talk.messages - 1)), math.Log1p(float64(did.views)),
		flag(did.cart), flag(did.cartNow), flag(did.checkout), flag(did.favorite),
		flag(bought.orders > 0 && within(bought.last, ts, BehaviorReach)),
		math.Log1p(float64(bought.orders)), float64(bought.lost) / float64(1+bought.orders),
		math.Log1p(float64(p.claims(ts, bought))), 0,
	}
	if !did.cart {
		x[bargains] = math.Log1p(float64(talk.bargains))
	}
	return x
}

func within(at, ts, reach int64) bool { return at <= ts && at > ts-reach }

func flag(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

type behaved struct {
	views                             int
	cart, cartNow, checkout, favorite bool
}

func (p *Past) did(ts int64) (d behaved) {
	from, _ := slices.BinarySearchFunc(p.Behaviors, ts-BehaviorReach+1, func(b Behavior, at int64) int { return cmp.Compare(b.TS, at) })
	for _, b := range p.Behaviors[from:] {
		if b.TS > ts {
			break
		}
		switch b.Signal {
		case SignalView:
			d.views++
		case SignalCart:
			d.cart, d.cartNow = true, d.cartNow || within(b.TS, ts, cartNow)
		case SignalCheckout:
			d.checkout = true
		case SignalFavorite:
			d.favorite = true
		}
	}
	return d
}

type purchased struct {
	orders, lost int
	last         int64 // order time of the latest, when there is one
}

func (p *Past) bought(ts int64) (b purchased) {
	for _, o := range p.Purchases {
		if !within(o.PaidAt, ts, PastReach) {
			continue
		}
		if b.orders == 0 || o.PaidAt > b.last {
			b.last = o.PaidAt
		}
		b.orders++
		if o.LostAt <= ts {
			b.lost++
		}
	}
	return b
}

// claims counts what was said to be bought and was not.
func (p *Past) claims(ts int64, b purchased) (n int) {
	for _, at := range p.Claims {
		if within(at, ts, PastReach) && (b.orders == 0 || b.last <= at-claimGrace) {
			n++
		}
	}
	return n
}
