package sender

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the vendor's scheme
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/ingest"
)

// Kind coze: the callbacks of Coze's open platform. The signature is the
// SHA-1 of time, nonce, token and body one after the other, which has two
// weaknesses: who knows one signature can make that of a longer body (so the
// body must be JSON as a whole: the bytes that such a forgery needs in the
// middle never are), and the border between time and nonce is not signed (so
// the nonce says nothing; the id of the event, which is in the body, is what
// recognises a replay).

const (
	cozeSignature = "X-Coze-Signature"
	cozeTimestamp = "X-Coze-Timestamp"
	cozeNonce     = "X-Coze-Nonce"
)

type cozeVerifier struct {
	tokens [][]byte
	now    func() time.Time
}

func newCozeKind(c Config) (*Sender, error) {
	tokens, err := c.secretBytes(1)
	if err != nil {
		return nil, err
	}
	return &Sender{Verifier: &cozeVerifier{tokens, c.Now}, Mapper: chatMapper{c.option(optUser, defaultUser)}}, nil
}

func (v *cozeVerifier) Steps() []Step { return []Step{StepHeaders, StepFreshness, StepSignature} }

func (v *cozeVerifier) Verify(h http.Header) (proof ingest.Proof, err error) {
	var values [3]string
	for i, name := range [...]string{cozeTimestamp, cozeNonce, cozeSignature} {
		if values[i], err = one(h, name); err != nil {
			return proof, err
		}
	}
	at, nonce, given := values[0], values[1], strings.ToLower(values[2])
	if err := fresh(cozeTimestamp, at, true, v.now()); err != nil {
		return proof, err
	}
	proof.Body = func(body []byte) error {
		if !oneOf(v.tokens, given, func(token []byte) string { return cozeSum(at, nonce, token, body) }) {
			return mismatch(v.tokens, given, 2*sha1.Size, hexDigits)
		}
		return nil
	}
	return proof, nil
}

func (v *cozeVerifier) Sign(h http.Header, body []byte) error {
	at, nonce := strconv.FormatInt(v.now().Unix(), 10), rand.Text()
	h.Set(cozeTimestamp, at)
	h.Set(cozeNonce, nonce)
	h.Set(cozeSignature, cozeSum(at, nonce, v.tokens[0], body))
	return nil
}

func cozeSum(at, nonce string, token, body []byte) string {
	s := sha1.New() //nolint:gosec // as above
	s.Write([]byte(at + nonce))
	s.Write(token)
	s.Write(body)
	return hex.EncodeToString(s.Sum(nil))
}
