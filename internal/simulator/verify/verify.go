// Package verify compares what the bi views say with a simulation's truth, row
// by row to the last column. It knows the warehouse by the promised views
// alone and derives what they must hold from package truth.
//
// The truth knows no model: each message's evidence, intent and scores are
// taken from bi.messages, and an intent's path from bi.conversations. All that
// follows from them is derived. What depends on the moment of asking (arrival,
// maturity, exact deliveries, latencies) is left out.
package verify

import (
	"context"
	"fmt"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator/truth"
	"askbuy/internal/wait"
)

// querier answers queries; *clickhouse.DB is one. Values come as Go's types
// for the columns' types, of which only String is asked for.
type querier interface {
	Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error)
}

// Options say how to wait and what an operator configured.
type Options struct {
	Shops   map[string]truth.Shop // configured ones
	Timeout time.Duration         // for everything to settle; 0 is two minutes
	Settle  time.Duration         // differences that last so long will stay; 0 is 20 s

	// Count counts the units of an experiment anew; nil: they are as they were
	// counted last.
	Count func(ctx context.Context, experiment string) error

	Now   func() time.Time                           // nil: the wall clock
	Sleep func(context.Context, time.Duration) error // nil: really
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Settle == 0 {
		o.Settle = 20 * time.Second
	}
	if o.Count == nil {
		o.Count = func(context.Context, string) error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = wait.For
	}
	return o
}

// Run compares the warehouse with the truth in a directory. It returns as soon
// as nothing is in flight and nothing differs; while anything does, it waits:
// for the options' Timeout at most, and no longer than the same differences
// have lasted for Settle. Differences are no error. An error with a report
// says that the pipeline did not come to rest.
func Run(ctx context.Context, db querier, dir string, o Options) (*Report, error) {
	t, err := truth.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	v := &verifier{db: db, truth: t, Options: o.withDefaults()}
	report, err := v.settle(ctx)
	if err != nil {
		return report, fmt.Errorf("verify: %w", err)
	}
	return report, nil
}

type verifier struct {
	Options
	db    querier
	truth *truth.Truth
}

const pollEvery = 2 * time.Second

// settle compares until the answer is final.
func (v *verifier) settle(ctx context.Context) (*Report, error) {
	deadline := v.Now().Add(v.Timeout)
	var last string
	var since time.Time
	for {
		report, err := v.compare(ctx)
		if err != nil {
			return nil, err
		}
		if report.OK() {
			return report, nil
		}
		now := v.Now()
		if seen := fmt.Sprintf("%+v", report); seen != last {
			last, since = seen, now
		}
		if report.quiet && now.Sub(since) >= v.Settle {
			return report, nil
		}
		if now.After(deadline) {
			if report.quiet {
				return report, nil
			}
			return report, fmt.Errorf("records are still in flight or unexplained after %s: see whether every role runs (askbuy report ledger)", v.Timeout)
		}
		if err := v.Sleep(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
}
