package scorers

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// skipReason is why a message is not asked about. The set is closed.
type skipReason string

const (
	skipNotDue      skipReason = "not_due" // no text of a shopper, test traffic, or a fact told again
	skipCertain     skipReason = "certain"
	skipErased      skipReason = "erased"
	skipLate        skipReason = "late"
	skipBudget      skipReason = "over_budget"
	skipOpen        skipReason = "breaker_open"
	skipUndecodable skipReason = "undecodable"
)

var skipReasons = []skipReason{skipNotDue, skipCertain, skipErased, skipLate, skipBudget, skipOpen, skipUndecodable}

type metrics struct {
	outcomes *prometheus.CounterVec
	skipped  *prometheus.CounterVec
	seconds  prometheus.Observer
	retries  prometheus.Counter
}

func newMetrics(r prometheus.Registerer, scorer string) (*metrics, error) {
	label := prometheus.Labels{"scorer": scorer}
	m := &metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "askbuy_second_opinions_total", Help: "Messages that a scorer was asked about, by outcome.", ConstLabels: label}, []string{"outcome"}),
		skipped:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "askbuy_second_opinions_skipped_total", Help: "Messages that a scorer was not asked about, by reason.", ConstLabels: label}, []string{"reason"}),
		retries:  prometheus.NewCounter(prometheus.CounterOpts{Name: "askbuy_second_opinion_retries_total", Help: "Times that opinions waited for the broker.", ConstLabels: label}),
	}
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "askbuy_second_opinion_seconds", Help: "How long a scorer took for a request.", ConstLabels: label, Buckets: prometheus.ExponentialBuckets(.005, 2, 13)})
	m.seconds = seconds
	for _, reason := range skipReasons {
		m.skipped.WithLabelValues(string(reason))
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.outcomes, m.skipped, m.retries, seconds} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of scorer %s: %w", scorer, err)
		}
	}
	return m, nil
}

func (m *metrics) skip(why skipReason) { m.skipped.WithLabelValues(string(why)).Inc() }
