// Package sender knows the kinds of webhook senders, one file each: how a
// request proves whom it comes from (a verifier), and how its body names the
// fields of an event (a mapper).
package sender

import (
	"errors"
	"net/http"
	"strings"
)

// ErrInvalidToken says that a request does not prove whom it comes from. Why
// is for the log; the sender learns nothing.
var ErrInvalidToken = errors.New("invalid token")

// Bearer is the token of the one Authorization header of scheme Bearer, or "".
func Bearer(h http.Header) string {
	values := h["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
