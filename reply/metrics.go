package reply

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/reply/turn"
)

type metrics struct {
	seconds *prometheus.HistogramVec
	byRoute map[turn.Route]prometheus.Observer
	repeats prometheus.Counter
	failed  *prometheus.CounterVec
}

// The ways in which a request goes without an answer.
const (
	failedStore = "not_durable"
	failedState = "state_unknown"
	failedLate  = "timeout"
)

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askbuy_reply_seconds", Help: "From a shopper's question to the answer with all its records durable, by the step that answered.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, .75, 1, 1.25, 1.5, 2},
		}, []string{"route"}),
		repeats: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askbuy_reply_repeats_total", Help: "Questions that were answered from memory as retries.",
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_reply_failures_total", Help: "Questions that got no answer, by reason.",
		}, []string{"reason"}),
		byRoute: map[turn.Route]prometheus.Observer{},
	}
	if registry != nil {
		for _, c := range []prometheus.Collector{m.seconds, m.repeats, m.failed} {
			if err := registry.Register(c); err != nil {
				return nil, fmt.Errorf("register metrics of replies: %w", err)
			}
		}
	}
	for _, route := range turn.Routes() {
		m.byRoute[route] = m.seconds.WithLabelValues(string(route))
	}
	for _, reason := range []string{failedStore, failedState, failedLate} {
		m.failed.WithLabelValues(reason)
	}
	return m, nil
}

func (m *metrics) answered(route turn.Route, took time.Duration) {
	m.byRoute[route].Observe(took.Seconds())
}
