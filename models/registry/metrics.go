package registry

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	entries *prometheus.CounterVec // by outcome: read, refused
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_model_log_entries_total", Help: "Entries of the models log by what became of them.",
	}, []string{"outcome"})}
	if r == nil {
		return m, nil
	}
	if err := r.Register(m.entries); err != nil {
		return nil, fmt.Errorf("register metrics of the models log: %w", err)
	}
	return m, nil
}
