package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/models/registry"
	"askbuy/processors"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// Replayer computes the derived rows anew from facts, beside those in use,
// compares, and puts the new tables in the place of the old ones.
//
// What must stay true:
//   - a replayed row's version is the end of its shopper's journey partition
//     when the replay began. Before it reads facts, all that those journeys
//     knew is stored: a replayed row knows at least as much as any row of its
//     version or a lesser one, and gives way to every row said later;
//   - rows of later versions are taken over from the tables in use: before the
//     exchange, and again once the sinks have passed it, because an insert that
//     began before it ends in the table that it began in;
//   - whatever a crash leaves is either thrown away or finished by the next
//     replay (replay_shadow.go): until the first exchange nothing in use was
//     touched, from it on both shadows are whole;
//   - an erasure and a swap exclude each other: an eraser lists its subject and
//     then waits for shadow tables to go; a replay makes its tables and then
//     reads the list, and ends when the list has changed by the swap.
type Replayer struct {
	passage
	db      *clickhouse.DB
	cluster warehouse.Cluster
	epochs  map[string]int64
	erased  *erasure.List
	unlock  func() error
	random  io.Reader

	// Force is what reads messages; models finds others by name.
	force  *registry.Force
	models intentModels

	// Say is told what is being done, Progress how many of how many shoppers
	// are; nil: nobody.
	Say      func(step string)
	Progress func(done, total int64)
	// cut lets a test end a replay between two steps, as a crash would.
	cut func(step string) error
}

// ReplayOptions say what is replayed.
type ReplayOptions struct {
	// From keeps to shoppers with a fact at or after it, in ms; nil: all.
	From   *int64
	DryRun bool // compare, and swap nothing
	// Model is the id or the directory of the model that scores everything; ""
	// is each in its time, as the models log says.
	Model string
	// OtherModel allows a swap to rows of a model that was not in force.
	OtherModel bool
}

// Replayed is what came of a replay.
type Replayed struct {
	ID       string              `json:"id"`
	ModelID  string              `json:"model_id"`
	Shoppers int64               `json:"shoppers"` // whose rows were computed
	LeftOut  int64               `json:"left_out"` // of whom more was said meanwhile: not compared
	Diff     *report.Diff        `json:"diff"`
	Scores   *report.ScoreChange `json:"scores,omitempty"` // with another model
	Swapped  bool                `json:"swapped"`
}

// replay is one under way.
type replay struct {
	*Replayer
	ReplayOptions
	model   *intent.Model // of all messages; nil: each in its time
	other   bool          // some of it was not in force
	shadow  shadow
	began   kafka.Offsets // ends of the raw topics: later facts may have later rows
	outcome Replayed
}

// ErrReplayOptions says that the options were refused before anything was done.
var ErrReplayOptions = errors.New("replay")

// Run replays. What failed before the swap is thrown away; a swap that failed
// half way is finished by the next replay.
func (r *Replayer) Run(ctx context.Context, o ReplayOptions) (*Replayed, error) {
	run, err := r.begin(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := run.steps(ctx); err != nil {
		cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("replay: %w", err), r.discard(cleaning, run.shadow.id))
	}
	return &run.outcome, nil
}

func (r *Replayer) begin(ctx context.Context, o ReplayOptions) (*replay, error) {
	run := &replay{Replayer: r, ReplayOptions: o}
	log := r.force.Log()
	now := log.At(r.now().UnixMilli()).ModelID
	run.outcome.ModelID = now
	if o.Model != "" {
		var err error
		if run.model, err = r.models.Model(ctx, o.Model); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrReplayOptions, err)
		}
		run.outcome.ModelID = run.model.ID()
		run.other = slices.ContainsFunc(log, func(e registry.Entry) bool { return e.ModelID != run.model.ID() })
	}
	if run.other && !o.DryRun && !o.OtherModel {
		return nil, fmt.Errorf("%w: model %s is not, or was not always, in force (%s is): compare with --dry-run, or say --allow-other-model to have its rows in use all the same", ErrReplayOptions, run.model.ID(), now)
	}
	id, err := shadowID(r.now(), r.random)
	run.shadow = shadow{Replayer: r, id: id}
	run.outcome.ID = id
	return run, err
}

