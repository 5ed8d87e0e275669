package spool

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what goes through the spool.
type metrics struct {
	appended, drained, full, refused, corrupt prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, s *Spool) (*metrics, error) {
	var problems error
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "askbuy_spool_" + name, Help: help})
		problems = errors.Join(problems, registry.Register(c))
		return c
	}
	gauge := func(name, help string, value func() int64) {
		problems = errors.Join(problems, registry.Register(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: "askbuy_spool_" + name, Help: help}, func() float64 { return float64(value()) })))
	}
	m := &metrics{
		appended: counter("appended_total", "Records kept on disk because the broker did not take them."),
		drained:  counter("drained_total", "Records that left the spool."),
		full:     counter("full_total", "Records turned away because the spool was full."),
		refused:  counter("refused_total", "Records that no topic takes, kept in the file refused."),
		corrupt:  counter("corrupt_segments_total", "Damaged segments, set aside."),
	}
	gauge("records", "Records that wait for the broker.", func() int64 { return s.Held().Records })
	gauge("bytes", "Size of the spool's files.", func() int64 { return s.Held().Bytes })
	gauge("max_bytes", "Size at which the spool is full.", func() int64 { return s.cfg.MaxBytes })
	if problems != nil {
		return nil, fmt.Errorf("register metrics of spool: %w", problems)
	}
	return m, nil
}

// Held is how much waits for the broker.
type Held struct {
	Records int64
	Bytes   int64 // of files, also of what is drained in them
}

// Held says how much waits for the broker.
func (s *Spool) Held() Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Held{s.records, s.bytes}
}
