package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Config says where conversations are kept and how long word of a handoff may
// take.
type Config struct {
	Kafka    kafka.Config
	StateDir string   // keeps the table on disk; "" keeps it in memory
	TableID  [16]byte // of the table's topic; with StateDir

	// MaxStale is how old what this replica knows of handoffs may be while it
	// still lets the bot speak. A takeover takes a little longer than this.
	MaxStale time.Duration
	// SendGrace is how long a reply that was allowed may take to leave.
	SendGrace time.Duration
	// LookEvery is how often the end of the handoffs' topic is asked for.
	LookEvery time.Duration
	// TidyEvery is how often conversations that are over are let go.
	TidyEvery time.Duration

	SessionTimeout, Heartbeat time.Duration // of the group's members; 0: the defaults
}

// DefaultConfig lets a takeover answer after 1.25 s, within the 1.5 s that
// every other request has.
func DefaultConfig() Config {
	return Config{MaxStale: time.Second, SendGrace: 250 * time.Millisecond, LookEvery: 100 * time.Millisecond, TidyEvery: 10 * time.Minute}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var problems []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"max_stale", c.MaxStale}, {"send_grace", c.SendGrace}, {"look_every", c.LookEvery}, {"tidy_every", c.TidyEvery}} {
		if d.value <= 0 {
			problems = append(problems, fmt.Errorf("reply.conversations.%s: want a duration above 0", d.name))
		}
	}
	if c.LookEvery >= c.MaxStale {
		problems = append(problems, errors.New("reply.conversations.look_every: want less than max_stale, or the bot is never sure enough to speak"))
	}
	return errors.Join(problems...)
}

// offsets tells where topics stand.
type offsets interface {
	StartOffsets(ctx context.Context, topics ...string) (kafka.Offsets, error)
	EndOffsets(ctx context.Context, topics ...string) (kafka.Offsets, error)
	CommittedOffsets(ctx context.Context, group string) (kafka.Offsets, error)
}

// erased tells which events are gone before they are read.
type erased interface{ EventGone(*event.Event) bool }

// Deps is what a Book needs from others.
type Deps struct {
	Offsets    offsets
	Erased     erased // nil: nobody was erased
	Registerer prometheus.Registerer
	Log        *slog.Logger
	Now        func() time.Time
}
