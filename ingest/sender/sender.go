// Package sender knows the kinds of webhook senders, one file each: how a
// request proves whom it comes from (a verifier), and how its body names the
// fields of an event (a mapper).
package sender

import "errors"

// ErrInvalidToken says that a request does not prove whom it comes from. Why
// is for the log; the sender learns nothing.
var ErrInvalidToken = errors.New("invalid token")
