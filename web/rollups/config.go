package rollups

import (
	"errors"
	"fmt"
	"time"
)

// Config says how often the rollup is brought up to date, and what of it stays.
type Config struct {
	Every  time.Duration // between two generations, and at least four times what the last one took
	Margin time.Duration // of a row's storing before the query that stores it has ended
	Whole  time.Duration // age at which a lineage is followed by another
	Ended  float64       // share of rows that count no more at which it is
	Sums   time.Duration // how long the sums of a moment stay: what was asked for earlier is added up again
}

// DefaultConfig suits any size: a generation costs what was stored since the last.
func DefaultConfig() Config {
	return Config{Every: 20 * time.Second, Margin: 2 * time.Minute, Whole: time.Hour, Ended: 0.25, Sums: 20 * time.Minute}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	for name, d := range map[string]time.Duration{"Every": c.Every, "Margin": c.Margin, "Whole": c.Whole, "Sums": c.Sums} {
		if d <= 0 {
			problems = append(problems, fmt.Errorf("%s: %v must be above 0", name, d))
		}
	}
	if c.Ended <= 0 || c.Ended >= 1 {
		problems = append(problems, fmt.Errorf("ended: %v must be above 0 and below 1", c.Ended))
	}
	return errors.Join(problems...)
}
