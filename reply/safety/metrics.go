package safety

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// NewCounter counts what is refused, by reason. The registry may be nil.
func NewCounter(registry prometheus.Registerer) (refused func(Reason), err error) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_reply_refused_total", Help: "Questions that no step may see, and answers that may not be said, by reason.",
	}, []string{"reason"})
	for _, reason := range Reasons() {
		counter.WithLabelValues(string(reason))
	}
	if registry != nil {
		if err := registry.Register(counter); err != nil {
			return nil, fmt.Errorf("register metrics of safety: %w", err)
		}
	}
	return func(r Reason) { counter.WithLabelValues(string(r)).Inc() }, nil
}
