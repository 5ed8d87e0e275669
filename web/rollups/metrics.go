package rollups

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// outcome is what became of a turn: a closed set.
type outcome string

const (
	whole   outcome = "whole"   // all conversations, in a new lineage
	changed outcome = "changed" // those of shoppers of whom something was stored
	rested  outcome = "rested"  // nothing was to do
	failed  outcome = "failed"
)

type metrics struct {
	turns *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{turns: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "askbuy_rollup_seconds", Help: "Time that bringing the rollup of conversations up to date took, by outcome: whole, changed, rested, failed.",
		Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300},
	}, []string{"outcome"})}
	for _, o := range []outcome{whole, changed, rested, failed} {
		m.turns.WithLabelValues(string(o))
	}
	if err := r.Register(m.turns); err != nil {
		return nil, fmt.Errorf("register metrics of the rollup: %w", err)
	}
	return m, nil
}
