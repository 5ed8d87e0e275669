package ingest

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// drawNumber draws a JSON number and its exact value.
func drawNumber(t *rapid.T) (string, *big.Rat) {
	s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%s is no number", s)
	}
	return s, r
}

func TestWholeNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawNumber(t)
		got, ok := parseDecimal([]byte(s)).whole(200)
		if ok != r.IsInt() || ok && got != r.Num().String() {
			t.Fatalf("%s: %q %v", s, got, ok)
		}
	})
}

func TestFloorsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawNumber(t)
		shift := rapid.SampledFrom([]int{3, 0, -3, -6}).Draw(t, "shift")
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil))
		if shift < 0 {
			scale.Inv(scale)
		}
		r.Mul(r, scale)
		want := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: the floor, as the denominator is positive
		if limit := big.NewInt(maxMS); want.CmpAbs(limit) > 0 {
			want.Mul(limit, big.NewInt(int64(r.Sign())))
		}
		if got := parseDecimal([]byte(s)).floorShifted(shift); got != want.Int64() {
			t.Fatalf("%s * 10^%d: %d, want %s", s, shift, got, want)
		}
	})
}

// One value has one spelling.
func TestCanonicalNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := drawNumber(t)
		b, y := drawNumber(t)
		same := string(parseDecimal([]byte(a)).json()) == string(parseDecimal([]byte(b)).json())
		if same != (x.Cmp(y) == 0) {
			t.Fatalf("%s and %s: same %v", a, b, same)
		}
		spelled := parseDecimal([]byte(a)).json()
		if back, ok := new(big.Rat).SetString(string(spelled)); !ok || !spelled.IsValid() || back.Cmp(x) != 0 {
			t.Fatalf("%s became %s", a, spelled)
		}
	})
}
