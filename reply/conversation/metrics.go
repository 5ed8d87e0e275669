package conversation

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ records *prometheus.CounterVec }

func newMetrics(r prometheus.Registerer, b *Book) (*metrics, error) {
	m := &metrics{records: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_reply_records_total",
		Help: "Records that the group of conversations has read: kept, elsewhere (another channel's), erased, unreadable (in the dead letters).",
	}, []string{"outcome"})}
	for _, outcome := range []string{recordKept, recordElsewhere, recordErased, recordUnreadable} {
		m.records.WithLabelValues(outcome)
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.records,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "askbuy_reply_view_lag_seconds",
			Help: "How old what this replica knows of handoffs is; above reply's bound the bot is silent.",
		}, func() float64 { return b.deps.Now().Sub(b.fresh.get()).Seconds() }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "askbuy_reply_conversations", Help: "Shoppers whose conversation is remembered.",
		}, func() float64 {
			b.mu.RLock()
			defer b.mu.RUnlock()
			return float64(len(b.states))
		}),
	} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of conversations: %w", err)
		}
	}
	return m, nil
}
