package ingest

import (
	"bytes"
	"strconv"
	"strings"
)

// decimal is a JSON number taken apart digit by digit: digits * 10^exp, with
// no zero at either end of the digits. It never passes through a float.
type decimal struct {
	negative bool
	digits   string // "" is zero
	exp      int
}

// maxExp bounds what an exponent may say, so that sums of exponents and
// lengths cannot overflow; beyond it every limit is exceeded anyway.
const maxExp = 1 << 30

// parseDecimal reads a number that a JSON parser has accepted.
func parseDecimal(number []byte) decimal {
	var d decimal
	if number[0] == '-' {
		d.negative, number = true, number[1:]
	}
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		d.exp = parseExp(string(number[i+1:]))
		number = number[:i]
	}
	whole, fraction, _ := bytes.Cut(number, []byte{'.'})
	d.exp -= len(fraction)
	digits := string(whole) + string(fraction)
	trimmed := strings.TrimRight(digits, "0")
	d.exp += len(digits) - len(trimmed)
	d.digits = strings.TrimLeft(trimmed, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

func parseExp(s string) int {
	exp, err := strconv.Atoi(s)
	if err != nil && strings.HasPrefix(s, "-") || exp < -maxExp {
		return -maxExp
	}
	if err != nil || exp > maxExp {
		return maxExp
	}
	return exp
}

// whole is the number's decimal string when it is a whole one of at most
// limit digits.
func (d decimal) whole(limit int) (string, bool) {
	switch {
	case d.digits == "":
		return "0", true
	case d.exp < 0 || len(d.digits)+d.exp > limit:
		return "", false
	}
	s := d.digits + strings.Repeat("0", d.exp)
	if d.negative {
		s = "-" + s
	}
	return s, true
}

// int64 is the number when it is a whole one of at most 18 digits.
func (d decimal) int64() (int64, bool) {
	s, ok := d.whole(maxInt64Digits)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// maxInt64Digits is how many digits always fit an int64.
const maxInt64Digits = 18

// floorShifted is floor(d * 10^shift); it saturates beyond 18 digits.
func (d decimal) floorShifted(shift int) int64 {
	n := len(d.digits) + d.exp + shift // digits before the point
	var v int64
	exact := true
	switch {
	case d.digits == "":
		return 0
	case n > maxInt64Digits:
		v = maxMS
	case n <= 0:
		exact = false
	case n >= len(d.digits):
		v, _ = strconv.ParseInt(d.digits+strings.Repeat("0", n-len(d.digits)), 10, 64)
	default:
		v, _ = strconv.ParseInt(d.digits[:n], 10, 64)
		exact = false
	}
	if !d.negative {
		return v
	}
	if !exact {
		v++
	}
	return -v
}
