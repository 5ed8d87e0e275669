package embedded

import (
	"context"
	"time"
)

const retentionEvery = 5 * time.Minute

// Run applies every topic's retention now and then, until ctx ends. It takes
// the place of the broker's cleaner, which would compact as well.
func (b *Broker) Run(ctx context.Context) error {
	ticks := b.ticks
	if ticks == nil {
		ticker := time.NewTicker(retentionEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
			b.ApplyRetention()
		}
	}
}

// ApplyRetention deletes what is older than its topic keeps. It must not be
// called after Close.
func (b *Broker) ApplyRetention() { b.cluster.ApplyRetention() }
