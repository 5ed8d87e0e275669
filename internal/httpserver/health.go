package httpserver

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkTimeout is how long a dependency may take to say that it is well.
const checkTimeout = 2 * time.Second

// Health knows whether this process can take work.
type Health struct {
	draining atomic.Bool
	mu       sync.Mutex
	checks   map[string]func(context.Context) error
	survived map[string]bool // dependencies that this process can do without
}

// NewHealth has no dependency and is ready.
func NewHealth() *Health {
	return &Health{checks: make(map[string]func(context.Context) error)}
}

// Add names a dependency and how to ask whether it is well.
func (h *Health) Add(name string, check func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks[name] = check
}

// Survive names dependencies that this process does without for a while: they
// are reported still, and no longer make it unready.
func (h *Health) Survive(names ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.survived = map[string]bool{}
	for _, name := range names {
		h.survived[name] = true
	}
}

// Drain says that this process takes no new work. There is no way back.
func (h *Health) Drain() { h.draining.Store(true) }

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready        bool              `json:"ready"`
	Draining     bool              `json:"draining"`
	Dependencies map[string]string `json:"dependencies"` // "ok", or what is wrong
}

// Ready asks every dependency at once.
func (h *Health) Ready(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	r := Readiness{Draining: h.draining.Load(), Dependencies: map[string]string{}}
	r.Ready = !r.Draining
	var mu sync.Mutex
	var asked sync.WaitGroup
	h.mu.Lock()
	for name, check := range h.checks {
		survived := h.survived[name]
		asked.Go(func() {
			state := "ok"
			err := check(ctx)
			if err != nil {
				state = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			r.Dependencies[name] = state
			r.Ready = r.Ready && (err == nil || survived)
		})
	}
	h.mu.Unlock()
	asked.Wait()
	return r
}

// Register adds /healthz, /readyz and /metrics to an admin door.
func (h *Health) Register(mux *http.ServeMux, metrics prometheus.Gatherer) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true}`)) // a client that left reads no answer
	})
	mux.HandleFunc("GET /readyz", h.serveReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
}

func (h *Health) serveReady(w http.ResponseWriter, r *http.Request) {
	state := h.Ready(r.Context())
	body, err := json.Marshal(state, json.Deterministic(true))
	if err != nil {
		http.Error(w, "encode readiness", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(body) // a client that left reads no answer
}
