// Package processors turns raw events into what the join makes of them. Three
// Goka groups translate, and pure functions beside them decide:
//
//   - score reads messages and behaviours and hands each on as an entry of its
//     shopper's journey, a user's message with evidence and intent;
//   - orders folds an order's events and sends the same snapshot into the
//     journey of every user that one of them names;
//   - journey folds that one log per shopper into message scores and touches,
//     and asks for a repair of what it no longer remembers enough for. The
//     repairer answers from facts, through the same fold.
//
// What must stay true:
//   - a state at an offset of the journey is a function of that log alone, and
//     the version of a row is the place in that log that it was computed at;
//   - at every entry, new or repeated, all rows that it can concern are said
//     again, whether they changed or not: what differs from the state only is
//     lost in a crash in which the state survives and the output does not;
//   - of copies of one event the one with the least raw position counts,
//     wherever and whenever the others come;
//   - nothing here reads a clock: a repair's pace is the only time there is,
//     and its clock is injected.
package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/lovoo/goka"
	"golang.org/x/sync/errgroup"

	"askbuy/internal/kafka"
	"askbuy/models/intent"
)

// The groups' names, without prefix.
const (
	GroupScore   = "score"
	GroupOrders  = "orders"
	GroupJourney = "journey"
	GroupRepair  = "repair"
)

// Tables lists the groups that have a table, without prefix.
func Tables() []string { return []string{GroupOrders, GroupJourney} }

// Groups lists all consumer groups of this room, without prefix. Nothing is
// in flight here when none of them lags.
func Groups() []string { return []string{GroupScore, GroupOrders, GroupJourney, GroupRepair} }

// Processors are the three groups and the repairer of one process.
type Processors struct {
	config  Config
	deps    Deps
	join    join
	metrics *metrics
	running [3]atomic.Pointer[goka.Processor] // score, orders, journey
}

// New makes processors that do nothing until Run.
func New(config Config, deps Deps) (*Processors, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("configure processors: %w", err)
	}
	if deps.Models == nil {
		return nil, errors.New("configure processors: Deps.Models is nil, nothing would be scored")
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	partitions := config.Kafka.Partitions
	return &Processors{
		config: config, deps: deps.withDefaults(), metrics: m,
		join: join{
			fold: intent.Fold, params: deps.Models.Params,
			partition: func(key string) int32 { return kafka.Partition([]byte(key), partitions) },
			limits:    config.Limits,
		},
	}, nil
}

// Run processes until ctx ends, which is no error. Topics and the tables'
// topics must exist. An outage of the broker is waited out; an error is one
// that would come again.
func (p *Processors) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.runGroup(ctx, 0, GroupScore, p.scoreGroup()) })
	group.Go(func() error { return p.runGroup(ctx, 1, GroupOrders, p.ordersGroup()) })
	group.Go(func() error { return p.runGroup(ctx, 2, GroupJourney, p.journeyGroup()) })
	if p.deps.Facts != nil {
		group.Go(func() error { return p.runRepairs(ctx) })
	}
	return group.Wait()
}

func (p *Processors) runGroup(ctx context.Context, i int, name string, graph *goka.GroupGraph) error {
	processor, err := goka.NewProcessor(p.config.Kafka.Brokers, graph, kafka.ProcessorOptions(p.config.Kafka, kafka.GroupOptions{
		Group: p.config.Kafka.Name(name), StateDir: p.config.StateDir, TableID: p.config.TableIDs[name],
		SessionTimeout: p.config.SessionTimeout, Heartbeat: p.config.Heartbeat, Log: p.deps.Log,
	})...)
	if err != nil {
		return fmt.Errorf("create group %s: %w", name, err)
	}
	p.running[i].Store(processor)
	defer p.running[i].Store(nil)
	if err := processor.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run group %s: %w", name, kafka.HideKeys(err))
	}
	return nil
}

// Ready reports whether every group has its table and reads its topics.
func (p *Processors) Ready() bool {
	for i := range p.running {
		if processor := p.running[i].Load(); processor == nil || !processor.Recovered() {
			return false
		}
	}
	return true
}
