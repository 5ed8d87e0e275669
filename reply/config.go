package reply

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"askbuy/reply/turn"
)

// Config says how shoppers are answered.
type Config struct {
	DefaultShop string         // of every AppID when Apps is empty
	Apps        map[string]App // by AppID; an unknown one is refused
	Intents     []string       // ids of the taxonomy, or steps of their paths, that are answered; none: all
	OnTimeout   OnTimeout      // what a shopper gets when no step answered in time

	Deadline time.Duration // of a request, from its arrival to its answer
	Budget   time.Duration // of that, for the ladder; the rest is for recording
}

// App is a mini program.
type App struct {
	Shop    string
	Session func(token string) (subject string, err error) // who a session token is for; nil: the header is believed
}

// OnTimeout is what a shopper gets when no step answered in time.
type OnTimeout string

// The ways to fail.
const (
	PresetOnTimeout OnTimeout = "preset" // 200 with the preset text
	ErrorOnTimeout  OnTimeout = "error"  // 500 {"error":"ERR_AI_TIMEOUT"}
)

// Budgets of the request. A mini program gives up after 1.5 s.
const (
	MaxDeadline = 1500 * time.Millisecond

	retryWindow   = 10 * time.Second
	recentAnswers = 50_000
)

// DefaultConfig answers everything within the second of a mini program.
func DefaultConfig() Config {
	return Config{DefaultShop: "default", OnTimeout: PresetOnTimeout, Deadline: MaxDeadline, Budget: 1100 * time.Millisecond}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	require := func(ok bool, field, rule string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("reply.%s: want %s", field, fmt.Sprintf(rule, args...)))
		}
	}
	require(c.DefaultShop != "" || len(c.Apps) > 0, "default_shop", "a shop, or apps")
	require(slices.Contains([]OnTimeout{PresetOnTimeout, ErrorOnTimeout}, c.OnTimeout), "on_timeout", "%s or %s", PresetOnTimeout, ErrorOnTimeout)
	require(c.Deadline > 0 && c.Deadline <= MaxDeadline, "deadline", "a duration above 0, at most %s", MaxDeadline)
	require(c.Budget > 0 && c.Budget < c.Deadline, "budget", "a duration above 0 and below the deadline")
	for id, app := range c.Apps {
		require(id != "" && app.Shop != "" && len(app.Shop) <= maxID, "apps."+id+".shop", "1 to %d bytes", maxID)
	}
	for _, name := range c.Intents {
		require(knownTopic(name), "intents", "ids of the taxonomy or steps of their paths, and %q is none", name)
	}
	return errors.Join(problems...)
}

// maxID is the length of an id, bytes.
const maxID = 256

// enabled says whether questions about a topic are answered here.
func (c Config) enabled(t *turn.Turn) bool {
	if len(c.Intents) == 0 {
		return true
	}
	return slices.ContainsFunc(c.Intents, func(name string) bool {
		return name == t.Intent.Intent || slices.Contains(t.Intent.IntentPath, name)
	})
}
