package dedup

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Config bounds the memory.
type Config struct {
	MemoryBytes   int64         // of filters and exact slices together, about
	Horizon       time.Duration // how far back it should reach, if the budget allows
	Generations   int           // of Bloom filters; the oldest is forgotten as a whole
	FalsePositive float64       // chance that a new id is flagged, over all generations
}

// DefaultConfig reaches 96 hours back: the longest known sender retries for
// 75 h 35 min.
func DefaultConfig() Config {
	return Config{MemoryBytes: 64 << 20, Horizon: 96 * time.Hour, Generations: 8, FalsePositive: 0.001}
}

// minMemory keeps every filter and slice at a useful size.
const minMemory = 1 << 20

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	require := func(ok bool, field, rule string) {
		if !ok {
			problems = append(problems, fmt.Errorf("ingest.dedup.%s: want %s", field, rule))
		}
	}
	require(c.MemoryBytes >= minMemory, "memory_bytes", "at least 1 MiB")
	require(c.Horizon > 0, "horizon", "a duration above 0")
	require(c.Generations >= 2 && c.Generations <= 64, "generations", "2 to 64")
	require(c.FalsePositive > 0 && c.FalsePositive < 1, "false_positive", "a number between 0 and 1")
	return errors.Join(problems...)
}

const (
	// exactSlices is how many slices the exact memory turns over in.
	exactSlices = 4
	// exactBytes is what one exactly remembered id costs: a 16-byte key, a
	// 40-byte copy, and a map that is half empty after it has grown.
	exactBytes = 112
)

// plan is the budget divided: per shard, per generation or slice.
type plan struct {
	span     time.Duration // of a generation
	bloomIDs uint          // ids that a generation may hold
	bits     uint          // of its filter
	hashes   uint
	exactIDs uint // ids that a slice may hold
}

// plan gives half of the budget to the filters and half to the exact slices.
func (c Config) plan() plan {
	half := float64(c.MemoryBytes) / 2 / shardCount
	bits := half * 8 / float64(c.Generations)
	perID := math.Log(float64(c.Generations)/c.FalsePositive) / (math.Ln2 * math.Ln2)
	return plan{
		span:     c.Horizon/time.Duration(c.Generations-1) + 1, // the others reach back far enough when the oldest is forgotten
		bloomIDs: max(1, uint(bits/perID)),
		bits:     max(1, uint(bits)),
		hashes:   max(1, uint(math.Round(perID*math.Ln2))),
		exactIDs: max(1, uint(half/exactBytes/exactSlices)),
	}
}
