package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// failure is what a person is told when a page cannot be shown. Its key names
// three texts of the catalogue: a title, what is wrong, and what to do; it is
// the reason of the metric as well.
type failure struct {
	status int
	key    string
	detail string // in the words of the one who asked; may be empty
	after  time.Duration
}

func (f *failure) Error() string { return fmt.Sprintf("%s %s", f.key, f.detail) }

// The failures.
var (
	errNoPage    = &failure{status: http.StatusNotFound, key: "error.no_page"}
	errForbidden = &failure{status: http.StatusForbidden, key: "error.forbidden"}
	errForged    = &failure{status: http.StatusForbidden, key: "error.forged"}
)

// badFilter names a parameter of the address that is not understood.
func badFilter(name, value string) *failure {
	return &failure{status: http.StatusBadRequest, key: "error.bad_filter", detail: fmt.Sprintf("%s=%.60q", name, value)}
}

// tooManyAttempts says when to try again.
func tooManyAttempts(after time.Duration) *failure {
	return &failure{status: http.StatusTooManyRequests, key: "error.attempts", after: after}
}

// seconds rounds up, as Retry-After wants it.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// Title, Text and Step are keys of the catalogue.
func (f *failure) Title() string { return f.key + ".title" }

// Text says what is wrong.
func (f *failure) Text() string { return f.key + ".text" }

// Step says what to do.
func (f *failure) Step() string { return f.key + ".step" }

// Detail is what the failure is about, in the words of the one who asked.
func (f *failure) Detail() string { return f.detail }
