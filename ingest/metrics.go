package ingest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
	"askbuy/ingest/mask"
	"askbuy/schemas/event"
)

// metrics counts what happens at the door. The counters of every known label
// are looked up once, because each event needs them.
type metrics struct {
	requests *prometheus.CounterVec // by source, outcome
	ack      prometheus.Histogram
	letters  *prometheus.CounterVec // by stage, reason
	masks    map[mask.Kind]prometheus.Counter
	dedupe   [dedup.Pending + 1]prometheus.Counter
	events   map[event.Type]*[outcomeCount]prometheus.Counter
}

// unknownType labels an event whose type is not one of ours.
const unknownType event.Type = "unknown"

func newMetrics(registry prometheus.Registerer, filter *dedup.Filter) (*metrics, error) {
	m := &metrics{events: make(map[event.Type]*[outcomeCount]prometheus.Counter)}
	ack := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "askbuy_ingest_ack_seconds",
		Help:    "Time from a request's body to the broker's acknowledgement of all its events.",
		Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2},
	})
	r := registration{registry: registry}
	m.requests = r.counter("askbuy_ingest_requests_total", "Requests at the door by source and outcome.", "source", "outcome")
	events := r.counter("askbuy_events_total", "Events at the door by type and outcome.", "type", "outcome")
	checks := r.counter("askbuy_dedupe_checks_total", "Answers of the door's memory of recent events.", "answer")
	m.letters = r.counter("askbuy_deadletters_total", "Events set aside, by stage and reason.", "stage", "reason")
	masks := r.counter("askbuy_masked_total", "Texts and strings at the door in which personal data was masked, by its kind.", "kind")
	m.ack, _ = r.add(ack).(prometheus.Histogram)
	r.add(memory{filter})
	if r.err != nil {
		return nil, fmt.Errorf("register metrics of ingest: %w", r.err)
	}
	m.masks = map[mask.Kind]prometheus.Counter{}
	for _, kind := range mask.AllKinds.List() {
		m.masks[kind] = masks.WithLabelValues(kind.String())
	}
	for v := range m.dedupe {
		m.dedupe[v] = checks.WithLabelValues(dedup.Verdict(v).String())
	}
	for _, t := range slices.Concat(event.Types(), event.OwnTypes(), []event.Type{unknownType}) {
		m.events[t] = new([outcomeCount]prometheus.Counter)
		for o := range outcomeCount {
			m.events[t][o] = events.WithLabelValues(string(t), o.String())
		}
	}
	return m, nil
}

// masked notes what kinds were found in one string.
func (m *metrics) masked(kinds mask.Kinds) {
	if kinds == 0 {
		return
	}
	for _, kind := range kinds.List() {
		m.masks[kind].Inc()
	}
}

// count notes what became of an item.
func (m *metrics) count(item *Item, outcome Outcome) {
	counters, known := m.events[item.Event.Type]
	if !known {
		counters = m.events[unknownType]
	}
	counters[outcome].Inc()
	if outcome == Quarantined {
		m.letters.WithLabelValues(string(event.StageIngest), string(item.Fault.Reason)).Inc()
	}
}

func (m *metrics) acked(after time.Duration) { m.ack.Observe(after.Seconds()) }

// registration collects the first error. A metric that another room has
// registered already, such as the dead letters', is shared with it.
type registration struct {
	registry prometheus.Registerer
	err      error
}

func (r *registration) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	if shared, ok := r.add(c).(*prometheus.CounterVec); ok {
		return shared
	}
	return c
}

func (r *registration) add(c prometheus.Collector) prometheus.Collector {
	err := r.registry.Register(c)
	var known prometheus.AlreadyRegisteredError
	if errors.As(err, &known) {
		return known.ExistingCollector
	}
	r.err = errors.Join(r.err, err)
	return c
}
