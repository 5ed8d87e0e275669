package scorers

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"
)

// When says which messages are asked about.
type When string

// The choices.
const (
	WhenUncertain When = "uncertain"
	WhenAll       When = "all"
)

// Config is what is configured of one scorer. A zero is its default.
type Config struct {
	Name            string        // stands in rows, metrics and the group's name
	URL             string        // http or https, asked by POST
	Batch           int           // messages in one request; 32
	Timeout         time.Duration // of one request, its answer included; 2 s
	BudgetPerSecond uint          // messages; 50
	When            When          // uncertain
	Concurrency     int           // requests at once; 2

	// MaxAge is how long after its arrival a message is still asked about.
	MaxAge time.Duration
	// BreakerDelay is for how long an open breaker asks nothing.
	BreakerDelay time.Duration
}

// The breaker opens when so many of the last calls failed.
const breakerFailures, breakerCalls = 5, 10

// recoveryPause is between two attempts when the broker does not answer.
const recoveryPause = time.Second

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	c.Batch = cmp.Or(c.Batch, 32)
	c.Timeout = cmp.Or(c.Timeout, 2*time.Second)
	c.BudgetPerSecond = cmp.Or(c.BudgetPerSecond, 50)
	c.When = cmp.Or(c.When, WhenUncertain)
	c.Concurrency = cmp.Or(c.Concurrency, 2)
	c.MaxAge = cmp.Or(c.MaxAge, 5*time.Minute)
	c.BreakerDelay = cmp.Or(c.BreakerDelay, 30*time.Second)
	return c
}

var configName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Validate reports every problem at once, each with its field and rule.
func (c Config) Validate() error {
	var problems []error
	wrong := func(field, rule string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", field, fmt.Sprintf(rule, args...)))
	}
	if !configName.MatchString(c.Name) {
		wrong("name", "%q: use lower-case letters, digits, hyphen and underscore, 1 to 64 of them", c.Name)
	}
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		wrong("url", "want http://host:port/path of a scorer (docs/scorers.md)")
	}
	if c.Batch < 1 || c.Batch > 256 {
		wrong("batch", "%d: want 1 to 256 messages", c.Batch)
	}
	if c.Timeout < 10*time.Millisecond || c.Timeout > 30*time.Second {
		wrong("timeout", "%v: want 10ms to 30s", c.Timeout)
	}
	if c.BudgetPerSecond > 100_000 {
		wrong("budget_per_second", "%d: want 1 to 100000 messages", c.BudgetPerSecond)
	}
	if c.When != WhenUncertain && c.When != WhenAll {
		wrong("when", "%q: use uncertain or all", c.When)
	}
	if c.Concurrency < 1 || c.Concurrency > 32 {
		wrong("concurrency", "%d: want 1 to 32 requests", c.Concurrency)
	}
	return errors.Join(problems...)
}
