package simulator

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// told is an event that counts, and how it goes to the door.
type told struct {
	event.Event
	coze      bool // through POST /coze
	anonymous bool // through POST /coze without a message_id: ID is only ours
	prompt    bool // told without delay
}

// world is the truth layer's result: every event once, in the order of time.
type world struct {
	shops  []shop
	events []told
	traces []*trace
	trial  *running
}

// shop has what its conversations share.
type shop struct {
	id       string
	style    style
	users    int
	appeal   float64 // offset of the odds of an order
	price    float64 // median price of an item, in currency units
	currency string
	language [languages]float64
}

// style is how a shop's platform numbers things. What two shops of one style
// number alike is not the same.
type style struct{ user, conv, order string }

var styles = []style{
	{"u", "c", "o"},
	{"90071992547409", "71992547409", "88000"}, // whole numbers, sent as such at times
	{"甲|", "1:", "2:"},
	{"openid:😀", "会话-", "订单/"},
}

// makeWorld makes the world up, or the one in which a trial gives every
// shopper the forced variant; the two differ in what follows from that alone.
func makeWorld(o Options, forced string) (*world, error) {
	w := &world{shops: makeShops(o)}
	var err error
	if w.trial, err = o.runTrial(w.shops, forced); err != nil {
		return nil, err
	}
	shares := make([]float64, len(w.shops))
	for i := range shares {
		shares[i] = math.Pow(float64(i+1), -1.2) // Zipf: the first shop is the biggest
	}
	for j := range o.Conversations {
		s := newStream(o.Seed, "conversation", o.Label+strconv.Itoa(j))
		i := s.pick(shares)
		c := newConversation(o, s, &w.shops[i], j)
		c.trial = w.trial
		c.neighbour = &w.shops[(i+1)%len(w.shops)]
		c.play()
		w.events = append(w.events, c.out...)
		w.traces = append(w.traces, c.trace)
	}
	slices.SortStableFunc(w.events, func(a, b told) int { return int(a.TS - b.TS) })
	return w, nil
}

func makeShops(o Options) []shop {
	ids := o.ShopIDs
	if len(ids) == 0 {
		for i := range o.Shops {
			ids = append(ids, shopID(o.Seed, i))
		}
	}
	shops := make([]shop, len(ids))
	for i, id := range ids {
		s := newStream(o.Seed, "shop", id)
		shops[i] = shop{
			id: id, style: styles[i%len(styles)], users: 3 + o.Conversations*2/(3*len(ids)),
			appeal: 0.5 * s.NormFloat64(), price: math.Exp(4.6 + 0.5*s.NormFloat64()),
			currency: "CNY", language: [languages]float64{.75, .15, .10}}
		if o.Plain {
			shops[i].style, shops[i].users = styles[0], max(400, shops[i].users)
		}
		if o.Heavy {
			shops[i].users = max(500, o.Conversations/(8*len(ids)))
		}
	}
	return shops
}

// shopID makes a shop's id from the seed, so that simulations with different
// seeds can be played into one instance. Those of numbering platforms are
// whole numbers.
func shopID(seed uint64, i int) string {
	number := strconv.FormatUint(seed, 10) + strconv.Itoa(maxShops + 1 + i)[1:]
	if styles[i%len(styles)].user[0] == '9' {
		return number
	}
	return "sim-" + number
}

// truth is what must come of the world when it is told whole.
func (w *world) truth(o Options) *truth.Truth {
	t := &truth.Truth{Meta: truth.Meta{
		Seed: o.Seed, Conversations: o.Conversations, Noise: string(o.Noise),
		Start: truth.Millis(o.Start.UnixMilli()), End: truth.Millis(o.End.UnixMilli())}}
	for i := range w.shops {
		t.Meta.ShopIDs = append(t.Meta.ShopIDs, w.shops[i].id)
	}
	if w.trial != nil {
		e := w.trial.of[0]
		t.Meta.Trial = &truth.Terms{Experiment: e.Key, Start: truth.Millis(e.Start.UnixMilli()), PlannedEnd: truth.Millis(e.PlannedEnd.UnixMilli())}
	}
	if o.PersonalData {
		t.Meta.Canaries = canaries
	}
	stored := map[string]int64{}
	for _, e := range w.events {
		stored[e.Type.Topic()]++
		if e.anonymous {
			e.ID = ""
		}
		t.Events = append(t.Events, e.Event)
	}
	for _, topic := range event.RawTopics() {
		t.Ledger = append(t.Ledger, truth.LedgerLine{Topic: topic, Stored: stored[topic]})
	}
	return t
}

// isNumber reports an id that a sender may as well send as a JSON number.
func isNumber(id string) bool {
	return id != "" && id[0] != '0' && len(id) < 19 && strings.Trim(id, "0123456789") == ""
}
