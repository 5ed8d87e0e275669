//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// startLimit bounds a start when the caller's context does not; a large data directory takes seconds.
const startLimit = 60 * time.Second

// checkFree finds a busy address before anything is started, so that the error can name it.
func (s *settings) checkFree() error {
	for _, a := range []struct{ listener, port string }{{"http", s.httpPort}, {"native", s.nativePort}} {
		if a.port == "0" {
			continue
		}
		addr := net.JoinHostPort(s.host, a.port)
		l, err := net.Listen("tcp", addr)
		if isAddrInUse(err) {
			return &AddrError{Listener: a.listener, Addr: addr}
		}
		if err != nil {
			return fmt.Errorf("listen on %s for ClickHouse %s: %w", addr, a.listener, err)
		}
		if err := l.Close(); err != nil {
			return fmt.Errorf("release %s: %w", addr, err)
		}
	}
	return nil
}

// awaitReady returns once both listeners answer, and puts the ports in use into s.
func awaitReady(ctx context.Context, s *settings, c *child) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	probe := newProbe()
	defer probe.CloseIdleConnections()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.learnPorts() && answers(ctx, probe, s) {
			return nil
		}
		// A boot query that fails leaves the process waiting at its prompt.
		if strings.Contains(c.reason(), "Received exception") {
			return startFailure(c, s)
		}
		select {
		case <-c.done:
			return startFailure(c, s)
		case <-ctx.Done():
			return fmt.Errorf("wait for ClickHouse: %w; it said: %s (more in %s)", ctx.Err(), c.reason(), s.path(serverLog))
		case <-tick.C:
		}
	}
}

func startFailure(c *child, s *settings) error {
	reason := c.reason()
	if strings.Contains(reason, "Address already in use") {
		return fmt.Errorf("start ClickHouse: %w: %s", ErrAddrInUse, reason)
	}
	if reason == "" {
		reason = "it ended without a word"
	}
	return fmt.Errorf("start ClickHouse: %s (more in %s)", reason, s.path(serverLog))
}

// learnPorts reads the ports the library got; they stay the same for every later start.
func (s *settings) learnPorts() bool {
	if s.httpPort != "0" && s.nativePort != "0" {
		return true
	}
	b, err := os.ReadFile(s.path(portsFile))
	line, whole := strings.CutSuffix(string(b), "\n")
	httpPort, nativePort, tab := strings.Cut(line, "\t")
	if err != nil || !whole || !tab {
		return false
	}
	s.httpPort, s.nativePort = httpPort, nativePort
	return true
}

// newProbe is a client without proxies: a loopback address must not leave the machine.
func newProbe() *http.Client {
	return &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

func answers(ctx context.Context, probe *http.Client, s *settings) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.httpAddr()+"/ping", nil)
	if err != nil {
		return false
	}
	resp, err := probe.Do(req)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	if err := errors.Join(err, resp.Body.Close()); err != nil || string(body) != "Ok.\n" {
		return false
	}
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", s.nativeAddr())
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
