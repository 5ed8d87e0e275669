package handoffs

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/schemas/event"
)

// What may come of posting a package. The set is closed.
const (
	postDelivered = "delivered"
	postRefused   = "refused"   // answered, but not with 2xx
	postFailed    = "failed"    // not reached, or no answer in time
	postAbandoned = "abandoned" // given up after 76 h, or at 410
)

type metrics struct {
	handoffs  map[event.HandoffReason]prometheus.Counter
	posts     *prometheus.CounterVec
	takeovers *prometheus.CounterVec
}

// What may come of a takeover.
const (
	takeoverDone    = "done"
	takeoverUnsure  = "unsure"  // it may take effect, and cannot be assured in time
	takeoverUnknown = "unknown" // no such conversation
)

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	handoffs := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_handoffs_total", Help: "Handoffs of conversations to people, by reason.",
	}, []string{"reason"})
	m := &metrics{
		handoffs: map[event.HandoffReason]prometheus.Counter{},
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_handoff_posts_total", Help: "Postings of packages to the outbound webhook, by what came of them.",
		}, []string{"outcome"}),
		takeovers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_takeovers_total", Help: "Requests of people to take a conversation over, by what came of them.",
		}, []string{"outcome"}),
	}
	for _, reason := range event.HandoffReasons() {
		m.handoffs[reason] = handoffs.WithLabelValues(string(reason))
	}
	for _, outcome := range []string{postDelivered, postRefused, postFailed, postAbandoned} {
		m.posts.WithLabelValues(outcome)
	}
	for _, outcome := range []string{takeoverDone, takeoverUnsure, takeoverUnknown} {
		m.takeovers.WithLabelValues(outcome)
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{handoffs, m.posts, m.takeovers} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of handoffs: %w", err)
		}
	}
	return m, nil
}
