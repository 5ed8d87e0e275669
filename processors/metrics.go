package processors

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/schemas/event"
)

type metrics struct {
	records *prometheus.CounterVec // by group
	rows    *prometheus.CounterVec // by topic
	letters *prometheus.CounterVec // by stage and reason
	repairs *prometheus.CounterVec // by outcome
	pending prometheus.Gauge
	erased  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_processed_records_total", Help: "Records that a processing group has read, repetitions included."}, []string{"group"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_processed_rows_total", Help: "Rows that processors said, by topic; a row said again counts again."}, []string{"topic"}),
		letters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_deadletters_total", Help: "Events set aside, by stage and reason."}, []string{"stage", "reason"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_repairs_total", Help: "Repairs of shoppers' rows from facts, by outcome (asked, done, failed, buried)."}, []string{"outcome"}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "askbuy_repairs_pending", Help: "Shoppers whose rows wait to be repaired from facts."}),
		erased: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askbuy_processed_erased_total", Help: "Events of erased shoppers that processors left out; their receipts say so too."}),
	}
	if r == nil {
		return m, nil
	}
	if err := errors.Join(r.Register(m.records), r.Register(m.rows), r.Register(m.repairs), r.Register(m.pending), r.Register(m.erased)); err != nil {
		return nil, fmt.Errorf("register processor metrics: %w", err)
	}
	// Other rooms set events aside too and count them under the same name.
	var already prometheus.AlreadyRegisteredError
	err := r.Register(m.letters)
	if errors.As(err, &already) {
		shared, ok := already.ExistingCollector.(*prometheus.CounterVec)
		if ok {
			m.letters, err = shared, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("register processor metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) setAside(reason event.Reason) {
	m.letters.WithLabelValues(string(event.StageProcess), string(reason)).Inc()
}
