package pipeline

import (
	"fmt"
	"slices"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/ingest/spool"
)

// DoorBounds are what the public door holds and lets in at most.
type DoorBounds struct {
	SpoolMaxBytes     int64 `koanf:"spool_max_bytes"`     // of disk, for events that the broker does not take; full means 503
	DedupeMemoryBytes int64 `koanf:"dedupe_memory_bytes"` // of memory, for recognising repetitions
	MaxConnections    int   `koanf:"max_connections"`     // at once; the next wait until one is closed
	// DrainDelay is how long a stop says that it is not ready, before the door
	// closes: time for a balancer to notice.
	DrainDelay time.Duration `koanf:"drain_delay"`
	// Alone says that no other door publishes into these topics, so that it
	// need not be learnt what others accept. With the embedded broker it is so.
	Alone bool `koanf:"alone"`
	// RateLimits bound senders by name: a source, key:<name> for an API key
	// (key:generated for ASKBUY_API_KEY), default for those without their own.
	RateLimits map[string]RateLimit `koanf:"rate_limits"`
}

// RateLimit is how many events a sender may send; beyond it the door answers
// 429 with Retry-After. A webhook's request counts as one event.
type RateLimit struct {
	EventsPerSecond float64 `koanf:"events_per_second"` // 0: no limit
	Burst           int     `koanf:"burst"`             // at once
}

const (
	// everyoneElse is the limit of whoever has none of its own.
	everyoneElse = "default"
	// generatedKey is the name of ASKBUY_API_KEY in the limits.
	generatedKey = "generated"
	minSpool     = 8 << 20
	// maxDrainDelay leaves room in what orchestrators give a stop, 30 s.
	maxDrainDelay = 15 * time.Second
)

func defaultDoor() DoorBounds {
	return DoorBounds{SpoolMaxBytes: 1 << 30, DedupeMemoryBytes: dedup.DefaultConfig().MemoryBytes, MaxConnections: 10_000}
}

func (c Config) checkDoor() (problems []error) {
	d := c.Door
	if d.SpoolMaxBytes < minSpool {
		problems = append(problems, fmt.Errorf("door.spool_max_bytes: %d is fewer than %d: give the spool room for the longest outage of the broker", d.SpoolMaxBytes, minSpool))
	}
	if err := d.dedupe().Validate(); err != nil {
		problems = append(problems, fmt.Errorf("door.dedupe_memory_bytes: %w", err))
	}
	if d.MaxConnections < 1 {
		problems = append(problems, fmt.Errorf("door.max_connections: %d: use a number above 0", d.MaxConnections))
	}
	if d.DrainDelay < 0 || d.DrainDelay > maxDrainDelay {
		problems = append(problems, fmt.Errorf("door.drain_delay: %s is not within 0s and %s: give a balancer time for two of its checks", d.DrainDelay, maxDrainDelay))
	}
	if err := d.limits().Validate(); err != nil {
		problems = append(problems, fmt.Errorf("door.rate_limits: %w", err))
	}
	senders := []string{everyoneElse, cozeSource, "key:" + generatedKey}
	for _, s := range c.Sources {
		senders = append(senders, s.Name)
	}
	for _, k := range c.APIKeys {
		senders = append(senders, "key:"+k.Name)
	}
	for name := range d.RateLimits {
		if !slices.Contains(senders, name) {
			problems = append(problems, fmt.Errorf("door.rate_limits: %q is no sender: use one of %v", name, senders))
		}
	}
	return problems
}

func (d DoorBounds) limits() ingest.Limits {
	l := ingest.Limits{Of: map[string]ingest.Limit{}}
	for name, r := range d.RateLimits {
		limit := ingest.Limit{PerSecond: r.EventsPerSecond, Burst: r.Burst}
		if name == everyoneElse {
			l.Default = limit
		} else {
			l.Of[name] = limit
		}
	}
	return l
}

func (d DoorBounds) dedupe() dedup.Config {
	c := dedup.DefaultConfig()
	c.MemoryBytes = d.DedupeMemoryBytes
	return c
}

func (d DoorBounds) spool(dir string) spool.Config {
	door := ingest.DefaultConfig()
	c := spool.DefaultConfig(dir)
	c.MaxBytes = d.SpoolMaxBytes
	c.SegmentBytes = min(c.SegmentBytes, c.MaxBytes/4)
	c.Patience = door.AckTimeout - door.SpoolShare
	return c
}
