package sender

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// claims are the claims that count, read strictly: a repeated name, or a time
// that is no number, makes a bad token.
type claims struct {
	exp, nbf, iat *jwt.NumericDate
	shop          string
	subject       string // who the token is for; "" when it does not say
	body          []byte // SHA-256 of the one body that the token is for; nil: of any
}

// UnmarshalJSON reads a token's payload.
func (c *claims) UnmarshalJSON(b []byte) error {
	var wire struct {
		Exp  *float64       `json:"exp"`
		Nbf  *float64       `json:"nbf"`
		Iat  *float64       `json:"iat"`
		Shop jsontext.Value `json:"shop_id"`
		Sub  *string        `json:"sub"`
		Body *string        `json:"body_sha256"`
	}
	if err := json.Unmarshal(b, &wire); err != nil {
		return fmt.Errorf("read claims: %w", err)
	}
	if wire.Sub != nil {
		c.subject = *wire.Sub
	}
	var errs [5]error
	c.exp, errs[0] = date("exp", wire.Exp)
	c.nbf, errs[1] = date("nbf", wire.Nbf)
	c.iat, errs[2] = date("iat", wire.Iat)
	c.shop, errs[3] = shopClaim(wire.Shop)
	c.body, errs[4] = bodyClaim(wire.Body)
	return errors.Join(errs[:]...)
}

// maxDate is the end of the year 9999, seconds.
const maxDate = 253_402_300_799

func date(name string, seconds *float64) (*jwt.NumericDate, error) {
	if seconds == nil {
		return nil, nil
	}
	if math.Abs(*seconds) > maxDate {
		return nil, fmt.Errorf("claim %s: beyond the year 9999", name)
	}
	return &jwt.NumericDate{Time: time.UnixMilli(int64(*seconds * 1000))}, nil
}

const maxShop = 256 // bytes

// shopClaim reads a string or a whole number, which becomes its digits.
func shopClaim(v jsontext.Value) (string, error) {
	var shop string
	switch v.Kind() {
	case 0, 'n':
		return "", nil
	case '"':
		plain, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "", fmt.Errorf("claim shop_id: %w", err)
		}
		shop = string(plain)
	case '0':
		if bytes.ContainsAny(v, ".eE") || string(v) == "-0" {
			return "", errors.New("claim shop_id: want a string or a whole number")
		}
		shop = string(v)
	default:
		return "", errors.New("claim shop_id: want a string or a whole number")
	}
	if len(shop) > maxShop {
		return "", errors.New("claim shop_id: at most 256 bytes")
	}
	return shop, nil
}

// bodyClaim reads 64 hexadecimal digits.
func bodyClaim(digits *string) ([]byte, error) {
	if digits == nil {
		return nil, nil
	}
	sum, err := hex.DecodeString(*digits)
	if err != nil || len(sum) != sha256.Size {
		return nil, errors.New("claim body_sha256: want 64 hexadecimal digits")
	}
	return sum, nil
}

// The methods of jwt.Claims. Issuer, subject and audience are not looked at.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.exp, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.iat, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.nbf, nil }
func (c *claims) GetIssuer() (string, error)                   { return "", nil }
func (c *claims) GetSubject() (string, error)                  { return "", nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }
