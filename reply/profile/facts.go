package profile

import (
	"context"
	"fmt"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Facts are the orders that the warehouse has.
type Facts struct{ DB *clickhouse.DB }

// asked are the shoppers that a query is about. Their ids travel in hex, so
// that no id can be anything but an id.
const asked = `(SELECT unhex(k[1]), unhex(k[2]) FROM (SELECT splitByChar('.', arrayJoin(splitByChar(',', {keys:String}))) AS k))`

// The events of the shoppers' orders lead to the orders, which are then folded
// as they are everywhere.
const query = `
SELECT shop_id, user_id, toInt64(count()) AS orders, toInt64(countIf(refunded_amount > 0)) AS refunds,
       toInt64(round(avg(toFloat64(net_amount)) * 100)) AS basket, dateDiff('second', max(paid_at), now64(3)) / 86400 AS days
FROM bi.orders
WHERE paid_at IS NOT NULL AND (shop_id, user_id) IN ` + asked + `
  AND (shop_id, order_id) IN (SELECT shop_id, order_id FROM askbuy.order_events WHERE (shop_id, user_id) IN ` + asked + ` AND is_test = 0)
GROUP BY shop_id, user_id`

// Profiles reads those of several shoppers at once.
func (f Facts) Profiles(ctx context.Context, shoppers []event.Shopper) (map[event.Shopper]turn.Profile, error) {
	type row struct {
		ShopID  string  `ch:"shop_id"`
		UserID  string  `ch:"user_id"`
		Orders  int64   `ch:"orders"`
		Refunds int64   `ch:"refunds"`
		Basket  int64   `ch:"basket"`
		Days    float64 `ch:"days"`
	}
	keys := make([]string, len(shoppers))
	for i, s := range shoppers {
		keys[i] = fmt.Sprintf("%x.%x", s.ShopID, s.UserID)
	}
	rows, err := clickhouse.Select[row](ctx, f.DB, query, map[string]any{"keys": strings.Join(keys, ",")})
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	found := make(map[event.Shopper]turn.Profile, len(rows))
	for _, r := range rows {
		found[event.Shopper{ShopID: r.ShopID, UserID: r.UserID}] = turn.Profile{
			Orders: r.Orders, Refunds: r.Refunds, BasketCents: r.Basket, DaysSinceLast: max(r.Days, 0),
		}
	}
	return found, nil
}
