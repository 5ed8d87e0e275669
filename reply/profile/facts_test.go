package profile

import (
	"log/slog"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// Orders count as they do everywhere: paid ones, net of refunds, whoever else
// the order's events name, no test traffic.
func TestFacts(t *testing.T) {
	db := clickhousetest.Fresh(t)
	migrations, err := warehouse.Render(warehouse.Cluster{})
	if err == nil {
		err = clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.DiscardHandler))
	}
	var views []warehouse.View
	if err == nil {
		views, err = warehouse.Views(warehouse.Cluster{})
	}
	for _, v := range views {
		if err == nil {
			err = db.Exec(t.Context(), v.SQL, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	n := int64(0)
	order := func(user, id, status string, daysAgo float64, amount, refunded string, test uint8) {
		t.Helper()
		n++
		at := now.Add(-time.Duration(daysAgo * 24 * float64(time.Hour))).UnixMilli()
		if err := db.Exec(t.Context(), `
			INSERT INTO askbuy.order_events (shop_id, order_id, event_id, user_id, status, amount, refunded_amount, currency, ts, received_at, is_test, identity, raw_position, version)
			SELECT '1', {id:String}, concat({id:String}, {status:String}), {user:String}, {status:String},
			       if({amount:String} = '', NULL, toDecimal64({amount:String}, 2)), if({refunded:String} = '', NULL, toDecimal64({refunded:String}, 2)), 'CNY',
			       fromUnixTimestamp64Milli({at:Int64}), now64(3), {test:UInt8}, toFixedString(leftPad(toString({n:Int64}), 16, '0'), 16), {n:Int64}, 1`,
			map[string]any{"id": id, "status": status, "user": user, "amount": amount, "refunded": refunded, "at": at, "test": test, "n": n}); err != nil {
			t.Fatal(err)
		}
	}
	order("u1", "a", "paid", 10, "100.00", "", 0)
	order("u1", "a", "refunded", 9, "", "40.00", 0)
	order("u1", "b", "paid", 2, "50.00", "", 0)
	order("u1", "c", "created", 1, "70.00", "", 0)
	order("u1", "d", "paid", 1, "70.00", "", 1)
	order("u2", "e", "paid", 1, "70.00", "", 0)
	u1, u2, nobody := event.Shopper{ShopID: "1", UserID: "u1"}, event.Shopper{ShopID: "1", UserID: "u2"}, event.Shopper{ShopID: "1", UserID: "u'3\\"}
	got, err := Facts{db}.Profiles(t.Context(), []event.Shopper{u1, u2, nobody})
	if err != nil {
		t.Fatal(err)
	}
	if p := got[u1]; p.Orders != 2 || p.Refunds != 1 || p.BasketCents != 5500 || p.DaysSinceLast < 1.9 || p.DaysSinceLast > 2.1 {
		t.Errorf("%+v", p)
	}
	if p := got[u2]; p.Orders != 1 || p.BasketCents != 7000 || len(got) != 2 {
		t.Errorf("%+v of %v", p, got)
	}
}
