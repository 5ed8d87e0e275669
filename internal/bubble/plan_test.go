//go:build synctests

package bubble

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"askbuy/schemas/event"
)

// plan is all that a seed decides.
type plan struct {
	seed         uint64
	keptMessages int         // of a journey: few ask for repairs
	senders      [][]request // each sends its own in turn
	mishaps      []mishap    // in turn
	warehouse    badWeather
}

// request is what a sender posts together, after a pause, until it is told
// that all of it is durable.
type request struct {
	pause  time.Duration
	events []map[string]any
}

func (r request) body() []byte { return must(json.Marshal(r.events)) }

// newDice are dice for one purpose: what one of them rolls does not change
// what the others do.
func newDice(seed uint64, purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

const senders = 4

func newPlan(seed uint64) plan {
	dice := newDice(seed, "events")
	told := history(dice)
	var all []map[string]any
	storm := 1 + 8*oneIn(dice, 5) // some seeds say everything again and again
	for _, e := range told {
		all = append(all, e)
		for range storm {
			if dice.IntN(4) == 0 {
				all = append(all, e)
			}
		}
		if dice.IntN(15) == 0 {
			all = append(all, contradiction(e))
		}
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	p := plan{seed: seed, keptMessages: []int{3, 8, 512}[dice.IntN(3)], senders: make([][]request, senders)}
	requests := len(all) * 2 / 5
	mean := 2 * playTime * senders / time.Duration(requests)
	for len(all) > 0 {
		n := min(len(all), 1+dice.IntN(4))
		r := request{pause: time.Duration(dice.Int64N(int64(mean))), events: slices.Clone(all[:n])}
		to := dice.IntN(senders)
		p.senders[to] = append(p.senders[to], r)
		all = all[n:]
	}
	p.mishaps = newMishaps(newDice(seed, "mishaps"))
	p.warehouse = newBadWeather(newDice(seed, "warehouse"))
	return p
}

// playTime is about how long the senders have something new to say.
const playTime = time.Minute

func oneIn(dice *rand.Rand, n int) int {
	if dice.IntN(n) == 0 {
		return 1
	}
	return 0
}

var texts = []string{"在吗", "有优惠券吗", "这件大衣多少钱", "可以便宜点吗", "我要下单", "怎么付款", "我要退货", "尺码偏大吗", "今天能发货吗", "谢谢", "测试"}

// history is what happened in a shop or two: shoppers who talk in several
// conversations and order, over some weeks before the senders begin.
func history(dice *rand.Rand) (events []map[string]any) {
	start := time.Now().Add(-time.Duration(1+dice.IntN(40)) * 24 * time.Hour)
	when := func() int64 { // never later than the senders begin
		return start.Add(time.Duration(dice.Int64N(int64(time.Since(start))))).UnixMilli()
	}
	shop := func() string { return fmt.Sprint("s", dice.IntN(2)) }
	user := func() string { return fmt.Sprint("u", dice.IntN(5)) }
	conv := func() string { return fmt.Sprint("c", dice.IntN(3)) }
	for i := range 120 {
		events = append(events, map[string]any{
			"type": "message", "event_id": fmt.Sprint("m", i), "shop_id": shop(), "user_id": user(), "conv_id": conv(), "ts": when(),
			"from": []string{"user", "user", "user", "bot", "agent"}[dice.IntN(5)], "text": texts[dice.IntN(len(texts))],
		})
	}
	for i := range 70 {
		e := map[string]any{
			"type": "order", "event_id": fmt.Sprint("e", i), "shop_id": shop(), "order_id": fmt.Sprint("o", dice.IntN(15)), "ts": when(),
			"status": []string{"created", "paid", "paid", "paid", "cancelled"}[dice.IntN(5)], "amount": fmt.Sprintf("%d.00", 1+dice.IntN(500)), "currency": "CNY",
		}
		if dice.IntN(6) > 0 {
			e["user_id"] = user()
		}
		if dice.IntN(3) == 0 {
			e["conv_id"] = conv()
		}
		events = append(events, e)
	}
	for i := range 20 {
		events = append(events, map[string]any{
			"type": "behavior", "event_id": fmt.Sprint("b", i), "shop_id": shop(), "user_id": user(), "ts": when(), "name": "add_to_cart", "item_id": "sku",
		})
	}
	return events
}

// contradiction is another event under the same identity.
func contradiction(e map[string]any) map[string]any {
	other := map[string]any{}
	for name, value := range e {
		other[name] = value
	}
	switch e["type"] {
	case "message":
		other["text"] = fmt.Sprint(e["text"], "！")
	case "order":
		other["amount"] = "0.01"
	default:
		other["item_id"] = "other"
	}
	return other
}

// identity is that of an event as it is sent.
func identity(e map[string]any) event.IdentityHash {
	text := func(name string) string {
		s, _ := e[name].(string)
		return s
	}
	named := event.Event{Type: event.Type(text("type")), ID: text("event_id"), ShopID: text("shop_id"), UserID: text("user_id"), OrderID: text("order_id")}
	return named.Identity()
}

func randomIdentity(dice *rand.Rand) (id event.IdentityHash) {
	for i := range id {
		id[i] = byte(dice.Uint32())
	}
	return id
}

func randomCopy(dice *rand.Rand) event.Copy { return event.Copy{Version: 1, TS: dice.Int64()} }
