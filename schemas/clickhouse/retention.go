package warehouse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// expiring are the tables whose rows may be given a time to live, by the names
// that an operator knows. Receipts are not among them: the ledger explains
// every offset of the logs by one.
var expiring = map[string]Table{
	"messages": Messages, "orders": OrderEvents, "behaviors": Behaviors, "exposures": Exposures, "feedback": Feedback,
	"aliases": Aliases, "replies": Replies, "handoffs": Handoffs, "dead_letters": DeadLetters,
}

// Expiring lists the names of the tables that may have a retention.
func Expiring() []string { return slices.Sorted(maps.Keys(expiring)) }

// Retention is what a table keeps.
type Retention struct {
	Name  string `ch:"name"`
	Days  int64  `ch:"days"`  // from arrival; 0: for ever
	Floor int64  `ch:"floor"` // ms; rows that arrived before it may be gone. 0: nothing is
}

// Retentions asks what each table keeps, as a Retention by name. The server
// itself is asked for the present setting, so that it cannot be otherwise; the
// floors of earlier ones were noted when they changed.
func Retentions() string {
	var names []string
	for _, name := range Expiring() {
		names = append(names, fmt.Sprintf("('%s', '%s')", name, strings.TrimPrefix(expiring[name].Name, DatabaseTables+".")))
	}
	return `SELECT k.1 AS name, ifNull(t.kept, 0) AS days,
	greatest(ifNull(f.noted, 0), if(days > 0, toUnixTimestamp64Milli(now64(3, 'UTC')) - days * 86400000, 0)) AS floor
FROM (SELECT arrayJoin([` + strings.Join(names, ", ") + `]) AS k) AS a
LEFT JOIN (SELECT name, toInt64OrZero(extract(engine_full, 'TTL .*toIntervalDay\\((\\d+)\\)')) AS kept FROM system.tables WHERE database = '` + DatabaseTables + `') AS t ON t.name = k.2
LEFT JOIN (SELECT name, toUnixTimestamp64Milli(r.floor) AS noted FROM ` + RetentionFloors.Name + ` AS r FINAL) AS f ON f.name = k.1
ORDER BY name`
}

// Expire makes a table keep its rows for days from their arrival, or for ever.
func (c Cluster) Expire(name string, days int64) string {
	what := "REMOVE TTL"
	if days > 0 {
		what = fmt.Sprintf("MODIFY TTL toDateTime(received_at, 'UTC') + toIntervalDay(%d)", days)
	}
	return fmt.Sprintf("ALTER TABLE %s %s %s", expiring[name].Name, c.OnCluster(), what)
}

// EventAhead is how far an event's time may lie ahead of its arrival: the door
// allows 5 minutes, clocks the rest. What has expired happened before its
// table's floor and this.
const EventAhead = 15 * time.Minute

// TouchWindow is how far before its order a touch may lie.
const TouchWindow = 30 * 24 * time.Hour

// Orphans are, by derived table, conditions for rows that rest on facts which
// have expired. A row is left alone until it has been stored for a while: its
// facts may be on their way. Keys are sought in the rows that count, or an
// older version would come to light when the newest goes.
func Orphans(messages, orders Retention, settled time.Duration) map[string]string {
	stored := fmt.Sprintf("stored_at <= now() - %d", int64(settled/time.Second))
	before := func(r Retention, margin time.Duration) string {
		return fmt.Sprintf("fromUnixTimestamp64Milli(toInt64(%d), 'UTC')", r.Floor+(EventAhead+margin).Milliseconds())
	}
	where := map[string]string{}
	if messages.Floor > 0 {
		where[MessageScores.Name] = fmt.Sprintf(`(shop_id, user_id, event_id) IN (
	SELECT shop_id, user_id, event_id FROM askbuy.message_scores FINAL WHERE ts < %s AND %s
		AND (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages))`, before(messages, 0), stored)
		where[SecondOpinions.Name] = fmt.Sprintf(`ts < %s AND %s AND (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages)`,
			before(messages, 0), stored)
		where[ShadowScores.Name] = where[SecondOpinions.Name]
	}
	var lost []string
	if messages.Floor > 0 {
		lost = append(lost, fmt.Sprintf(`SELECT shop_id, order_id, user_id
	FROM (SELECT shop_id, order_id, user_id, touches AS all FROM askbuy.touches FINAL WHERE order_at < %s AND %s) ARRAY JOIN all AS t
	WHERE (shop_id, user_id, t.conv_id, t.touch_at) NOT IN (SELECT shop_id, user_id, conv_id, ts FROM askbuy.messages WHERE from_role = 'user')`,
			before(messages, TouchWindow), stored))
	}
	if orders.Floor > 0 {
		lost = append(lost, fmt.Sprintf(`SELECT shop_id, order_id, user_id FROM askbuy.touches FINAL WHERE order_at < %s AND %s
	AND if(empty(touches), (shop_id, order_id) NOT IN (SELECT shop_id, order_id FROM askbuy.order_events),
		(shop_id, order_id, order_at) NOT IN (SELECT shop_id, order_id, ts FROM askbuy.order_events WHERE status = 'paid'))`, before(orders, 0), stored))
	}
	if len(lost) > 0 {
		where[Touches.Name] = "(shop_id, order_id, user_id) IN (\n" + strings.Join(lost, "\nUNION ALL ") + ")"
	}
	return where
}
