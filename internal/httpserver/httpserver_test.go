package httpserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

var quiet = slog.New(slog.DiscardHandler)

// start runs a server on a free port; stop ends it and returns Run's error.
func start(t *testing.T, cfg Config, health *Health, handler http.HandlerFunc) (s *Server, stop func() error) {
	t.Helper()
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); goleak.VerifyNone(t) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = New(cfg, l, handler, health, quiet)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() error { cancel(); return <-done }
}

func TestStopFinishesRequestsUnderWay(t *testing.T) {
	health := NewHealth()
	entered, release := make(chan struct{}), make(chan struct{})
	s, stop := start(t, DefaultConfig(), health, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	drained := make(chan struct{})
	s.OnDrain(func() { close(drained) })
	answer := make(chan string, 1)
	go func() { answer <- get(s) }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	<-drained
	if r := health.Ready(context.Background()); r.Ready || !r.Draining {
		t.Errorf("readiness while draining: %+v", r)
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("answer %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func get(s *Server) string {
	res, err := http.Get("http://" + s.Addr().String())
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

func TestStopIsBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.DrainTimeout = time.Millisecond
	entered := make(chan struct{})
	s, stop := start(t, cfg, NewHealth(), func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	got := make(chan string, 1)
	go func() { got <- get(s) }()
	<-entered
	if err := stop(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopped with %v", err)
	}
	<-got
}

func TestSlowSendersAreCutOff(t *testing.T) {
	cfg := DefaultConfig()
	cfg.ReadHeaderTimeout, cfg.ReadTimeout = 20*time.Millisecond, 40*time.Millisecond
	read := make(chan error, 1)
	s, stop := start(t, cfg, NewHealth(), func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	for name, sent := range map[string]string{
		"head": "POST / HTTP/1.1\r\nHost: x\r\nX-a: ",
		"body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
	} {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, sent)
		_, _ = io.ReadAll(c) // ends because the server closes
		if name == "body" && <-read == nil {
			t.Error("a body cut short was read without an error")
		}
		c.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestLongHeadersAreRefused(t *testing.T) {
	s, stop := start(t, DefaultConfig(), NewHealth(), func(http.ResponseWriter, *http.Request) {})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-a: "+strings.Repeat("x", 16<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestServeFailureIsReturned(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := New(DefaultConfig(), l, nil, NewHealth(), quiet).Run(context.Background()); err == nil {
		t.Error("a closed listener was served")
	}
}

func TestHandlerAnswersErrors(t *testing.T) {
	secret := errors.New("password is hunter2")
	f := func(err error, status int, body, contentType, retry string) {
		t.Helper()
		w := httptest.NewRecorder()
		h := Handler(quiet, func(http.ResponseWriter, *http.Request) error { return err })
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != status || w.Body.String() != body || w.Header().Get("Content-Type") != contentType || w.Header().Get("Retry-After") != retry {
			t.Errorf("got %d %s %v", w.Code, w.Body, w.Header())
		}
	}
	f(Plain(401, "invalid token"), 401, `{"error":"invalid token"}`, "application/json", "")
	f(Problem(503, "unavailable", "try again").Later(1500*time.Millisecond).Because(secret), 503,
		`{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable","detail":"try again"}`, "application/problem+json", "2")
	f(secret, 500, `{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal"}`, "application/problem+json", "")
}

func TestAdminDoor(t *testing.T) {
	health := NewHealth()
	health.Add("kafka", func(context.Context) error { return nil })
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "askbuy_test_total", Help: "x"}))
	mux := http.NewServeMux()
	health.Register(mux, metrics)
	f := func(path string, status int, part string) {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	f("/healthz", 200, `{"ok":true}`)
	f("/metrics", 200, "askbuy_test_total 0")
	f("/readyz", 200, `{"ready":true,"draining":false,"dependencies":{"kafka":"ok"}}`)
	health.Add("clickhouse", func(context.Context) error { return errors.New("connection refused") })
	f("/readyz", 503, `{"ready":false,"draining":false,"dependencies":{"clickhouse":"connection refused","kafka":"ok"}}`)
	health.Drain()
	f("/readyz", 503, `"draining":true`)
}
