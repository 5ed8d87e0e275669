package report

import (
	"context"
	"math"
	"strconv"
	"time"

	"askbuy/models/intent"
	schema "askbuy/schemas/clickhouse"
)

// expired is what may have expired: whatever is gone of messages, and of order
// events, happened before these times. In ms; the least is nothing.
//
// Rows of which a part may be gone are not compared, only expected: what was
// said of them rested on more than there is now.
type expired struct{ messages, orders, behaviors int64 }

const never = math.MinInt64 / 2

// orderLife is how long before its payment an order's first event is expected:
// an earlier one may have named the order's shopper or conversation, and is no
// longer there to be asked.
const orderLife = 90 * 24 * time.Hour

func readExpired(ctx context.Context, db database) (expired, error) {
	e := expired{never, never, never}
	err := each(ctx, db, "retention", schema.Retentions(), nil, func(c *cells) {
		name, _, floor := c.text(), c.count(), c.count()
		if floor == 0 {
			return
		}
		switch name {
		case "messages":
			e.messages = floor + schema.EventAhead.Milliseconds()
		case "orders":
			e.orders = floor + schema.EventAhead.Milliseconds()
		case "behaviors":
			e.behaviors = floor + schema.EventAhead.Milliseconds()
		}
	})
	return e, err
}

// sessionsFrom is the first time at which a session may begin, as far as there
// are messages, to be surely whole: an expired message would be a session of
// its own.
func (e expired) sessionsFrom() int64 { return after(e.messages, intent.SessionGap.Milliseconds()) }

// pastFrom is the first time from which on a message's claims and orders are
// surely there, behaviorsFrom the same of its behaviours.
func (e expired) pastFrom() int64 {
	return max(after(e.messages, intent.PastReach), after(e.orders, intent.PastReach+orderLife.Milliseconds()))
}

func (e expired) behaviorsFrom() int64 { return after(e.behaviors, intent.BehaviorReach) }

func after(floor, reach int64) int64 {
	if floor == never {
		return never
	}
	return floor + reach
}

// orphans leaves out scores of messages that may have expired and are not there.
func (e expired) orphans() string {
	if e.messages == never {
		return ""
	}
	return " AND NOT (toUnixTimestamp64Milli(s.ts) < " + strconv.FormatInt(e.messages, 10) +
		" AND (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages))"
}

// ordersFrom leaves out orders of which a touch or an event may have expired.
func (e expired) ordersFrom(at string) string {
	from := max(after(e.messages, touchWindowMs), after(e.orders, orderLife.Milliseconds()))
	if from == never {
		return ""
	}
	return " AND " + at + " >= " + strconv.FormatInt(from, 10)
}

// Certain says from when on, in ms, rows surely rest on facts that are all
// still there: of a conversation all of whose messages are no older, and of an
// order paid no earlier. When no facts expire these are the least of times.
func Certain(ctx context.Context, db database) (messages, orders int64, err error) {
	e, err := readExpired(ctx, db)
	messages = max(e.sessionsFrom(), e.pastFrom(), e.behaviorsFrom())
	return messages, max(after(messages, touchWindowMs), after(e.orders, orderLife.Milliseconds())), err
}
