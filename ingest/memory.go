package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
)

// memory tells what the door's memory of recent events is like. All numbers of
// one scrape are of one look at it.
type memory struct{ filter *dedup.Filter }

var (
	horizonDesc = prometheus.NewDesc("askbuy_dedupe_horizon_seconds", "How far back the door recognises repetitions at the present rate.", nil, nil)
	idsDesc     = prometheus.NewDesc("askbuy_dedupe_ids", "Events that the door remembers, by memory.", []string{"memory"}, nil)
	bytesDesc   = prometheus.NewDesc("askbuy_dedupe_memory_bytes", "Size of the door's memory of recent events.", []string{"memory"}, nil)
	lookUpsDesc = prometheus.NewDesc("askbuy_dedupe_exact_lookups_total", "Checks that the filters alone did not answer.", nil, nil)
	falseDesc   = prometheus.NewDesc("askbuy_dedupe_false_positive_ratio",
		"Chance that the filters take a new event for known: estimated by how full they are, measured on a sample that is remembered exactly (NaN until it has seen one).",
		[]string{"kind"}, nil)
)

// Describe is of prometheus.Collector.
func (memory) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{horizonDesc, idsDesc, bytesDesc, lookUpsDesc, falseDesc} {
		c <- d
	}
}

// Collect is of prometheus.Collector.
func (m memory) Collect(c chan<- prometheus.Metric) {
	s := m.filter.Stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(horizonDesc, s.Horizon.Seconds())
	gauge(idsDesc, float64(s.IDs), "filters")
	gauge(idsDesc, float64(s.ExactIDs), "exact")
	gauge(bytesDesc, float64(s.FilterBytes), "filters")
	gauge(bytesDesc, float64(s.ExactBytes), "exact")
	gauge(falseDesc, s.Estimated, "estimated")
	gauge(falseDesc, s.Measured, "measured")
	c <- prometheus.MustNewConstMetric(lookUpsDesc, prometheus.CounterValue, float64(s.LookUps))
}
