package sinks

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/wait"
)

// Task is a part of the hourly pass. Every replica does it, so what it does a
// second time must change nothing.
type Task struct {
	Name string
	Do   func(ctx context.Context) error
}

// Hourly does tasks every hour, one after the other. A task that fails is
// counted and left to the next hour, and so is one that takes as long as that; it keeps none of the others from theirs.
type Hourly struct {
	Every time.Duration
	Tasks []Task
	// Sleep and Jitter are the clock and the dice; nil means the real ones.
	// Sleep returns early when ctx ends, Jitter is in [0, 1).
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func() float64
	Log    *slog.Logger

	runs *prometheus.CounterVec
}

// NewHourly makes a pass that does nothing until Run.
func NewHourly(every time.Duration, tasks []Task, r prometheus.Registerer, log *slog.Logger) (*Hourly, error) {
	h := &Hourly{Every: every, Tasks: tasks, Sleep: wait.For, Jitter: rand.Float64, Log: log, runs: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_hourly_tasks_total", Help: "Tasks of the hourly pass, by outcome: done or failed.",
	}, []string{"task", "outcome"})}
	for _, t := range tasks {
		h.runs.WithLabelValues(t.Name, "done")
		h.runs.WithLabelValues(t.Name, "failed")
	}
	if err := r.Register(h.runs); err != nil {
		return nil, fmt.Errorf("register metrics of the hourly pass: %w", err)
	}
	return h, nil
}

// Run passes until ctx ends, which is no error. The first pass comes within a
// tenth of the interval: replicas that start together do not ask together.
func (h *Hourly) Run(ctx context.Context) error {
	wait := time.Duration(h.Jitter() * float64(h.Every) / 10)
	for {
		_ = h.Sleep(ctx, wait)
		for _, t := range h.Tasks {
			if ctx.Err() != nil {
				return nil
			}
			outcome := "done"
			if err := h.do(ctx, t); err != nil && ctx.Err() == nil {
				outcome = "failed"
				h.Log.Warn("a task of the hourly pass failed, the next pass tries again", "task", t.Name, "err", err)
			}
			h.runs.WithLabelValues(t.Name, outcome).Inc()
		}
		wait = h.Every
	}
}

func (h *Hourly) do(ctx context.Context, t Task) error {
	ctx, cancel := context.WithTimeout(ctx, max(h.Every, leastForTask))
	defer cancel()
	return t.Do(ctx)
}

// leastForTask is what a task may take though passes follow each other faster.
const leastForTask = 10 * time.Minute
