package warehouse_test

import (
	"testing"
	"time"

	"askbuy/schemas/event"
)

// order adds a paid order of a shop's only shopper.
func (l *loader) order(shop, id, amount, currency string, paidAt int64) {
	m, err := event.ParseMoney(amount)
	if err != nil {
		panic(err)
	}
	l.position++
	l.fact(&event.Event{Type: event.TypeOrder, ShopID: shop, UserID: "u1", OrderID: id, ID: id + "-p", Status: event.StatusPaid, Amount: &m, Currency: currency, TS: paidAt})
}

func (l *loader) question(shop, conv string, ts int64) {
	l.message(event.Event{ShopID: shop, UserID: "u1", ID: conv, ConvID: conv, From: event.RoleUser, Text: "在吗", TS: ts}, l.position+1)
}

// TestShops has shops with settings of their own, with those of every shop,
// and with events alone.
func TestShops(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	for _, shop := range []string{"none", "both", "zone"} {
		l.question(shop, "c1", ten)
		l.order(shop, "o2", "10.00", "USD", ten+2*minute)
		l.order(shop, "o1", "10.00", "CNY", ten+minute)
	}
	l.shop("both", "America/New_York", "EUR")
	l.shop("zone", "Asia/Tokyo", "")
	l.shop("idle", "Asia/Tokyo", "JPY")
	l.insert(t.Context(), t, db)
	const sql = "SELECT * FROM bi.shops ORDER BY shop_id"
	const amounts = "SELECT shop_id, toString(cohort_date), toString(order_amount), other_currency_orders FROM bi.conversations ORDER BY shop_id"
	check(t, ask(t, db, sql), "both|America/New_York|EUR", "idle|Asia/Tokyo|JPY", "none|Asia/Shanghai|CNY", "zone|Asia/Tokyo|CNY")
	check(t, ask(t, db, amounts), "both|2026-10-13|0|2", "none|2026-10-14|10|1", "zone|2026-10-14|10|1")

	l = newLoader()
	l.shop("", "UTC", "USD")
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, sql), "both|America/New_York|EUR", "idle|Asia/Tokyo|JPY", "none|UTC|USD", "zone|Asia/Tokyo|USD")
	check(t, ask(t, db, amounts), "both|2026-10-13|0|2", "none|2026-10-14|10|1", "zone|2026-10-14|10|1")
}

// TestDays takes days across midnight, summer time, and the beginning of time.
func TestDays(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	l.shop("ny", "America/New_York", "")
	for _, c := range []struct {
		shop, conv string
		ts         int64
	}{
		{"sh", "last-ms", 1791993599999},
		{"sh", "first-ms", 1791993600000},
		{"sh", "epoch", 0},
		{"sh", "before", -1},
		{"sh", "long-before", -9_000_000_000_000},
		{"ny", "winter", 1770008400000 - 1}, // 2026-02-02 00:00 is 05:00 UTC
		{"ny", "summer", 1785729600000},     // 2026-08-03 00:00 is 04:00 UTC
		{"ny", "epoch", 0},                  // still 1969 there
		{"ny", "short-first", utc(3, 8, 5)}, // the day of 23 hours, 8 March 2026
		{"ny", "short-last", utc(3, 9, 4) - 1},
		{"ny", "after-short", utc(3, 9, 4)},
		{"ny", "long-first", utc(11, 1, 4)}, // the day of 25 hours, 1 November 2026
		{"ny", "long-last", utc(11, 2, 5) - 1},
		{"ny", "after-long", utc(11, 2, 5)},
	} {
		l.question(c.shop, c.conv, c.ts)
	}
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT shop_id, conv_id, toString(cohort_date) FROM bi.conversations ORDER BY shop_id, started_at"),
		"ny|epoch|1970-01-01", "ny|winter|2026-02-01",
		"ny|short-first|2026-03-08", "ny|short-last|2026-03-08", "ny|after-short|2026-03-09",
		"ny|summer|2026-08-03",
		"ny|long-first|2026-11-01", "ny|long-last|2026-11-01", "ny|after-long|2026-11-02",
		"sh|long-before|1970-01-01", "sh|before|1970-01-01", "sh|epoch|1970-01-01", "sh|last-ms|2026-10-14", "sh|first-ms|2026-10-15")
}

// utc is a full hour of 2026, in ms.
func utc(month time.Month, day, hour int) int64 {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC).UnixMilli()
}

// TestAbsurdAmounts holds that one order at the edge of money takes no query
// of its shop down.
func TestAbsurdAmounts(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	l.question("s1", "c1", ten)
	l.order("s1", "o1", "9999999999999999.99", "CNY", ten+minute)
	l.order("s1", "o2", "9999999999999999.99", "CNY", ten+minute)
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT toString(gross_amount), toString(net_amount), ordered FROM bi.funnel_daily"), "9999999999999999.99|9999999999999999.99|1")
}
