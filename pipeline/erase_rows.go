package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	warehouse "askbuy/schemas/clickhouse"
)

// doomed is a condition for the rows of one table that go.
type doomed struct{ table, where string }

// valuesAtOnce bounds the values in one condition.
const valuesAtOnce = 500

// doomed lists what goes. A server keeps the text of its last mutations: ids
// stand in it as salted hashes. Every version of a row goes with it, or one
// that was replaced would come to light again.
func (r *erasing) doomed(ctx context.Context) ([]doomed, error) {
	shop := "shop_id = unhex('" + hex.EncodeToString([]byte(r.subject.ShopID)) + "')"
	by := " AND toUnixTimestamp64Milli(ts) <= " + strconv.FormatInt(r.upTo, 10)
	user := r.ofUser()
	list := []doomed{
		{warehouse.Messages.Name, user + by},
		{warehouse.Behaviors.Name, user + by},
		{warehouse.Exposures.Name, user + by},
		{warehouse.Feedback.Name, user + by},
		{warehouse.Replies.Name, user + by},
		{warehouse.Handoffs.Name, user + by},
		{warehouse.Aliases.Name, shop + " AND (" + r.hashed("user_id", r.subject.UserID) + " OR " + r.hashed("alias", r.subject.UserID) + ")" + by},
		{warehouse.MessageScores.Name, user + by},
		{warehouse.SecondOpinions.Name, user + by},
		{warehouse.ShadowScores.Name, user + by},
		{warehouse.ExperimentUnits.Name, user + strings.Replace(by, "ts", "first_exposure_at", 1)},
	}
	touches, err := r.doomedTouches(ctx)
	if err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(touches, valuesAtOnce) {
		list = append(list, doomed{warehouse.Touches.Name, shop + " AND " + r.hashed(touchesKey, chunk...)})
	}
	for chunk := range slices.Chunk(r.letters, valuesAtOnce) {
		list = append(list, doomed{warehouse.DeadLetters.Name, "id IN ('" + strings.Join(chunk, "', '") + "')"})
	}
	list = append(list, doomed{warehouse.OrderEvents.Name, user + by})
	for chunk := range slices.Chunk(r.own(), valuesAtOnce) {
		list = append(list, doomed{warehouse.OrderEvents.Name, shop + " AND " + r.hashed("order_id", chunk...) + " AND NOT (" + user + ")" + by})
	}
	return list, nil
}

// ofUser is the condition for all rows of the subject.
func (r *erasing) ofUser() string {
	return "shop_id = unhex('" + hex.EncodeToString([]byte(r.subject.ShopID)) + "') AND " + r.hashed("user_id", r.subject.UserID)
}

// hashed is the condition that an expression has one of these values.
func (r *erasing) hashed(expression string, values ...string) string {
	digests := make([]string, len(values))
	for n, value := range values {
		sum := sha256.Sum256(append(slices.Clone(r.salt), value...))
		digests[n] = "unhex('" + hex.EncodeToString(sum[:]) + "')"
	}
	return "SHA256(concat(unhex('" + hex.EncodeToString(r.salt) + "'), " + expression + ")) IN (" + strings.Join(digests, ", ") + ")"
}

// own lists the orders that go whole.
func (r *erasing) own() (orders []string) {
	for order, own := range r.orders {
		if own {
			orders = append(orders, order)
		}
	}
	slices.Sort(orders)
	return orders
}

// findOrders finds the orders that an event of the subject names, and which of
// them are the subject's own, and reports whether it knew less before. One
// that names nobody else is, too, be it of test events alone.
func (r *erasing) findOrders(ctx context.Context) (more bool, err error) {
	type row struct {
		OrderID string `ch:"order_id"`
		Own     uint8  `ch:"own"`
	}
	rows, err := clickhouse.Select[row](ctx, r.db, `
		SELECT order_id, toUInt8(if(payer != '', payer, namer) = {user:String} OR others = 0) AS own
		FROM (
			SELECT order_id,
				argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '' AND e.is_test = 0) AS payer,
				argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '' AND e.is_test = 0) AS namer,
				countIf(e.user_id NOT IN ('', {user:String})) AS others
			FROM askbuy.order_events AS e FINAL
			WHERE shop_id = {shop:String} AND toUnixTimestamp64Milli(ts) <= {upto:Int64} AND order_id IN (
				SELECT order_id FROM askbuy.order_events WHERE shop_id = {shop:String} AND user_id = {user:String} AND toUnixTimestamp64Milli(ts) <= {upto:Int64})
			GROUP BY order_id
		)`, r.params())
	if err != nil {
		return false, fmt.Errorf("find the shopper's orders: %w", err)
	}
	for _, o := range rows {
		own, known := r.orders[o.OrderID]
		more = more || !known || own != (o.Own == 1) && !own
		r.orders[o.OrderID] = own || o.Own == 1
	}
	return more, nil
}

