package kafka

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Lifetimes are for how long a record of each topic may be there after its
// arrival, as the broker has it: the topic's retention, and the time until the
// segment that holds it ends and may be deleted. Keep is for ever.
func (a *Admin) Lifetimes(ctx context.Context, topics ...string) (map[string]time.Duration, error) {
	settings, err := a.admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("describe topic settings: %w", classify(err))
	}
	lifetimes := map[string]time.Duration{}
	for _, s := range settings {
		if s.Err != nil {
			return nil, fmt.Errorf("describe settings of topic %s: %w", s.Name, classify(s.Err))
		}
		found := map[string]int64{"retention.ms": -1}
		for _, entry := range s.Configs {
			if ms, err := strconv.ParseInt(entry.MaybeValue(), 10, 64); err == nil {
				found[entry.Key] = ms
			}
		}
		lifetimes[s.Name] = Keep
		if found["retention.ms"] >= 0 {
			lifetimes[s.Name] = time.Duration(found["retention.ms"]+found["segment.ms"]) * time.Millisecond
		}
	}
	return lifetimes, nil
}
