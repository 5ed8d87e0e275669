package simulator

import (
	"strconv"
	"time"

	"askbuy/schemas/event"
)

// purchase is one order in the making.
type purchase struct {
	c        *conversation
	shop     string
	user     string
	id       string
	named    string
	currency string
	amount   event.Money
	items    []event.Item
	events   int
	paidAt   int64
	giving   float64 // what the variant adds to the probability that it comes to nothing
	lostAt   int64   // when it first came to nothing; 0: never
}

// What follows a decision to buy; the oracle reckons with the same numbers.
const (
	named  = .2  // probability that an order names its conversation
	unpaid = .05 // that it is never paid
	partly = .14 // that some of it is refunded, when it is not given back

	soon, sameDay, nextDay = .55, .30, .15 // when it is created
)

const (
	soonMean                     = 12 * time.Minute
	sameDayMedian, sameDaySpread = 3 * time.Hour, 1
	nextDayMedian, nextDaySpread = 26 * time.Hour, .8
	lostMedian, lostSpread       = 20 * time.Hour, 1 // from payment to what undoes it
)

// delay is the time from the last message to the order: minutes, hours, a day.
func (c *conversation) delay() int64 {
	switch c.pick([]float64{soon, sameDay, nextDay}) {
	case 0:
		return c.exponential(soonMean)
	case 1:
		return c.logNormal(sameDayMedian, sameDaySpread)
	}
	return c.logNormal(nextDayMedian, nextDaySpread)
}

func (c *conversation) newPurchase(name string) *purchase {
	p := &purchase{c: c, shop: c.shop.id, user: c.user, named: name, currency: c.shop.currency, giving: c.trace.giving,
		id: c.shop.style.order + c.number + strconv.Itoa(c.orders)}
	c.orders++
	for i := range 1 + c.IntN(3) {
		cents := event.Money(c.shop.price * 100 * (.3 + 1.4*c.Float64()))
		quantity := 1 + c.Int64N(2)
		p.items = append(p.items, event.Item{ItemID: "sku" + strconv.Itoa(60*i+c.IntN(60)),
			Category: one(c.stream, categories), Quantity: quantity, Amount: cents})
		p.amount += cents
	}
	if !c.o.Plain && c.chance(.02) {
		p.currency = one(c.stream, []string{"USD", ""})
	}
	return p
}

// buy plays an order that is created at the given time, with all that usually
// becomes of one.
func (c *conversation) buy(at int64, name string) *purchase {
	p := c.newPurchase(name)
	if name == "" && c.chance(named) {
		p.named = c.id
	}
	if c.chance(.9) {
		p.tell(p.event(event.StatusCreated, at))
		at += c.between(10*time.Second, 10*time.Minute)
	}
	if c.chance(unpaid) {
		if c.chance(.5) {
			p.tell(p.event(event.StatusCancelled, at+time.Hour.Milliseconds()))
		}
		return p
	}
	p.pay(at)
	p.aftermath()
	return p
}

func (p *purchase) pay(at int64) {
	p.paidAt = at
	e := p.event(event.StatusPaid, at)
	if p.c.chance(.5) {
		zero := event.Money(0)
		e.RefundedAmount = &zero
	}
	if p.c.chance(.2) {
		e.Coupon = "NEW30"
	}
	p.tell(e)
}

// event makes an event of the order with every field that senders give.
func (p *purchase) event(status event.Status, at int64) event.Event {
	p.events++
	amount := p.amount
	return event.Event{Type: event.TypeOrder, ShopID: p.shop, UserID: p.user, OrderID: p.id,
		ID: p.id + "-" + strconv.Itoa(p.events), Status: status, TS: at,
		Amount: &amount, Currency: p.currency, ConvID: p.named, Items: p.items}
}

// bare leaves out what later events of many platforms do not repeat.
func (p *purchase) bare(e event.Event) event.Event {
	if p.c.chance(.6) {
		e.Amount, e.Items, e.Currency, e.ConvID = nil, nil, "", ""
	}
	if p.c.chance(.5) {
		e.UserID = ""
	}
	return e
}

func (p *purchase) tell(e event.Event) { p.c.tell(e) }

// aftermath cancels, refunds, corrects, or most often does nothing.
func (p *purchase) aftermath() {
	later := p.paidAt + p.c.logNormal(lostMedian, lostSpread)
	if p.c.chance(p.c.shopper.returns + p.giving) {
		p.giveBack(later)
		return
	}
	switch p.c.pick([]float64{1 - partly - .03, partly / 2, partly / 2, .03}) {
	case 1:
		p.refundByID(later)
	case 2:
		p.refundCumulative(later)
	case 3: // paid is told again with a corrected amount
		p.amount += 100
		p.items = p.items[:1:1]
		p.tell(p.event(event.StatusPaid, later))
	}
}

// giveBack lets the order come to nothing.
func (p *purchase) giveBack(at int64) {
	p.lostAt = at
	switch p.c.pick([]float64{5, 4, 2}) {
	case 0:
		p.tell(p.bare(p.event(event.StatusCancelled, at)))
	case 1:
		p.refundAll(at)
	case 2: // refunded, then cancelled all the same
		p.refundByID(at)
		p.lostAt = at + time.Hour.Milliseconds()
		p.tell(p.bare(p.event(event.StatusCancelled, p.lostAt)))
	}
}

// refundByID tells one to three refunds, each with its own amount, and at
// times corrects one.
func (p *purchase) refundByID(at int64) {
	for i := range 1 + p.c.IntN(3) {
		p.refund("r"+strconv.Itoa(i), at, p.part())
		at += p.c.exponential(5 * time.Hour)
		if p.c.chance(.2) {
			p.refund("r"+strconv.Itoa(i), at, p.part())
		}
	}
}

func (p *purchase) refund(id string, at int64, amount event.Money) {
	e := p.bare(p.event(event.StatusRefunded, at))
	e.RefundID, e.RefundAmount = id, &amount
	p.tell(e)
}

// part is some of the amount, at most a half and at least one cent.
func (p *purchase) part() event.Money {
	return 1 + event.Money(p.c.Int64N(int64(p.amount/2)+1))
}

func (p *purchase) refundCumulative(at int64) {
	sum := event.Money(0)
	for range 1 + p.c.IntN(3) {
		sum += p.part()
		total := sum
		e := p.bare(p.event(event.StatusRefunded, at))
		e.RefundedAmount = &total
		p.tell(e)
		at += p.c.exponential(5 * time.Hour)
	}
}

// refundAll gives everything back, at times a little more.
func (p *purchase) refundAll(at int64) {
	all := p.amount
	if p.c.chance(.2) {
		all += 2000
	}
	e := p.bare(p.event(event.StatusRefunded, at))
	e.RefundedAmount = &all
	p.tell(e)
}
