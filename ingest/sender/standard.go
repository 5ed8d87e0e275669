package sender

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/ingest"
)

// Kind standard-webhooks: version 1 of standardwebhooks.com, which Svix shares
// under headers of its own. The signature covers id, time and body; several
// may be given while the sender changes its secret. The body is events of ours;
// one without event_id has the message's id.

type standardVerifier struct {
	keys [][]byte
	now  func() time.Time
}

// whsec is before a secret's base64.
const whsec = "whsec_"

func newStandardKind(c Config) (*Sender, error) {
	keys, err := standardKeys(c.Secrets)
	if err != nil {
		return nil, err
	}
	v := &standardVerifier{keys: keys, now: c.Now}
	m, err := newEventsMapper(c, func(h http.Header) string { return h.Get(standardPrefix(h) + "Id") })
	if err != nil {
		return nil, err
	}
	return &Sender{Verifier: v, Mapper: m}, nil
}

func standardKeys(secrets []string) (keys [][]byte, err error) {
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, whsec))
		if err != nil || len(key) < 24 || len(key) > 64 {
			return nil, fmt.Errorf("secrets[%d]: want whsec_ and the base64 of 24 to 64 bytes: make one with `echo whsec_$(openssl rand -base64 32)`", i)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// StandardSigner signs what askbuy itself posts to others, under every secret,
// so that the receiver may change over from one to the next.
type StandardSigner struct{ keys [][]byte }

// NewStandardSigner needs one secret at least.
func NewStandardSigner(secrets []string) (*StandardSigner, error) {
	keys, err := standardKeys(secrets)
	if err == nil && len(keys) == 0 {
		err = errors.New("secrets: want at least one: make it with `echo whsec_$(openssl rand -base64 32)`")
	}
	return &StandardSigner{keys}, err
}

// Sign puts the three headers in. The id is the message's own, and the same when
// it is posted again.
func (s *StandardSigner) Sign(h http.Header, id string, at time.Time, body []byte) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, key := range s.keys {
		signatures = append(signatures, "v1,"+standardSum(key, id, seconds, body))
	}
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", seconds)
	h.Set("Webhook-Signature", strings.Join(signatures, " "))
}

// standardPrefix is before the names of the headers: one set of them counts,
// never a mixture.
func standardPrefix(h http.Header) string {
	if h.Get("Webhook-Signature") == "" && h.Get("Svix-Signature") != "" {
		return "Svix-"
	}
	return "Webhook-"
}

func (v *standardVerifier) Steps() []Step { return []Step{StepHeaders, StepFreshness, StepSignature} }

// maxSignatures is how many signatures of one message are looked at.
const maxSignatures = 8

func (v *standardVerifier) Verify(h http.Header) (proof ingest.Proof, err error) {
	prefix := standardPrefix(h)
	var values [3]string
	for i, name := range [...]string{"Id", "Timestamp", "Signature"} {
		if values[i], err = one(h, prefix+name); err != nil {
			return proof, err
		}
	}
	if err := fresh(prefix+"Timestamp", values[1], false, v.now()); err != nil {
		return proof, err
	}
	var given []string
	for _, signature := range strings.Split(values[2], " ") {
		if text, ok := strings.CutPrefix(signature, "v1,"); ok && len(given) < maxSignatures {
			given = append(given, text)
		}
	}
	if len(given) == 0 {
		return proof, &Denied{StepHeaders, prefix + "Signature has no signature of version v1"}
	}
	proof.Body = func(body []byte) error {
		sign := func(key []byte) string { return standardSum(key, values[0], values[1], body) }
		good := false
		for _, text := range given {
			good = oneOf(v.keys, text, sign) || good
		}
		if !good {
			return mismatch(v.keys, given[0], base64.StdEncoding.EncodedLen(sha256.Size), base64Chars)
		}
		return nil
	}
	return proof, nil
}

func (v *standardVerifier) Sign(h http.Header, body []byte) error {
	id, at := "msg_"+rand.Text(), strconv.FormatInt(v.now().Unix(), 10)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", at)
	h.Set("Webhook-Signature", "v1,"+standardSum(v.keys[0], id, at, body))
	return nil
}

func standardSum(key []byte, id, at string, body []byte) string {
	return base64.StdEncoding.EncodeToString(mac(key, []byte(id+"."+at+"."), body))
}
