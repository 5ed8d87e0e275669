package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// others learns what other doors have published, so that a sender's retry that
// comes through this one is answered without a record more. What this door
// published itself comes along, for a broker gives all or nothing: its
// identity, which the header has, is remembered, and it is not read any further.
type others struct {
	filter                    *dedup.Filter
	learnt, known, unreadable prometheus.Counter
}

// endsAgain is the pause before a broker that did not answer is asked again.
const endsAgain = 5 * time.Second

func newOthers(filter *dedup.Filter, registry prometheus.Registerer) (*others, error) {
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_dedupe_followed_total",
		Help: "Records of the raw topics that the door's memory has seen pass: learnt from another door, known (mostly its own), unreadable.",
	}, []string{"outcome"})
	if err := registry.Register(records); err != nil {
		return nil, fmt.Errorf("register metrics of other doors: %w", err)
	}
	return &others{filter, records.WithLabelValues("learnt"), records.WithLabelValues("known"), records.WithLabelValues("unreadable")}, nil
}

// record learns a record unless its event is remembered.
func (o *others) record(headers []event.Header, value []byte) {
	if id, ok := identityOf(headers); ok && o.filter.Remembers(id) {
		o.known.Inc()
		return
	}
	_, v, err := event.Open(headers, value)
	if err != nil {
		o.unreadable.Inc()
		return
	}
	o.filter.Learn(v.Identity, v.Copy)
	o.learnt.Inc()
}

func identityOf(headers []event.Header) (id event.IdentityHash, ok bool) {
	for _, h := range headers {
		if h.Key == event.HeaderIdentity && len(h.Value) == len(id) {
			return event.IdentityHash(h.Value), true
		}
	}
	return id, false
}

// followOthers learns what is published from the given offsets on until ctx
// ends; nil means from where the topics end once the broker answers. A failure
// costs records that are told apart downstream, and nothing else.
func (m *memory) followOthers(ctx context.Context, from dedup.Offsets) {
	for from == nil {
		if wait.For(ctx, endsAgain) != nil {
			return
		}
		from, _ = m.log.EndOffsets(ctx) // replay has told of the failure
	}
	if err := m.log.Follow(ctx, from, m.others.record); err != nil {
		m.logger.Warn("the door does not learn what other doors accept: repetitions are told apart later", slog.String("error", err.Error()))
	}
}
