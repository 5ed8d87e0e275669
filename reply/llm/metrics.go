package llm

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	calls   *prometheus.CounterVec
	tokens  *prometheus.CounterVec
	seconds prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, g *gate) (*metrics, error) {
	m := &metrics{
		calls:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "askbuy_llm_calls_total", Help: "Calls of the language model, by outcome."}, []string{"outcome"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "askbuy_llm_tokens_total", Help: "Tokens that calls took, whatever became of them, by kind."}, []string{"kind"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askbuy_llm_seconds", Help: "How long calls of the language model took.", Buckets: []float64{.05, .1, .2, .4, .6, .8, 1, 1.25, 1.5, 2},
		}),
	}
	for _, o := range outcomes() {
		m.calls.WithLabelValues(string(o))
	}
	if r == nil {
		return m, nil
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "askbuy_llm_waiting", Help: "Calls that wait for a place."}, func() float64 { return float64(g.queued()) })
	for _, c := range []prometheus.Collector{m.calls, m.tokens, m.seconds, waiting} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the language model: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) count(o Outcome, r Result) {
	m.calls.WithLabelValues(string(o)).Inc()
	m.tokens.WithLabelValues("prompt").Add(float64(r.PromptTokens))
	m.tokens.WithLabelValues("completion").Add(float64(r.CompletionTokens))
}
