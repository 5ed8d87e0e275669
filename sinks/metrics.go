package sinks

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/schemas/event"
)

type metrics struct {
	rows        *prometheus.CounterVec
	letters     *prometheus.CounterVec
	endToEnd    prometheus.Histogram
	unexplained prometheus.Gauge
	retries     prometheus.Counter
	lookUps     prometheus.Counter
	erased      *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_sink_rows_total", Help: "Rows inserted, by table; a row said again counts again."}, []string{"table"}),
		letters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_deadletters_total", Help: "Events set aside, by stage and reason."}, []string{"stage", "reason"}),
		endToEnd: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askbuy_end_to_end_seconds", Help: "From an event's arrival to its row.",
			Buckets: []float64{.05, .1, .25, .5, .75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3600}}),
		unexplained: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "askbuy_unexplained_events", Help: "Raw records below the commit that left no receipt; anything but 0 is a loss."}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askbuy_sink_retries_total", Help: "Attempts of the sink that failed and are repeated."}),
		lookUps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askbuy_sink_lookups_total", Help: "Identities whose first copy was looked up in the facts."}),
		erased: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_sink_erased_total", Help: "Records of erased shoppers that were left out, by topic without its prefix."}, []string{"topic"}),
	}
	if r == nil {
		return m, nil
	}
	if err := errors.Join(r.Register(m.rows), r.Register(m.endToEnd), r.Register(m.unexplained), r.Register(m.retries), r.Register(m.lookUps), r.Register(m.erased)); err != nil {
		return nil, fmt.Errorf("register sink metrics: %w", err)
	}
	// Other rooms set events aside too and count them under the same name.
	var already prometheus.AlreadyRegisteredError
	switch err := r.Register(m.letters); {
	case errors.As(err, &already):
		shared, ok := already.ExistingCollector.(*prometheus.CounterVec)
		if !ok {
			return nil, fmt.Errorf("register sink metrics: %w", err)
		}
		m.letters = shared
	case err != nil:
		return nil, fmt.Errorf("register sink metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) setAside(l *event.DeadLetter) {
	m.letters.WithLabelValues(string(l.Stage), string(l.Reason)).Inc()
}