func (r *replay) steps(ctx context.Context) error {
	steps := []replayStep{
		{"looking for what an earlier replay left", func(ctx context.Context) error { return r.settleLeftovers(ctx, r.DryRun) }},
		{"waiting until what was sent before is stored", r.awaitStored},
		{"making shadow tables", r.makeShadow},
		{"computing rows from facts", r.rebuild},
		{"comparing", r.compare},
	}
	if err := r.each(ctx, steps); err != nil {
		return err
	}
	if r.DryRun || r.outcome.Diff.Rows == 0 {
		return r.each(ctx, []replayStep{{"dropping the shadow tables", func(ctx context.Context) error { return r.discard(ctx, r.shadow.id) }}})
	}
	err := r.each(ctx, []replayStep{
		{"taking over rows of later versions", r.shadow.takeOver},
		{"making sure that nobody was erased meanwhile", r.sameErased},
	})
	if err == nil {
		err = r.shadow.finish(ctx)
	}
	r.outcome.Swapped = err == nil
	return err
}

// replayStep is a part of a replay that a crash may follow.
type replayStep struct {
	say string
	do  func(context.Context) error
}

func (r *Replayer) each(ctx context.Context, steps []replayStep) error {
	for _, s := range steps {
		if r.Say != nil {
			r.Say(s.say)
		}
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.say, err)
		}
		if r.cut != nil {
			if err := r.cut(s.say); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitStored notes where the logs stand and waits until all that follows from
// what was in them then is stored: rooms in the order of the data flow.
func (r *replay) awaitStored(ctx context.Context) (err error) {
	if r.began, err = r.ends(ctx, event.RawTopics()...); err != nil {
		return err
	}
	in := inputs()
	if err := r.passed(ctx, processors.GroupScore, in[processors.GroupScore]...); err != nil {
		return err
	}
	if err := r.passed(ctx, processors.GroupOrders, in[processors.GroupOrders]...); err != nil {
		return err
	}
	journey, err := r.ends(ctx, event.TopicJourney)
	if err != nil {
		return err
	}
	r.shadow.after = make([]event.Position, r.kafka.Partitions)
	for partition, end := range journey[r.kafka.Name(event.TopicJourney)] {
		r.shadow.after[partition] = event.Before(r.epochs[event.TopicJourney], end)
	}
	if err := r.reached(ctx, processors.GroupJourney, journey); err != nil {
		return err
	}
	if err := r.passed(ctx, processors.GroupRepair, in[processors.GroupRepair]...); err != nil {
		return err
	}
	return r.passed(ctx, sinks.Group, sinks.Topics()...)
}

// version is that of a shopper's rows.
func (r *replay) version(s event.Shopper) event.Position {
	return r.shadow.after[kafka.Partition([]byte(s.Key()), r.kafka.Partitions)]
}

// compare leaves out whoever spoke since the replay began: their rows may be
// ahead of the replay's, or behind the facts that it read.
func (r *replay) compare(ctx context.Context) error {
	late, err := r.late(ctx)
	if err != nil {
		return err
	}
	s := report.Shadow{MessageScores: r.shadow.of(warehouse.MessageScores), Touches: r.shadow.of(warehouse.Touches), LeftOut: late}
	if r.outcome.LeftOut, err = r.count(ctx, "("+s.LeftOut+")"); err != nil {
		return err
	}
	if r.outcome.Diff, err = report.AgainstShadow(ctx, r.db, s); err != nil {
		return err
	}
	if r.other {
		r.outcome.Scores, err = report.ScoresAgainstShadow(ctx, r.db, s)
	}
	return err
}

func (r *replay) late(ctx context.Context) (string, error) {
	var cuts []string
	for _, topic := range []string{event.TopicMessages, event.TopicBehaviors, event.TopicOrders} {
		var partitions, positions []int64
		for partition := range r.kafka.Partitions {
			partitions = append(partitions, int64(partition))
			positions = append(positions, int64(event.At(r.epochs[topic], r.began[r.kafka.Name(topic)][partition])))
		}
		cuts = append(cuts, fmt.Sprintf("raw_position >= transform(raw_partition, %s, %s, toInt64(9223372036854775807))", array("Int32", partitions), array("Int64", positions)))
	}
	later, err := r.shadow.later(ctx)
	return shoppersWith(cuts[0], cuts[1], cuts[2]) +
		" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.MessageScores.Name + " WHERE " + later +
		" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.Touches.Name + " WHERE " + later, err
}

// sameErased ends a replay during which somebody was erased: it may have read
// facts that are gone by now.
func (r *replay) sameErased(ctx context.Context) error {
	changed, err := r.erased.Refresh(ctx)
	if err == nil && changed {
		err = errors.New("somebody was erased meanwhile: give the replay again")
	}
	return err
}

// Close lets go of the broker and of the lock.
func (r *Replayer) Close() error {
	r.admin.Close()
	return r.unlock()
}

// array is a list of numbers in SQL.
func array(of string, list []int64) string {
	var b []byte
	for n, v := range list {
		b = fmt.Appendf(b, "%s%d", slices.Repeat([]byte(","), min(n, 1)), v)
	}
	return "CAST([" + string(b) + "], 'Array(" + of + ")')"
}
