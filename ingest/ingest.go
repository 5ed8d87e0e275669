// Package ingest is the door: it accepts events over HTTP, reads them
// strictly, recognises repetitions, publishes them, and answers once they are
// durable. What it cannot accept it sets aside with the reason and the
// original bytes; nothing is dropped.
//
// A request's way: verify the credential, read the body within bounds, take it
// apart (Shape), then Acceptor.Accept, which dedupes, publishes and waits.
package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"askbuy/internal/httpserver"
)

// Options are what a Handler is made of.
type Options struct {
	Config   Config
	Acceptor *Acceptor
	Coze     Source     // of POST /coze
	Hooks    []Source   // of /hooks/{source}, by name
	Keys     *Keys      // of /v1
	Score    ScoreFunc  // nil: no /v1/score here
	Intent   IntentFunc // nil: no /v1/shoppers here
	Limits   Limits     // of each sender
	Log      *slog.Logger
	Now      func() time.Time
}

// Handler answers the door's routes.
type Handler struct {
	Options
	metrics   *metrics
	limiter   *limiter
	hooks     map[string]*Source
	held      atomic.Int64 // bytes of bodies
	outageLog seldom
	deniedLog seldom
}

// New makes a handler; Register puts it to work.
func New(o Options) (*Handler, error) {
	if err := errors.Join(o.Config.Validate(), o.Limits.Validate()); err != nil {
		return nil, err
	}
	hooks, err := byName(o.Hooks)
	if err != nil {
		return nil, err
	}
	return &Handler{Options: o, metrics: o.Acceptor.metrics, limiter: newLimiter(o.Limits, o.Now), hooks: hooks}, nil
}

// Register adds the routes of the door, and the answers to what is no route
// of /v1.
func (h *Handler) Register(mux *http.ServeMux) {
	h.route(mux, "POST", "/coze", func(w http.ResponseWriter, r *http.Request) error { return h.serveSource(w, r, &h.Coze) })
	h.route(mux, "POST", "/hooks/{source}", h.serveHook)
	h.route(mux, "POST", "/v1/events", h.serveEvents)
	if h.Score != nil {
		h.route(mux, "POST", "/v1/score", h.serveScore)
	}
	if h.Intent != nil {
		h.route(mux, "GET", "/v1/shoppers/{user_id}/intent", h.serveIntent)
	}
	mux.Handle("/v1/", httpserver.Handler(h.Log, func(http.ResponseWriter, *http.Request) error {
		return httpserver.Problem(http.StatusNotFound, "not_found", "no such resource")
	}))
}

func (h *Handler) route(mux *http.ServeMux, method, path string, f func(http.ResponseWriter, *http.Request) error) {
	mux.Handle(method+" "+path, httpserver.Handler(h.Log, f))
	mux.Handle(path, httpserver.Handler(h.Log, httpserver.NotAllowed(method)))
}

// accept waits for the items of one request within the door's own deadline,
// even when the sender seems to have left: it may only have closed its half of
// the connection, and publication goes on anyway.
func (h *Handler) accept(source string, arrival time.Time, items []Item) ([]Outcome, *refusal) {
	outcomes, err := h.Acceptor.AcceptBy(context.Background(), time.Now().Add(h.Config.AckTimeout), source, arrival, items)
	if err != nil {
		h.logOutage(err)
		return nil, unavailable
	}
	h.metrics.acked(h.Now().Sub(arrival))
	return outcomes, nil
}

// logOutage says once a second why nothing can be stored: while the broker is
// away every request fails.
func (h *Handler) logOutage(err error) {
	if h.outageLog.due(h.Now()) {
		h.Log.Warn("events are refused until the broker takes them", slog.String("error", err.Error()))
	}
}

// seldom keeps what anybody can cause from filling the log: it is due once a
// second.
type seldom struct{ last atomic.Int64 } // ns

func (s *seldom) due(now time.Time) bool {
	last := s.last.Load()
	return now.UnixNano()-last >= int64(time.Second) && s.last.CompareAndSwap(last, now.UnixNano())
}
