package sender

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"askbuy/ingest"
)

// bodyMAC verifies base64 of HMAC-SHA256 over the raw body, and nothing else:
// no time, no id, no other header is signed. What a mapper makes of such a
// request must come from the body.
type bodyMAC struct {
	header string
	keys   [][]byte
}

func (v *bodyMAC) Steps() []Step { return []Step{StepHeaders, StepSignature} }

func (v *bodyMAC) Verify(h http.Header) (ingest.Proof, error) {
	given, err := one(h, v.header)
	if err != nil {
		return ingest.Proof{}, err
	}
	return ingest.Proof{Body: func(body []byte) error {
		if !oneOf(v.keys, given, func(key []byte) string { return bodySum(key, body) }) {
			return mismatch(v.keys, given, base64.StdEncoding.EncodedLen(sha256.Size), base64Chars)
		}
		return nil
	}}, nil
}

func (v *bodyMAC) Sign(h http.Header, body []byte) error {
	h.Set(v.header, bodySum(v.keys[0], body))
	return nil
}

func bodySum(key, body []byte) string {
	return base64.StdEncoding.EncodeToString(mac(key, body))
}
