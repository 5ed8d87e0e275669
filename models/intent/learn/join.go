package learn

import (
	"cmp"
	"slices"
	"time"

	"askbuy/models/intent"
)

// What the contract says of attribution and maturity.
const (
	window  = int64(72 * time.Hour / time.Millisecond)      // last touch to order
	reach   = int64(30 * 24 * time.Hour / time.Millisecond) // of a touch that the order names
	settled = int64(15 * 24 * time.Hour / time.Millisecond) // after which an order that is kept stays so
	longest = 256                                           // messages of a conversation that are read
)

// conversation is one, as far as it counts: the user's messages before its
// first attributed order.
type conversation struct {
	Shopper
	id       string
	ids      []string // of the messages
	points   []intent.Point
	features [][]uint32
	claims   []bool
	past     *intent.Past
	inputs   []intent.Input // once there is evidence

	last    int64 // ts of the latest user message, also after the order
	orders  []Order
	touched int64 // the touch of the first of them

	kept, net []float64 // by message: whether an order that is kept follows, or one that nobody touches, 0 to 1
	weight    float64   // of the conversation
	stands    float64   // for how many it stands: 0 where something was done about its score
}

// open reports whether an order may still be attributed to it.
func (c *conversation) open(until int64) bool { return c.last+window > until }

// unknown reports whether its outcome is.
func (c *conversation) unknown(until int64) bool { return len(c.orders) == 0 && c.open(until) }

// delay is the time from the touch to the first order.
func (c *conversation) delay() int64 { return c.orders[0].PaidAt - c.touched }

// reading makes conversations of facts.
type reading struct {
	model *intent.Model
	until int64
}

// conversations joins sorted facts, shopper by shopper.
func (r reading) conversations(f *Facts) (all []*conversation) {
	orders, behaviors, stands := f.Orders, f.Behaviors, StandsFor(f.Actions)
	for messages := f.Messages; len(messages) > 0; {
		s := messages[0].Shopper
		said := take(&messages, s, func(m Message) Shopper { return m.Shopper })
		all = append(all, r.shopper(said,
			take(&orders, s, func(o Order) Shopper { return o.Shopper }),
			take(&behaviors, s, func(b Behavior) Shopper { return b.Shopper }))...)
	}
	for _, c := range all {
		c.stands = stands.Of(c.Shopper, c.id)
	}
	return all
}

// take cuts the shopper's facts off the front, and what comes before them.
func take[F any](facts *[]F, s Shopper, of func(F) Shopper) []F {
	from := 0
	for from < len(*facts) && of((*facts)[from]).compare(s) < 0 {
		from++
	}
	to := from
	for to < len(*facts) && of((*facts)[to]) == s {
		to++
	}
	mine := (*facts)[from:to]
	*facts = (*facts)[to:]
	return mine
}

// shopper joins what one shopper said, ordered and did.
func (r reading) shopper(messages []Message, orders []Order, behaviors []Behavior) (all []*conversation) {
	past := &intent.Past{}
	for _, b := range behaviors {
		if signal := intent.SignalOf(b.Name); signal != intent.NoSignal {
			past.Behaviors = append(past.Behaviors, intent.Behavior{TS: b.TS, Signal: signal})
		}
	}
	for _, o := range orders {
		past.Purchases = append(past.Purchases, intent.Purchase{PaidAt: o.PaidAt, LostAt: o.LostAt})
	}
	times := map[string][]int64{}
	for _, m := range messages {
		times[m.Conv] = append(times[m.Conv], m.TS)
	}
	byConv := map[string]*conversation{}
	for _, o := range orders {
		conv, at, ok := attribute(o, times)
		if !ok {
			continue
		}
		c := byConv[conv]
		if c == nil {
			c = &conversation{touched: at}
			byConv[conv] = c
		}
		c.orders = append(c.orders, o)
	}
	for _, m := range messages {
		c := byConv[m.Conv]
		if c == nil {
			c = &conversation{}
			byConv[m.Conv] = c
		}
		if c.past == nil {
			c.Shopper, c.id, c.past = m.Shopper, m.Conv, past
			all = append(all, c)
		}
		r.add(c, m)
	}
	past.Sort()
	return all
}

// add reads a message that counts.
func (r reading) add(c *conversation, m Message) {
	c.last = max(c.last, m.TS)
	scored := r.model.Score(m.Text)
	if scored.Act == intent.Claim {
		c.past.Claims = append(c.past.Claims, m.TS)
	}
	if len(c.orders) > 0 && m.TS >= c.orders[0].PaidAt || len(c.points) == longest {
		return
	}
	c.points = append(c.points, intent.Point{TS: m.TS, Evidence: scored.Evidence, Bargain: scored.Act == intent.Bargain, Params: r.model.Params()})
	c.ids = append(c.ids, m.ID)
	c.features = append(c.features, intent.Features(nil, m.Text))
	c.claims = append(c.claims, scored.Act == intent.Claim)
}

// attribute is the contract's last touch within 72 h, an order's own word
// first. times are those of the user's messages, by conversation.
func attribute(o Order, times map[string][]int64) (conv string, at int64, ok bool) {
	var explicit bool
	for id, ts := range times {
		n, _ := slices.BinarySearch(ts, o.PaidAt+1)
		if n == 0 {
			continue
		}
		gap, named := o.PaidAt-ts[n-1], id == o.NamedConv
		if gap > reach || gap > window && !named {
			continue
		}
		if !ok || named || !explicit && cmp.Or(cmp.Compare(ts[n-1], at), cmp.Compare(id, conv)) > 0 {
			conv, at, ok, explicit = id, ts[n-1], true, named
		}
	}
	return conv, at, ok
}
