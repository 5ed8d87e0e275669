package simulator

import (
	"strconv"
	"time"

	"askbuy/schemas/event"
)

var categories = []string{"coat", "shirt", "shoes", "bag"}

func (c *conversation) nextID(kind string) string {
	c.others++
	return kind + c.number + "." + strconv.Itoa(c.others)
}

// do tells a behaviour of the shopper.
func (c *conversation) do(name string, at int64) {
	e := event.Event{Type: event.TypeBehavior, ID: c.nextID("b"), UserID: c.user, Name: name, TS: at}
	switch name {
	case "page_view":
		e.PageID = "p" + strconv.Itoa(c.IntN(50))
	case "dwell":
		ms := c.logNormal(20*time.Second, 1)
		e.PageID, e.DwellMS = "p"+strconv.Itoa(c.IntN(50)), &ms
	case "item_click", "favorite", event.AddToCart:
		e.ItemID, e.Category = "sku"+strconv.Itoa(c.IntN(200)), one(c.stream, categories)
	}
	e.Test = !c.o.Plain && c.chance(.01)
	c.tell(e)
}

// doing is a behaviour that a conversation's class makes more or less likely.
type doing int

const (
	doView doing = iota
	doClick
	doDwell
	doFavorite
	doSizeChart
	doCart
	doCheckout
	doings int = iota
)

var doingNames = [doings]string{"page_view", "item_click", "dwell", "favorite", "size_chart_open", event.AddToCart, "checkout"}

// browse tells what the shopper looked at before writing.
func (c *conversation) browse() {
	c.roam(c.class.looks, c.now-c.between(time.Minute, 20*time.Minute), c.now)
	c.expose()
}

// roam tells the behaviours between two moments, the later one included, and
// notes them for the oracle.
func (c *conversation) roam(mean float64, from, to int64) {
	for range c.poisson(mean) {
		d := doing(c.pick(c.class.behaviors[:]))
		c.did = append(c.did, d)
		c.do(doingNames[d], to-c.Int64N(max(1, to-from)))
	}
}

// expose tells which variants were shown in the conversation.
func (c *conversation) expose() {
	if c.trial != nil {
		c.enter()
		return
	}
	if !c.chance(.6) {
		return
	}
	s := newStream(c.o.Seed, "variant", c.shop.id+"\x00"+c.user)
	variant := one(s, []string{"control", "treatment"})
	c.show("greeting", variant, c.id)
	if c.o.Plain {
		return
	}
	switch c.pick([]float64{80, 8, 6, 3, 3}) {
	case 1: // a second experiment: the conversation is in neither
		c.show("coupon", variant, c.id)
	case 2: // both variants: the first that was shown holds
		c.show("greeting", "control", c.id)
		c.show("greeting", "treatment", c.id)
	case 3: // names no conversation
		c.show("banner", variant, "")
	case 4: // a conversation that nobody has written in
		c.show("greeting", variant, "nobody-"+c.id)
	}
}

func (c *conversation) show(experiment, variant, conv string) {
	c.tell(event.Event{Type: event.TypeExposure, ID: c.nextID("x"), UserID: c.user, ConvID: conv,
		Experiment: experiment, Variant: variant, TS: c.now - c.Int64N(3)*1000,
		Test: !c.o.Plain && c.chance(.01)})
}

// judge tells what the shopper thought of the conversation, puts things into
// the cart and names the shopper's other account.
func (c *conversation) judge() {
	if c.chance(c.class.cart) {
		c.do(event.AddToCart, c.lastUser+c.exponential(10*time.Minute))
	}
	if c.chance(.12) {
		e := event.Event{Type: event.TypeFeedback, ID: c.nextID("f"), UserID: c.user, ConvID: c.id, TS: c.now + c.exponential(time.Hour)}
		if c.chance(.8) {
			rating := 1 + c.Int64N(5)
			e.Rating = &rating
		}
		if c.chance(.6) {
			resolved := c.chance(.7)
			e.Resolved = &resolved
		}
		c.tell(e)
	}
	if c.chance(.03) {
		c.tell(event.Event{Type: event.TypeAlias, ID: c.nextID("a"), UserID: c.user, Alias: "openid:" + c.user, TS: c.now})
	}
}
