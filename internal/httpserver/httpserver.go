// Package httpserver is what every HTTP door of askbuy has in common: handlers
// that return errors, time limits, health, metrics, and a stop that loses no
// request.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Config bounds what one connection may take.
type Config struct {
	ReadHeaderTimeout time.Duration // for the head of a request
	ReadTimeout       time.Duration // for a request whole, so that a slow body ends, too
	WriteTimeout      time.Duration // for the answer; 0 for streams that have no end
	IdleTimeout       time.Duration // between requests
	MaxHeaderBytes    int
	DrainTimeout      time.Duration // for the requests under way when the server stops
}

// DefaultConfig suits a door on the open network.
func DefaultConfig() Config {
	return Config{
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
		DrainTimeout:      10 * time.Second,
	}
}

// Server answers on one listener.
type Server struct {
	http     *http.Server
	listener net.Listener
	health   *Health
	drain    time.Duration
}

// New makes a server for a listener that is open already, so that its address
// is known before anything is served. It owns the listener from then on.
func New(cfg Config, listener net.Listener, handler http.Handler, health *Health, log *slog.Logger) *Server {
	return &Server{
		http: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: cfg.ReadHeaderTimeout,
			ReadTimeout:       cfg.ReadTimeout,
			WriteTimeout:      cfg.WriteTimeout,
			IdleTimeout:       cfg.IdleTimeout,
			MaxHeaderBytes:    cfg.MaxHeaderBytes,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		listener: listener,
		health:   health,
		drain:    cfg.DrainTimeout,
	}
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// OnDrain has f called when the server begins to stop: a handler that streams
// without end learns there that it has to return.
func (s *Server) OnDrain(f func()) { s.http.RegisterOnShutdown(f) }

// Run serves until ctx ends, then stops in this order: it reports itself
// unready, takes no new connection, and finishes the requests under way, for
// at most the drain timeout.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	s.health.Drain()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	err := s.http.Shutdown(limit)
	if err != nil {
		err = fmt.Errorf("drain %s: requests were cut off after %s: %w", s.Addr(), s.drain, errors.Join(err, s.http.Close()))
	}
	<-served
	return err
}
