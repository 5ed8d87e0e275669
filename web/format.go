package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// nothing stands where there is nothing to measure, which is not 0.
const nothing = "–"

// group puts a comma between thousands.
func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, rest, point := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	return sign + whole
}

// count writes a whole number in full.
func count(n int64) string { return group(strconv.FormatInt(n, 10)) }

// percent writes a share with one decimal.
func percent(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return nothing
	}
	return strconv.FormatFloat(*v*100, 'f', 1, 64) + "%"
}

// points writes a difference of shares in percentage points, with its sign.
func points(v float64) string { return fmt.Sprintf("%+.1f", v*100) }

// change writes a relative difference with its sign.
func change(v float64) string { return fmt.Sprintf("%+.1f%%", v*100) }

// number writes a figure with some decimals.
func number(v *float64, decimals int) string {
	if v == nil || math.IsNaN(*v) {
		return nothing
	}
	return group(strconv.FormatFloat(*v, 'f', decimals, 64))
}

// signs are those of currencies that have one of their own here; others are
// written by their code.
var signs = map[string]string{"CNY": "¥", "": "¥", "USD": "$", "EUR": "€", "GBP": "£"}

// money writes an amount in full, to the cent.
func money(amount decimal.Decimal, currency string) string {
	return withSign(group(amount.StringFixed(2)), currency)
}

func withSign(digits, currency string) string {
	sign, known := signs[currency]
	if !known {
		return currency + " " + digits
	}
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		return "-" + sign + rest
	}
	return sign + digits
}

// shortMoney writes a great amount as people say it: 41.2 万, 412K.
func shortMoney(l Lang, amount decimal.Decimal, currency string) string {
	v, _ := amount.Float64()
	return withSign(short(l, v), currency)
}

// short writes a great number with four digits at most.
func short(l Lang, v float64) string {
	steps := []struct {
		from float64
		unit string
	}{{1e9, "B"}, {1e6, "M"}, {1e4, "K"}}
	scale := map[string]float64{"B": 1e9, "M": 1e6, "K": 1e3, "亿": 1e8, "万": 1e4}
	if l == Chinese {
		steps = []struct {
			from float64
			unit string
		}{{1e8, "亿"}, {1e4, "万"}}
	}
	for _, s := range steps {
		if math.Abs(v) >= s.from {
			return group(trimZero(strconv.FormatFloat(v/scale[s.unit], 'f', 1, 64))) + unitGap(l) + s.unit
		}
	}
	return group(trimZero(strconv.FormatFloat(v, 'f', 0, 64)))
}

func unitGap(l Lang) string {
	if l == Chinese {
		return " "
	}
	return ""
}

func trimZero(digits string) string { return strings.TrimSuffix(digits, ".0") }

// trimZeros leaves out what a fraction does not need.
func trimZeros(digits string) string {
	if !strings.Contains(digits, ".") {
		return digits
	}
	return strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
}

// clock writes the time of day.
func clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04:05") }

// moment writes day and time.
func moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return nothing
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// dayName writes a day without its year.
func dayName(l Lang, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		return day
	case l == Chinese:
		return fmt.Sprintf("%d月%d日", t.Month(), t.Day())
	}
	return t.Format("2 Jan")
}

// span writes a length of time in its two greatest units.
func span(l Lang, d time.Duration) string {
	units := []struct {
		of     time.Duration
		zh, en string
	}{{24 * time.Hour, "天", "d"}, {time.Hour, "小时", "h"}, {time.Minute, "分", "min"}, {time.Second, "秒", "s"}}
	write := func(n time.Duration, zh, en string) string {
		if l == Chinese {
			return fmt.Sprintf("%d %s", n, zh)
		}
		return fmt.Sprintf("%d %s", n, en)
	}
	for i, u := range units {
		if n := d / u.of; n > 0 && i+1 < len(units) {
			if rest := d % u.of / units[i+1].of; rest > 0 {
				return write(n, u.zh, u.en) + " " + write(rest, units[i+1].zh, units[i+1].en)
			}
			return write(n, u.zh, u.en)
		}
	}
	return write(d/time.Second, "秒", "s")
}
