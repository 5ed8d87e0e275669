package sinks

import (
	"errors"
	"fmt"
	"time"
)

// Config is how a sink batches, waits and remembers.
type Config struct {
	// BatchRows ends a batch by size, Linger by time since its first record.
	BatchRows int
	Linger    time.Duration
	// BackoffMin and BackoffMax bound the pause between retries.
	BackoffMin, BackoffMax time.Duration
	// Remembered is how many identities of a partition the Bloom filters
	// hold, at about 1.8 bytes each. What is older costs a look-up.
	Remembered int
	// RecentCopies is how many identities of a partition are kept exactly, at
	// about 100 bytes each, so that a quick retry costs no look-up.
	RecentCopies int
	// StopGrace is how long a stop waits for the batch that is being stored.
	StopGrace time.Duration
	// CutEvery is the interval at which the ledger's cut is noted, and
	// UnexplainedEvery that at which the ledger is asked what it lacks.
	CutEvery, UnexplainedEvery time.Duration
}

// DefaultConfig is right for one process and for many.
func DefaultConfig() Config {
	return Config{
		BatchRows: 10_000, Linger: 300 * time.Millisecond,
		BackoffMin: 100 * time.Millisecond, BackoffMax: 5 * time.Second,
		Remembered: 500_000, RecentCopies: 16_384,
		CutEvery: 2 * time.Second, UnexplainedEvery: 60 * time.Second,
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	atLeast := func(name string, value, least int64) {
		if value < least {
			problems = append(problems, fmt.Errorf("sink %s: %d is less than %d", name, value, least))
		}
	}
	atLeast("batch rows", int64(c.BatchRows), 1)
	atLeast("linger (ns)", int64(c.Linger), 0)
	atLeast("grace of a stop (ns)", int64(c.StopGrace), 0)
	atLeast("least backoff (ns)", int64(c.BackoffMin), 2)
	atLeast("greatest backoff (ns)", int64(c.BackoffMax), int64(c.BackoffMin))
	atLeast("remembered identities", int64(c.Remembered), 4)
	atLeast("recent copies", int64(c.RecentCopies), 2)
	atLeast("cut interval (ns)", int64(c.CutEvery), 1)
	atLeast("unexplained interval (ns)", int64(c.UnexplainedEvery), 1)
	return errors.Join(problems...)
}
