package spool

import (
	"errors"
	"fmt"
	"time"
)

// Config bounds the spool.
type Config struct {
	Dir      string
	MaxBytes int64 // on disk; beyond it Append answers ErrFull
	// Segment is how large a file grows, in bytes. A file is deleted whole, so
	// this is the grain in which room becomes free.
	SegmentBytes int64
	// Patience is how long a healthy broker takes at most: records bypass the
	// spool again once it has stored a batch within it.
	Patience time.Duration
	// Backoff is the first pause after the broker refused; it doubles up to
	// MaxBackoff.
	Backoff    time.Duration
	MaxBackoff time.Duration
	// BatchRecords is how many records the drain has under way at most.
	BatchRecords int
}

// DefaultConfig holds 1 GiB: at 500 events/s of 700 bytes, 50 minutes.
func DefaultConfig(dir string) Config {
	return Config{
		Dir: dir, MaxBytes: 1 << 30, SegmentBytes: 32 << 20, Patience: 1100 * time.Millisecond,
		Backoff: 100 * time.Millisecond, MaxBackoff: 5 * time.Second, BatchRecords: 2000,
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	require := func(ok bool, field, rule string) {
		if !ok {
			problems = append(problems, fmt.Errorf("spool.%s: want %s", field, rule))
		}
	}
	require(c.Dir != "", "dir", "a directory")
	require(c.SegmentBytes >= 4<<10, "segment_bytes", "at least 4 KiB")
	require(c.MaxBytes >= 2*c.SegmentBytes, "max_bytes", "at least two segments")
	require(c.Patience > 0, "patience", "a duration above 0")
	require(c.Backoff > 0 && c.MaxBackoff >= c.Backoff, "backoff", "a duration above 0 and at most max_backoff")
	require(c.BatchRecords > 0, "batch_records", "a number above 0")
	return errors.Join(problems...)
}
