package simulator

import (
	"cmp"
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
	userBias  float64 // offset of the odds of an order

	now      int64 // ms: the latest moment that was told
	lastUser int64 // ts of the user's latest message
	messages int
	orders   int
	others   int // behaviours, exposures, feedback, aliases
	out      []told
}

func newConversation(o Options, s stream, sh *shop, j int) *conversation {
	c := &conversation{stream: s, o: o, shop: sh, number: o.Label + strconv.Itoa(j)}
	c.user = sh.style.user + strconv.Itoa(100+s.IntN(sh.users))
	c.id = sh.style.conv + c.number
	shares := make([]float64, len(classes))
	for i := range classes {
		shares[i] = classes[i].share
	}
	c.class = &classes[s.pick(shares)]
	c.language = language(s.pick(sh.language[:]))
	c.channel = one(s, []string{"web", "miniprogram", "app", ""})
	c.bot = one(s, []string{"b1", "b2", ""})
	if !o.EventsOnly {
		c.cozeShare = one(s, []float64{0, 0, 0, 1, 1, .3})
	}
	c.userBias = 0.6 * newStream(o.Seed, "user", sh.id+"\x00"+c.user).NormFloat64()
	c.now = o.Start.UnixMilli() + s.between(0, cmp.Or(o.span, o.End.Sub(o.Start)))
	c.now -= c.now % 1000 // most senders know seconds only
	if s.chance(.5) {
		c.now += s.Int64N(1000)
	}
	return c
}

// play tells the conversation from its first page view to its last refund.
func (c *conversation) play() {
	c.browse()
	c.talk()
	c.judge()
	if c.chance(sigmoid(logit(c.class.order) + c.shop.appeal + c.userBias)) {
		c.buy(c.lastUser+c.delay(), "")
	}
	if !c.o.Plain && c.chance(.35) {
		one(c.stream, traps)(c)
	}
	c.forgetIDs()
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
		c.say(c.now, c.id, say(c.stream, last, c.language))
		c.answer()
		if !c.chance(c.class.stay) {
			return
		}
		c.now += c.gap()
	}
}

// nextAct moves from the class's early acts to its late ones, and repeats the
// last one at times.
func (c *conversation) nextAct(turn int, last act) act {
	if last >= 0 && c.chance(.15) {
		return last
	}
	progress := min(1, float64(turn)/5)
	weights := make([]float64, acts)
	for i := range weights {
		weights[i] = (1-progress)*c.class.early[i] + progress*c.class.late[i]
	}
	return act(c.pick(weights))
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
