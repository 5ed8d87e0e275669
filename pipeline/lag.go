package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/reply/conversation"
)

// lagEvery is how often the groups' lag is asked for: as often as metrics are
// commonly read.
const lagEvery = 10 * time.Second

// groupTopic is a group and a topic that it reads, without the prefix.
type groupTopic struct{ group, topic string }

// watched are the groups whose lag is shown, with what each reads. The group of
// conversations makes no rows: nobody waits for it.
func (c Config) watched() map[string][]string {
	groups := inputs()
	if c.Has(RoleReply) {
		groups[conversation.Group] = conversation.Topics()
	}
	return groups
}

// lags counts the records of each topic that each group has yet to deal with.
func lags(ctx context.Context, admin *kafka.Admin, k kafka.Config, groups map[string][]string) (map[groupTopic]int64, error) {
	all := map[groupTopic]int64{}
	for group, names := range groups {
		whole := make([]string, len(names))
		for i, name := range names {
			whole[i] = k.Name(name)
		}
		lag, err := admin.Lag(ctx, k.Name(group), whole...)
		if err != nil {
			return nil, fmt.Errorf("lag of group %s: %w", group, err)
		}
		for i, name := range names {
			all[groupTopic{group, name}] = lag[whole[i]]
		}
	}
	return all, nil
}

// lagPart keeps askbuy_consumer_lag. Where the broker does not answer, the
// metric keeps its last value and readiness tells of it.
func lagPart(w wiring) part {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "askbuy_consumer_lag",
		Help: "Records that a group has yet to deal with, by topic without its prefix.",
	}, []string{"group", "topic"})
	w.registry.MustRegister(gauge)
	for group, names := range w.config.watched() {
		for _, name := range names {
			gauge.WithLabelValues(group, name)
		}
	}
	return part{"consumer lag", func(ctx context.Context) error {
		for {
			known, err := lags(ctx, w.admin, w.kafka, w.config.watched())
			if err != nil && !errors.Is(err, context.Canceled) {
				w.log.Warn("cannot read the groups' lag: is the broker up?", "err", err)
			}
			for at, n := range known {
				gauge.WithLabelValues(at.group, at.topic).Set(float64(n))
			}
			if wait.For(ctx, lagEvery) != nil {
				return nil
			}
		}
	}}
}
