package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// Error is a failed request's answer. What the client may read is in Body;
// Err is for the log alone.
type Error struct {
	Status      int
	ContentType string
	Body        []byte
	RetryAfter  time.Duration // sent when above 0, in whole seconds, rounded up
	Err         error         // nil when there is nothing to log
}

// Error describes the answer for a log.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("answer %d", e.Status)
	}
	return fmt.Sprintf("answer %d: %v", e.Status, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Problem is an answer of RFC 9457 with a code that clients may rely on.
func Problem(status int, code, detail string) *Error {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
		Detail string `json:"detail,omitzero"`
	}{"about:blank", http.StatusText(status), status, code, detail})
	return &Error{Status: status, ContentType: "application/problem+json", Body: body, Err: err}
}

// NotAllowed answers a path that is known under other methods, separated by
// commas in allow.
func NotAllowed(allow string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow)
		return Problem(http.StatusMethodNotAllowed, "method_not_allowed", "want "+allow)
	}
}

// Plain is an answer of the form {"error":"..."}, as the seed has it.
func Plain(status int, message string) *Error {
	body, err := json.Marshal(struct {
		Error string `json:"error"`
	}{message})
	return &Error{Status: status, ContentType: "application/json", Body: body, Err: err}
}

// Later sets after how long the client should try again.
func (e *Error) Later(after time.Duration) *Error {
	e.RetryAfter = after
	return e
}

// Because sets the cause, for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// Handler makes an http.Handler of a function that returns its failure. An
// error that is no *Error is answered 500 without its text.
func Handler(log *slog.Logger, f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		var answer *Error
		if !errors.As(err, &answer) {
			answer = Problem(http.StatusInternalServerError, "internal", "").Because(err)
		}
		answer.write(w)
		if answer.Err != nil && r.Context().Err() == nil {
			log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, "request failed",
				slog.String("method", r.Method), slog.String("pattern", r.Pattern),
				slog.Int("status", answer.Status), slog.String("error", answer.Err.Error()))
		}
	})
}

func (e *Error) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", e.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(e.Body)))
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	if e.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(e.Body) // a client that left reads no answer
}

// JSON answers 200 with a value.
func JSON(w http.ResponseWriter, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that left reads no answer
	return nil
}
