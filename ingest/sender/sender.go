// Package sender knows the kinds of webhook senders, one file each: how a
// request proves whom it comes from (a verifier), and how its body names the
// fields of an event (a mapper). kinds.go lists them.
//
// What holds for every verifier: it signs and verifies raw bytes, compares in
// constant time, takes two live secrets, and says exactly which step failed -
// to the log, never to the sender.
package sender

import (
	"errors"
	"net/http"

	"askbuy/ingest"
)

// ErrInvalidToken says that a request does not prove whom it comes from. Why
// is for the log; the sender learns nothing.
var ErrInvalidToken = errors.New("invalid token")

// Step is a part of a proof. A verifier takes its steps in a fixed order, so
// that all before the one that failed have passed.
type Step string

// The steps. No kind has all of them.
const (
	StepHeaders   Step = "headers"   // each header that is needed is there once and well formed
	StepToken     Step = "token"     // the bearer token is good
	StepFreshness Step = "freshness" // signed within 300 s of now
	StepKey       Step = "key"       // the key that the request names is known
	StepSignature Step = "signature" // the signature is by one of the live secrets
	StepBound     Step = "bound"     // the token is for this body
)

// Denied is an ErrInvalidToken with the step that failed. Why holds no secret.
type Denied struct {
	Step Step
	Why  string
}

// Error is for the log and for `askbuy webhook verify`.
func (d *Denied) Error() string { return "invalid token: " + string(d.Step) + ": " + d.Why }

// Is makes every Denied an ErrInvalidToken.
func (d *Denied) Is(target error) bool { return target == ErrInvalidToken }

// Verifier proves whom a request comes from, and can make such a proof.
type Verifier interface {
	Verify(http.Header) (ingest.Proof, error)
	// Sign adds the headers that prove body to come from the sender.
	Sign(h http.Header, body []byte) error
	// Steps are those of Verify, in order.
	Steps() []Step
}

// Mapper reads what a verified body tells.
type Mapper interface {
	Map(ingest.Delivery) ingest.Mapped
}

// Sender is one kind of sender, configured.
type Sender struct {
	Verifier
	Mapper
	Answers ingest.Answers
	Form    bool // its ping is an HTML form
}

// Source is the sender under a name, for one shop.
func (s *Sender) Source(name, shop string) ingest.Source {
	return ingest.Source{
		Name: name, Verifier: s.Verifier, Mapper: s.Mapper, Shop: shop,
		Prefix: name + ":", Form: s.Form, Answers: s.Answers,
	}
}
