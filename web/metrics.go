package web

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	pages    *prometheus.HistogramVec
	signIns  *prometheus.CounterVec
	failures *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		pages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askbuy_dashboard_page_seconds", Help: "Time from the request for a page to its last byte.",
			Buckets: []float64{.02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"page"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_dashboard_sign_ins_total", Help: "Attempts to sign in to the dashboard: link, password, wrong, bounded.",
		}, []string{"outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_dashboard_failures_total", Help: "Pages that were not shown, by reason.",
		}, []string{"reason"}),
	}
	for _, c := range []prometheus.Collector{m.pages, m.signIns, m.failures} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the dashboard: %w", err)
		}
	}
	return m, nil
}
