package simulator

import (
	"cmp"
	"math"
	"strconv"
	"time"

	"askbuy/schemas/event"
)

// conversation makes up one conversation and all that comes of it.
type conversation struct {
	stream
	o         Options
	shop      *shop
	neighbour *shop // another shop, or the same when there is but one
	class     *class
	number    string // unique among the shop's events
	user      string
	id        string
	channel   string
	bot       string
	language  language
	cozeShare float64
	shopper   shopper

	now      int64 // ms: the latest moment that was told
	lastUser int64 // ts of the user's latest message
	messages int
	orders   int
	others   int // behaviours, exposures, feedback, aliases
	out      []told
	did      []doing // since the shopper's latest message
	trace    *trace
	trial    *running // nil: none
}

func newConversation(o Options, s stream, sh *shop, j int) *conversation {
	c := &conversation{stream: s, o: o, shop: sh, number: o.Label + strconv.Itoa(j)}
	c.user = sh.style.user + strconv.Itoa(100+c.whose())
	c.id = sh.style.conv + c.number
	c.shopper = newShopper(&c.o, sh.id, c.user)
	k := s.pick(sharesOf(c.shopper.boasts))
	c.class = &classes[k]
	c.language = language(s.pick(sh.language[:]))
	c.channel = one(s, []string{"web", "miniprogram", "app", ""})
	c.bot = one(s, []string{"b1", "b2", ""})
	if !o.EventsOnly {
		c.cozeShare = one(s, []float64{0, 0, 0, 1, 1, .3})
	}
	c.now = o.Start.UnixMilli() + s.between(0, cmp.Or(o.span, o.End.Sub(o.Start)))
	c.now -= c.now % 1000 // most senders know seconds only
	if s.chance(.5) {
		c.now += s.Int64N(1000)
	}
	c.trace = &trace{shop: sh, user: c.user, conv: c.id, start: c.now, shopper: c.shopper, class: k, base: sh.appeal}
	if c.begun(o.Drift.ShiftDay) {
		c.trace.base += o.Drift.Shift
	}
	return c
}

// whose draws which of the shop's shoppers it is. Heavy ones come back again
// and again: the n-th in proportion to n^-0.6.
func (c *conversation) whose() int {
	if !c.o.Heavy {
		return c.IntN(c.shop.users)
	}
	return int(float64(c.shop.users) * math.Pow(c.Float64(), 2.5))
}

// play tells the conversation from its first page view to its last refund.
func (c *conversation) play() {
	c.browse()
	c.talk()
	c.judge()
	c.decide()
	if !c.o.Plain && c.chance(.35) {
		c.trace.trapped = true
		one(c.stream, traps)(c)
	}
	c.forgetIDs()
	c.trace.name(c.out)
}

// decide lets the conversation end in an order, or not. Whether it does hangs
// on one number that is the same whatever the odds, and what the order is on a
// stream of its own: so two worlds that differ in the odds alone can be told
// from each other.
func (c *conversation) decide() {
	c.trace.lastUser = c.lastUser
	luck := c.Float64()
	if luck >= sigmoid(odds(c.trace.class, c.trace.base, c.shopper.bias, c.shopper.boasts)) {
		return
	}
	rest := c.stream
	c.stream = newStream(c.o.Seed, "purchase", c.number)
	p := c.buy(c.lastUser+c.delay(), "")
	c.trace.paidAt, c.trace.lostAt = p.paidAt, p.lostAt
	c.stream = rest
}

// tell adds an event unless it would lie outside the period.
func (c *conversation) tell(e event.Event) {
	if e.TS < c.o.Start.UnixMilli() || e.TS > c.o.End.UnixMilli() {
		return
	}
	if e.ShopID == "" {
		e.ShopID = c.shop.id
	}
	c.out = append(c.out, told{Event: e})
}

func (c *conversation) talk() {
	last := act(-1)
	for turn := 0; turn < 30; turn++ {
		last = c.nextAct(turn, last)
		c.trace.steps = append(c.trace.steps, step{act: last, did: c.did, ts: c.now, out: len(c.out)})
		c.did = nil
		c.say(c.now, c.id, c.words(last))
		c.answer()
		if !c.chance(c.class.stay) {
			return
		}
		before := c.now
		c.now += c.gap()
		c.roam(c.class.does, before, c.now)
	}
}

// repeating is the probability that a message does what the one before did.
const repeating = .15

// nextAct moves from the class's early acts to its late ones, and repeats the
// last one at times.
func (c *conversation) nextAct(turn int, last act) act {
	if last >= 0 && c.chance(repeating) {
		return last
	}
	weights := c.class.weights(turn)
	return act(c.pick(weights[:]))
}

// weights are those of a message's acts by its place in the conversation.
func (k *class) weights(turn int) (out [acts]float64) {
	progress := min(1, float64(turn)/5)
	for i := range out {
		out[i] = (1-progress)*k.early[i] + progress*k.late[i]
	}
	return out
}

// gap is the time to the next message: mostly seconds, at times a pause that
// halves what was said, at times more than a day, at times none at all.
func (c *conversation) gap() int64 {
	switch c.pick([]float64{92, 5, 1, 2}) {
	case 1:
		return c.between(30*time.Minute, 6*time.Hour)
	case 2:
		return c.between(24*time.Hour, 60*time.Hour)
	case 3:
		return 0
	}
	return c.logNormal(25*time.Second, 1)
}

// say tells a message of the shopper.
func (c *conversation) say(at int64, conv, text string) {
	e := event.Event{UserID: c.user, ConvID: conv, From: event.RoleUser, Text: text, TS: at}
	if c.o.PersonalData && c.chance(.03) {
		e.Text = confide(c.stream, text)
	}
	c.message(e)
	c.lastUser = at
}

// answer lets the bot or an agent reply to what was just said.
func (c *conversation) answer() {
	e := event.Event{UserID: c.user, ConvID: c.id, From: event.RoleBot, Text: one(c.stream, botReplies[c.language])}
	switch c.pick([]float64{70, 8, 22}) {
	case 0:
		e.TS = c.now + c.logNormal(2*time.Second, .7)
	case 1:
		e.From, e.Text = event.RoleAgent, one(c.stream, agentReplies[c.language])
		e.TS = c.now + c.logNormal(40*time.Second, .7)
	default:
		return
	}
	c.message(e)
	c.now = max(c.now, e.TS)
}

// message tells a message through one of the two doors: /coze knows neither
// bot nor channel.
func (c *conversation) message(e event.Event) {
	e.Type, e.ID = event.TypeMessage, "m"+c.number+"."+strconv.Itoa(c.messages)
	c.messages++
	e.Channel, e.BotID = c.channel, c.bot
	coze := c.chance(c.cozeShare)
	if coze {
		e.Channel, e.BotID = "coze", ""
	}
	before := len(c.out)
	c.tell(e)
	if len(c.out) > before {
		c.out[before].coze = coze
	}
}

// forgetIDs makes some messages anonymous: those that can be told apart by
// their time, for nothing else will name them.
func (c *conversation) forgetIDs() {
	at := map[int64]int{}
	for i := range c.out {
		if c.out[i].Type == event.TypeMessage {
			at[c.out[i].TS]++
		}
	}
	for i := range c.out {
		m := &c.out[i]
		m.anonymous = m.coze && at[m.TS] == 1 && c.chance(.1)
	}
}
