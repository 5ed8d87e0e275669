package simulator

import (
	"strconv"
	"time"

	"askbuy/schemas/event"
)

const (
	day    = 24 * time.Hour
	window = 72 * time.Hour
	months = 30 * day
)

// traps are histories that a careless join gets wrong.
var traps = []func(*conversation){
	(*conversation).organicOrder,
	(*conversation).orderBeforeChat,
	(*conversation).orderInAnotherShop,
	(*conversation).twoConversationsOneOrder,
	(*conversation).oneConversationTwoOrders,
	(*conversation).nameTheRightOne,
	(*conversation).nameAForeignOne,
	(*conversation).refundWithoutUser,
	(*conversation).severalUsers,
	(*conversation).foreignCurrency,
	(*conversation).edgeOfTheWindow,
	(*conversation).edgeOfCandidacy,
	(*conversation).edgeOfTheCart,
	(*conversation).tieInTouches,
	(*conversation).testTraffic,
	(*conversation).sharedIDs,
	(*conversation).paidAtTheMessage,
	(*conversation).noItemsLeft,
}

// organicOrder is of a shopper who never wrote.
func (c *conversation) organicOrder() {
	user := c.user
	c.user = "walk-in-" + c.number
	c.buy(c.now+c.exponential(time.Hour), "")
	c.user = user
}

func (c *conversation) orderBeforeChat() {
	p := c.newPurchase("")
	p.pay(c.out[0].TS - c.between(time.Minute, 2*day))
	p.aftermath()
}

// orderInAnotherShop has the ids of an order here.
func (c *conversation) orderInAnotherShop() {
	p := c.newPurchase(c.id)
	p.tell(p.event(event.StatusPaid, c.lastUser+c.delay()))
	p.shop, p.events = c.neighbour.id, 0
	if c.neighbour.id == c.shop.id { // a lone shop: another order then
		p.id += "b"
	}
	p.amount += 100
	p.tell(p.event(event.StatusPaid, c.lastUser+c.delay()))
}

// another opens a further conversation of the shopper with one message.
func (c *conversation) another(suffix string, at int64) string {
	id := c.id + suffix
	c.say(at, id, say(c.stream, actPrice, c.language))
	return id
}

func (c *conversation) twoConversationsOneOrder() {
	for i := range 1 + c.IntN(3) {
		c.now += c.between(time.Minute, 4*day)
		c.another("-"+strconv.Itoa(i), c.now)
	}
	c.buy(c.now+c.exponential(time.Hour), "")
}

func (c *conversation) oneConversationTwoOrders() {
	at := c.lastUser + c.delay()
	c.buy(at, "")
	c.buy(at, "")
}

// nameTheRightOne names the first conversation although a later one is nearer.
func (c *conversation) nameTheRightOne() {
	c.another("-later", c.now+c.between(time.Minute, 5*day))
	c.buy(c.lastUser+c.exponential(time.Hour), c.id)
}

// nameAForeignOne names a conversation in which the shopper never wrote.
func (c *conversation) nameAForeignOne() {
	user, foreign := c.user, c.id+"-foreign"
	c.user = user + "-friend"
	c.say(c.now, foreign, say(c.stream, actCommit, c.language))
	c.user = user
	c.buy(c.now+c.exponential(time.Hour), one(c.stream, []string{foreign, "no-such-" + c.id}))
}

func (c *conversation) refundWithoutUser() {
	p := c.newPurchase("")
	p.pay(c.lastUser + c.delay())
	e := p.event(event.StatusRefunded, p.paidAt+c.exponential(day))
	amount := p.part()
	e.UserID, e.RefundID, e.RefundAmount = "", "r1", &amount
	p.tell(e)
}

// severalUsers has one user create, another pay, and a third pay again.
func (c *conversation) severalUsers() {
	p := c.newPurchase("")
	at := c.lastUser + c.delay()
	p.user = c.user + "-other"
	p.tell(p.event(event.StatusCreated, at))
	p.user = c.user
	p.pay(at + c.between(time.Second, time.Hour))
	p.user = c.user + "-third"
	p.tell(p.event(event.StatusPaid, at+2*time.Hour.Milliseconds()))
}

func (c *conversation) foreignCurrency() {
	p := c.newPurchase("")
	p.currency = "USD"
	p.pay(c.lastUser + c.delay())
	p.aftermath()
}

// edgeOfTheWindow pays at the last millisecond of 72 h, or one after it.
func (c *conversation) edgeOfTheWindow() {
	c.newPurchase("").pay(c.lastUser + window.Milliseconds() + c.Int64N(2))
}

// edgeOfCandidacy pays at the last millisecond of 30 days, or one after it.
// The conversation is told early enough for that to lie within the period.
func (c *conversation) edgeOfCandidacy() {
	at := c.o.Start.UnixMilli() + c.between(0, 3*day)
	c.user += "-patient"
	conv := c.another("-old", at)
	p := c.newPurchase(one(c.stream, []string{"", conv}))
	p.pay(at + months.Milliseconds() + c.Int64N(2))
}

// edgeOfTheCart fills a cart at the last millisecond of 72 h, or one after it.
func (c *conversation) edgeOfTheCart() {
	c.user += "-carter"
	c.another("-cart", c.now)
	c.do(event.AddToCart, c.now+window.Milliseconds()+c.Int64N(2))
}

// tieInTouches writes in two conversations in one millisecond.
func (c *conversation) tieInTouches() {
	at := c.now + 1000
	c.another("-10", at)
	c.another("-9", at)
	c.say(at, c.id+"-9", say(c.stream, actStock, c.language))
	c.buy(at+c.exponential(time.Hour), "")
}

// testTraffic marks messages, an order's events, a cart and an exposure.
func (c *conversation) testTraffic() {
	c.say(c.now+1000, c.id, one(c.stream, []string{"测试", " TEST\n", "test"}))
	c.another("-test", c.now+2000)
	c.mark()
	p := c.buy(c.now+3000, "")
	p.tell(p.event(event.StatusCancelled, c.now+time.Hour.Milliseconds()))
	c.mark()
	c.do(event.AddToCart, c.now+4000)
	c.mark()
	c.show("banner", "treatment", c.id)
	c.mark()
	p = c.newPurchase("")
	p.tell(p.event(event.StatusPaid, c.now+5000))
	c.mark()
}

// mark makes the event told last a test; only the events' door knows the flag.
func (c *conversation) mark() {
	if n := len(c.out); n > 0 {
		e := &c.out[n-1]
		e.Test = true
		if e.coze {
			e.coze, e.Channel, e.BotID = false, c.channel, c.bot
		}
	}
}

// sharedIDs tells events that differ in one part of their identity alone.
func (c *conversation) sharedIDs() {
	at, id := c.now+1000, "same-"+c.number
	text := say(c.stream, actSize, c.language)
	for _, user := range []string{c.user, c.user + "-twin"} {
		c.tell(event.Event{Type: event.TypeMessage, ID: id, UserID: user, ConvID: c.id, From: event.RoleUser, Text: text, TS: at})
		c.tell(event.Event{Type: event.TypeBehavior, ID: id, UserID: user, Name: "page_view", TS: at})
		p := c.newPurchase("")
		e := p.event(event.StatusPaid, at+c.delay())
		e.ID, e.UserID = id, user
		p.tell(e)
	}
}

// paidAtTheMessage pays in the millisecond of a message, or one before it.
func (c *conversation) paidAtTheMessage() {
	c.user += "-quick"
	at := c.now + 60_000
	c.another("-quick", at)
	c.newPurchase("").pay(at - c.Int64N(2))
}

// noItemsLeft takes an order's items back.
func (c *conversation) noItemsLeft() {
	p := c.buy(c.lastUser+c.delay(), "")
	e := p.event(event.StatusPaid, c.lastUser+2*day.Milliseconds())
	e.Items = []event.Item{}
	p.tell(e)
}
