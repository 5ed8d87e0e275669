package sender

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/ingest"
)

// Kind generic: HMAC-SHA256 in hexadecimal over the raw body or, better, over
// a time, a point and the body: without a time a captured request can be sent
// again for ever, though it comes to nothing but duplicates. The body is
// events of ours.

const (
	optSignatureHeader = "signature_header" // X-Signature
	optTimestampHeader = "timestamp_header" // "": the body alone is signed
	optSignaturePrefix = "signature_prefix" // before the digits, like sha256=
)

type genericVerifier struct {
	keys                       [][]byte
	signature, timestamp, lead string
	now                        func() time.Time
}

func newGenericKind(c Config) (*Sender, error) {
	keys, err := c.secretBytes(16)
	v := &genericVerifier{
		keys: keys, now: c.Now, signature: c.option(optSignatureHeader, "X-Signature"),
		timestamp: c.option(optTimestampHeader, ""), lead: c.option(optSignaturePrefix, ""),
	}
	if http.CanonicalHeaderKey(v.signature) == http.CanonicalHeaderKey(v.timestamp) {
		err = errors.Join(err, fmt.Errorf("options.%s: is the signature's header, too", optTimestampHeader))
	}
	m, problem := newEventsMapper(c, nil)
	if err = errors.Join(err, problem); err != nil {
		return nil, err
	}
	return &Sender{Verifier: v, Mapper: m}, nil
}

func (v *genericVerifier) Steps() []Step {
	if v.timestamp == "" {
		return []Step{StepHeaders, StepSignature}
	}
	return []Step{StepHeaders, StepFreshness, StepSignature}
}

func (v *genericVerifier) Verify(h http.Header) (proof ingest.Proof, err error) {
	given, err := one(h, v.signature)
	if err != nil {
		return proof, err
	}
	given, ok := strings.CutPrefix(given, v.lead)
	if !ok {
		return proof, &Denied{StepHeaders, v.signature + " does not begin with the configured prefix"}
	}
	at := ""
	if v.timestamp != "" {
		if at, err = one(h, v.timestamp); err != nil {
			return proof, err
		}
		if err = fresh(v.timestamp, at, false, v.now()); err != nil {
			return proof, err
		}
	}
	given = strings.ToLower(given)
	proof.Body = func(body []byte) error {
		if !oneOf(v.keys, given, func(key []byte) string { return v.sum(key, at, body) }) {
			return mismatch(v.keys, given, 2*sha256.Size, hexDigits)
		}
		return nil
	}
	return proof, nil
}

func (v *genericVerifier) Sign(h http.Header, body []byte) error {
	at := ""
	if v.timestamp != "" {
		at = strconv.FormatInt(v.now().Unix(), 10)
		h.Set(v.timestamp, at)
	}
	h.Set(v.signature, v.lead+v.sum(v.keys[0], at, body))
	return nil
}

func (v *genericVerifier) sum(key []byte, at string, body []byte) string {
	if v.timestamp == "" {
		return hex.EncodeToString(mac(key, body))
	}
	return hex.EncodeToString(mac(key, []byte(at+"."), body))
}
