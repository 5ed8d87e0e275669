package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// keyKind says what is wrong with a request's credential.
type keyKind int

const (
	rightKey keyKind = iota
	wrongKey
	noKey
	expired
	unsigned
)

// credential is what a request shows at the door: the API key at /v1/events,
// a token at /coze.
type credential struct {
	kind keyKind
	shop string // the token's claim; "" when the body has to say it
}

// keys are the secrets that a player was given.
type keys struct{ api, coze string }

// goodCoze is filled in with the shop when the parcel is sealed; half of the
// tokens leave it to the body.
func goodCoze(s stream) credential {
	if s.chance(.5) {
		return credential{shop: shopOfBody}
	}
	return credential{}
}

// shopOfBody stands for the shop of the parcel's only event.
const shopOfBody = "\x00"

// authorization writes a request's header; "" means none.
func (k keys) authorization(p *parcel, now time.Time) string {
	if p.door.kind == noKey {
		return ""
	}
	if p.path == pathEvents {
		if p.door.kind == wrongKey {
			return "Bearer not-the-key"
		}
		return "Bearer " + k.api
	}
	return "Bearer " + k.token(p, now)
}

// token signs an HS256 token that holds for two hours or less; it changes by
// the hour only, as senders' tokens do.
func (k keys) token(p *parcel, now time.Time) string {
	header, secret := `{"alg":"HS256","typ":"JWT"}`, k.coze
	until := now.Truncate(time.Hour).Add(2 * time.Hour)
	switch p.door.kind {
	case wrongKey:
		secret = "another secret, of thirty-two bytes or more"
	case expired:
		until = now.Add(-24 * time.Hour)
	case unsigned:
		header = `{"alg":"none","typ":"JWT"}`
	}
	claims := `{"exp":` + strconv.FormatInt(until.Unix(), 10)
	if shop := p.claim(); shop != "" {
		claims += `,"shop_id":` + quote(shop)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims+"}"))
	if p.door.kind == unsigned {
		return signed + "."
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (p *parcel) claim() string {
	if p.door.shop == shopOfBody {
		return p.load[0].event.ShopID
	}
	return p.door.shop
}
