package web

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func TestFormat(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	amount := func(s string) decimal.Decimal { return decimal.RequireFromString(s) }
	f(count(0), "0")
	f(count(999), "999")
	f(count(1234567), "1,234,567")
	f(count(-1234), "-1,234")
	f(percent(nil), nothing)
	f(percent(ptr(0.1543)), "15.4%")
	f(money(amount("1234567.5"), "CNY"), "¥1,234,567.50")
	f(money(amount("-3"), "USD"), "-$3.00")
	f(money(amount("3"), "KRW"), "KRW 3.00")
	f(shortMoney(Chinese, amount("412345.67"), "CNY"), "¥41.2 万")
	f(shortMoney(English, amount("412345.67"), "CNY"), "¥412.3K")
	f(shortMoney(English, amount("8461"), "CNY"), "¥8,461")
	f(short(Chinese, 3e8), "3 亿")
	f(short(English, 2.5e9), "2.5B")
	f(dayName(Chinese, "2026-11-05"), "11月5日")
	f(dayName(English, "2026-11-05"), "5 Nov")
	f(span(English, 26*time.Hour+5*time.Minute), "1 d 2 h")
	f(span(Chinese, 65*time.Second), "1 分 5 秒")
	f(span(English, 48*time.Hour), "2 d")
	f(span(English, 0), "0 s")
	f(clock(time.Date(2026, 11, 21, 6, 32, 5, 0, time.UTC), zoneOf(defaultZone)), "14:32:05")
	f(points(-0.0071), "-0.7")
}
