package processors

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Config says how the groups run.
type Config struct {
	Kafka kafka.Config
	// Epochs are the topics' epochs, by topic without prefix: of messages,
	// orders, behaviours and journey.
	Epochs map[string]int64
	// StateDir keeps the groups' tables on disk; "" keeps them in memory.
	StateDir string
	// TableIDs are the ids of the tables' topics by Tables' names; with
	// StateDir they tie what is on disk to the broker it was made from.
	TableIDs map[string][16]byte
	// Key is the installation's fingerprint key: it names dead letters.
	Key    []byte
	Limits Limits
	// RepairEvery is the least time between two repairs of one shopper.
	RepairEvery time.Duration
	// SessionTimeout and Heartbeat are the groups'; 0 is internal/kafka's default.
	SessionTimeout time.Duration
	Heartbeat      time.Duration
}

// DefaultConfig leaves Kafka, Epochs and Key to the caller.
func DefaultConfig() Config {
	return Config{Limits: DefaultLimits(), RepairEvery: time.Minute}
}

// minStateBytes is what a message and an order of the longest ids take.
const minStateBytes = 16 << 10

// Validate reports every problem at once, naming field and rule.
func (c Config) Validate() error {
	problems := []error{c.Kafka.Validate()}
	require := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for _, topic := range []string{event.TopicMessages, event.TopicBehaviors, event.TopicOrders, event.TopicJourney} {
		_, ok := c.Epochs[topic]
		require(ok, "Epochs: has none of topic %s", topic)
	}
	for _, table := range Tables() {
		require(c.StateDir == "" || c.TableIDs[table] != [16]byte{}, "TableIDs: StateDir needs the topic id of table %s", table)
	}
	require(len(c.Key) >= 32, "Key: %d bytes, at least 32 are needed", len(c.Key))
	require(c.Limits.Messages > 0, "Limits.Messages: %d is not above 0", c.Limits.Messages)
	require(c.Limits.Bytes >= minStateBytes, "Limits.Bytes: %d is below %d", c.Limits.Bytes, minStateBytes)
	require(c.Limits.Age >= touchWindow, "Limits.Age: %d ms is less than the %d ms that a touch reaches back", c.Limits.Age, int64(touchWindow))
	require(c.RepairEvery > 0, "RepairEvery: %v is not above 0", c.RepairEvery)
	return errors.Join(problems...)
}

// Deps is what the groups need from others.
type Deps struct {
	// Models are those in force.
	Models models
	// Facts answers repairs; nil leaves requests in their topic for a process
	// that has facts.
	Facts facts
	// Erased tells which events are gone; nil: none.
	Erased erased
	// Now and Sleep are the repairer's clock; nil means the real one. Sleep
	// returns early when ctx ends.
	Now   clock
	Sleep sleep

	Registerer prometheus.Registerer // nil counts nothing
	Log        *slog.Logger          // nil says nothing
}