func (r *erasing) params() map[string]any {
	return map[string]any{"shop": r.subject.ShopID, "user": r.subject.UserID, "upto": r.upTo}
}

// latest is the greatest event time of all that the subject had sent in time, ms.
func (r *erasing) latest(ctx context.Context) (int64, error) {
	var parts []string
	for _, t := range []warehouse.Table{warehouse.Messages, warehouse.Behaviors, warehouse.Exposures, warehouse.Feedback, warehouse.Aliases, warehouse.Replies, warehouse.Handoffs, warehouse.OrderEvents} {
		parts = append(parts, "SELECT max(ts) AS ts FROM "+t.Name+" WHERE shop_id = {shop:String} AND user_id = {user:String} AND toUnixTimestamp64Milli(received_at) <= {upto:Int64}")
	}
	row, err := clickhouse.One[struct {
		Latest int64 `ch:"latest"`
	}](ctx, r.db, "SELECT toUnixTimestamp64Milli(max(ts)) AS latest FROM ("+strings.Join(parts, " UNION ALL ")+")", r.params())
	if err != nil {
		return 0, fmt.Errorf("find the shopper's latest event: %w", err)
	}
	return row.Latest, nil
}

// touchesKey names a row of touches within its shop.
const touchesKey = "concat(toString(length(order_id)), ':', order_id, user_id)"

// doomedTouches finds the touches' rows of the subject, and those of other
// users of the subject's orders, that tell of the time before. An empty row
// says what none says.
func (r *erasing) doomedTouches(ctx context.Context) ([]string, error) {
	where := "user_id = {user:String} AND (empty(t.touches) OR toUnixTimestamp64Milli(t.order_at) <= {upto:Int64} OR arrayExists(x -> toUnixTimestamp64Milli(x.touch_at) <= {upto:Int64}, t.touches))"
	keys, err := r.touchesWhere(ctx, where, "")
	for chunk := range slices.Chunk(r.own(), valuesAtOnce) {
		others, e := r.touchesWhere(ctx, "hex(order_id) IN splitByChar(',', {orders:String}) AND user_id != {user:String} AND (empty(t.touches) OR toUnixTimestamp64Milli(t.order_at) <= {upto:Int64})", hexList(chunk))
		if e != nil {
			return nil, e
		}
		keys = append(keys, others...)
	}
	return keys, err
}

func (r *erasing) touchesWhere(ctx context.Context, where, orders string) ([]string, error) {
	params := r.params()
	params["orders"] = orders
	rows, err := clickhouse.Select[struct {
		Key string `ch:"k"`
	}](ctx, r.db, "SELECT DISTINCT "+touchesKey+" AS k FROM askbuy.touches AS t FINAL WHERE shop_id = {shop:String} AND "+where, params)
	if err != nil {
		return nil, fmt.Errorf("find the shopper's touches: %w", err)
	}
	keys := make([]string, len(rows))
	for n, row := range rows {
		keys[n] = row.Key
	}
	return keys, nil
}

func hexList(ids []string) string {
	out := make([]string, len(ids))
	for n, id := range ids {
		out[n] = strings.ToUpper(hex.EncodeToString([]byte(id)))
	}
	return strings.Join(out, ",")
}

// ofSubject is the list of the erased as far as this erasure makes it.
func (r *erasing) ofSubject() *erasure.List {
	entries := []erasure.Entry{{Subject: r.hasher.Shopper(r.subject), UpTo: r.upTo}}
	for _, order := range r.own() {
		entries = append(entries, erasure.Entry{Subject: r.hasher.Order(r.subject.ShopID, order), UpTo: r.upTo})
	}
	return erasure.Of(r.hasher, entries...).OpenLetters(letterOpener(r.ring))
}
