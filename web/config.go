package web

import (
	"errors"
	"fmt"
	"time"
)

// Config bounds sessions and attempts to sign in.
type Config struct {
	SecureCookies bool          // the dashboard is reached over HTTPS only
	LinkLives     time.Duration // of the one-time link
	SessionIdle   time.Duration // without a request
	SessionMax    time.Duration // whatever it does
	MaxSessions   int           // of one person; the oldest goes
	MaxAttempts   int           // to sign in, from one address at once; then one every AttemptEvery
	AttemptEvery  time.Duration
	ShopsLive     time.Duration // how long a list of shops is good
	QueryTimeout  time.Duration // of a page
}

// DefaultConfig suits a dashboard that a few people look at.
func DefaultConfig() Config {
	return Config{
		LinkLives: time.Hour, SessionIdle: 12 * time.Hour, SessionMax: 7 * 24 * time.Hour, MaxSessions: 10,
		MaxAttempts: 10, AttemptEvery: 6 * time.Second, ShopsLive: 10 * time.Second, QueryTimeout: 15 * time.Second,
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	for name, d := range map[string]time.Duration{
		"LinkLives": c.LinkLives, "SessionIdle": c.SessionIdle, "SessionMax": c.SessionMax, "AttemptEvery": c.AttemptEvery,
		"ShopsLive": c.ShopsLive, "QueryTimeout": c.QueryTimeout,
	} {
		if d <= 0 {
			problems = append(problems, fmt.Errorf("%s: %v must be above 0", name, d))
		}
	}
	for name, n := range map[string]int{"MaxSessions": c.MaxSessions, "MaxAttempts": c.MaxAttempts} {
		if n <= 0 {
			problems = append(problems, fmt.Errorf("%s: %d must be above 0", name, n))
		}
	}
	return errors.Join(problems...)
}
