package ingest

import (
	"errors"
	"fmt"
	"time"
)

// Config bounds what the door takes.
type Config struct {
	AckTimeout   time.Duration // how long a request waits to be durable
	SpoolShare   time.Duration // of that, what is left for the spool when the broker does not answer
	RetryAfter   time.Duration // what a sender is told when the door is shut
	MaxBody      int64         // bytes of a body, also once it is decompressed
	MaxBatch     int           // events in one request
	MaxHeldBytes int64         // bytes of all bodies that are being read or published
}

// DefaultConfig answers within the 3 s that the most impatient senders wait.
func DefaultConfig() Config {
	return Config{
		AckTimeout:   1500 * time.Millisecond,
		SpoolShare:   700 * time.Millisecond,
		RetryAfter:   2 * time.Second,
		MaxBody:      1 << 20,
		MaxBatch:     10_000,
		MaxHeldBytes: 256 << 20,
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	require := func(ok bool, field, rule string) {
		if !ok {
			problems = append(problems, fmt.Errorf("ingest.%s: want %s", field, rule))
		}
	}
	require(c.AckTimeout > 0, "ack_timeout", "a duration above 0")
	require(c.SpoolShare > 0 && c.SpoolShare < c.AckTimeout, "spool_share", "a duration above 0 and below ack_timeout")
	require(c.RetryAfter > 0, "retry_after", "a duration above 0")
	require(c.MaxBody > 0, "max_body", "a number of bytes above 0")
	require(c.MaxBatch > 0, "max_batch", "a number of events above 0")
	require(c.MaxHeldBytes >= c.MaxBody, "max_held_bytes", "at least max_body")
	return errors.Join(problems...)
}
