package event

import (
	"errors"
	"strconv"
	"strings"
)

// Money is an amount in hundredths of its currency. Its JSON form is a string
// with two decimals; it never passes through a float.
type Money int64

// maxMoneyDigits is what fits before the point of a Decimal(18,2).
const maxMoneyDigits = 16

// MaxMoney is the greatest amount.
const MaxMoney Money = 999_999_999_999_999_999

var errMoney = errors.New("want digits, optionally a point and one or two digits, no sign or exponent, at most 16 digits before the point")

// ParseMoney reads "269", "269.1" or "269.10".
func ParseMoney(s string) (Money, error) {
	whole, fraction, pointed := strings.Cut(s, ".")
	if whole == "" || len(strings.TrimLeft(whole, "0")) > maxMoneyDigits || pointed && (fraction == "" || len(fraction) > 2) {
		return 0, errMoney
	}
	var cents int64
	for _, part := range [2]string{whole, (fraction + "00")[:2]} {
		for _, digit := range []byte(part) {
			if digit < '0' || digit > '9' {
				return 0, errMoney
			}
			cents = cents*10 + int64(digit-'0')
		}
	}
	return Money(cents), nil
}

// Plus is the sum of two amounts that are not negative, at most MaxMoney.
func (m Money) Plus(other Money) Money { return min(m+other, MaxMoney) }

// String is the amount with two decimals.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	cents := strconv.FormatInt(int64(m%100), 10)
	return sign + strconv.FormatInt(int64(m/100), 10) + "." + strings.Repeat("0", 2-len(cents)) + cents
}

// MarshalJSON writes the amount as a string with two decimals.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Money) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return errMoney
	}
	v, err := ParseMoney(string(b[1 : len(b)-1]))
	*m = v
	return err
}
