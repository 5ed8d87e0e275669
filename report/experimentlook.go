package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/experiment"
	"askbuy/models/intent"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

// ExperimentReport is what is to be said of an experiment.
type ExperimentReport struct {
	Key        string    `json:"key"`
	SnapshotAt time.Time `json:"snapshot_at"`
	Look       string    `json:"look"` // name of the snapshot; "" when none was kept
	Hypothesis string    `json:"hypothesis"`
	Mode       string    `json:"mode"`
	SQLHash    string    `json:"sql_hash"`
	inference.Analysis
}

// Invalid says whether the experiment cannot be believed.
func (r *ExperimentReport) Invalid() bool {
	return slices.ContainsFunc(r.Verdicts, func(v inference.Verdict) bool { return v.Decision == inference.Invalid })
}

// finalLook names the snapshot of the final look. There is one.
const finalLook = "final"

// Makers of snapshots.
const (
	byRun    = "run"
	byReport = "report"
)

// Report looks at an experiment: it counts the units anew, and keeps a
// snapshot. Once the final look was made, that is what it tells. A look at a
// part of the units is not kept.
func (x *Experiments) Report(ctx context.Context, key string, s *Segment) (*ExperimentReport, error) {
	e, err := x.Find(ctx, key)
	if err != nil {
		return nil, err
	}
	if s == nil {
		stands, err := x.Snapshots(ctx, key, finalLook)
		if err != nil {
			return nil, err
		}
		if len(stands) > 0 {
			return stands[0].report()
		}
	}
	return x.look(ctx, e, s, byReport)
}

// Health is a look that is not kept and tells nothing of the effect.
func (x *Experiments) Health(ctx context.Context, key string) (*HealthReport, error) {
	e, err := x.Find(ctx, key)
	if err != nil {
		return nil, err
	}
	r, err := x.look(ctx, e, nil, "")
	if err != nil {
		return nil, err
	}
	warnings := slices.DeleteFunc(r.Warnings, func(w inference.Warning) bool { return !slices.Contains(healthCodes, w.Code) })
	unknown, err := x.unregistered(ctx)
	if err != nil {
		return nil, err
	}
	return &HealthReport{Key: key, Health: r.Health, Invalid: r.Invalid(), Warnings: append(warnings, unknown...)}, nil
}

// unregistered warns of exposures to experiments that no file describes, most
// often a sender's slip in a key: those of the last 30 days, the most first,
// at most 20. The decisions about what to do by score are no experiment.
func (x *Experiments) unregistered(ctx context.Context) (warnings []inference.Warning, err error) {
	err = each(ctx, x.db, "exposures without an experiment", `
SELECT experiment, toInt64(count()) AS n FROM askbuy.exposures FINAL
WHERE is_test = 0 AND experiment != {action:String} AND ts > {since:DateTime64(3, 'UTC')}
    AND experiment NOT IN (SELECT experiment FROM askbuy.experiments)
GROUP BY experiment ORDER BY n DESC, experiment LIMIT 20`,
		map[string]any{"action": intent.ActionExperiment, "since": x.now().AddDate(0, 0, -30)}, func(c *cells) {
			key := c.text()
			warnings = append(warnings, inference.Unregistered(key, next[int64](c)))
		})
	return warnings, err
}

// HealthReport says whether an experiment can be believed.
type HealthReport struct {
	Key      string              `json:"key"`
	Invalid  bool                `json:"invalid"`
	Health   inference.Health    `json:"health"`
	Warnings []inference.Warning `json:"warnings"`
}

var healthCodes = []inference.Code{
	inference.WarnSRM, inference.WarnContaminated, inference.WarnReplayMismatch, inference.WarnUnregistered, inference.WarnPipeline,
	inference.WarnImmature, inference.WarnDenominator, inference.WarnPreBias,
}

// look counts, analyses, and keeps a snapshot in the name of its maker, if any.
func (x *Experiments) look(ctx context.Context, e experiment.Experiment, s *Segment, maker string) (*ExperimentReport, error) {
	in, r, err := x.counted(ctx, e, s)
	if err != nil {
		return nil, err
	}
	if s != nil || maker == "" || r.CutOff.Before(e.Start) {
		return r, nil
	}
	if r.Look, err = x.lookName(ctx, e, r.CutOff, maker, r.Final); err != nil {
		return nil, err
	}
	if err := x.keep(ctx, in, r, maker); err != nil || r.Look != finalLook {
		return r, err
	}
	stands, err := x.Snapshots(ctx, e.Key, finalLook) // another may have been first
	if err != nil || len(stands) == 0 {
		return r, err
	}
	return stands[0].report()
}

// mostRefreshes is how often a look counts anew because others did meanwhile.
const mostRefreshes = 3

// counted counts the units and judges them.
func (x *Experiments) counted(ctx context.Context, e experiment.Experiment, s *Segment) (in inference.Input, r *ExperimentReport, err error) {
	for range mostRefreshes {
		var counted Counted
		if counted, err = x.Refresh(ctx, e); err != nil {
			return in, nil, err
		}
		if in, r, err = x.judge(ctx, e, counted, s); !errors.Is(err, errOvertaken) {
			return in, r, err
		}
	}
	return in, nil, fmt.Errorf("%w %d times: ask again", err, mostRefreshes)
}

// judge says what follows from the units of one refresh.
func (x *Experiments) judge(ctx context.Context, e experiment.Experiment, counted Counted, s *Segment) (inference.Input, *ExperimentReport, error) {
	in, err := x.input(ctx, e, counted, s)
	if err != nil {
		return in, nil, err
	}
	a, err := inference.Analyse(in)
	if err != nil {
		return in, nil, err
	}
	r := newExperimentReport(e, counted.CutOff, a)
	r.SQLHash = x.sql.Hash
	return in, r, nil
}

func newExperimentReport(e experiment.Experiment, at time.Time, a inference.Analysis) *ExperimentReport {
	return &ExperimentReport{Key: e.Key, SnapshotAt: at, Hypothesis: e.Hypothesis, Mode: string(e.Mode), Analysis: a}
}

// lookName tells snapshots of one experiment apart. Replicas that make one at
// the same time make the same one.
func (x *Experiments) lookName(ctx context.Context, e experiment.Experiment, at time.Time, maker string, final bool) (string, error) {
	switch {
	case final:
		return finalLook, nil
	case maker == byReport:
		return byReport + " " + at.Format("2006-01-02T15:04:05.000Z"), nil
	}
	zone, err := x.zone(ctx, oneShop(e))
	return "day " + at.In(zone).Format(time.DateOnly), err
}

// zone is that of a shop's days.
func (x *Experiments) zone(ctx context.Context, shop string) (*time.Location, error) {
	name := "Asia/Shanghai"
	err := each(ctx, x.db, "time zone", "SELECT time_zone FROM askbuy.shops FINAL WHERE shop_id IN ('', {shop:String}) AND time_zone != '' ORDER BY shop_id", map[string]any{"shop": shop}, func(c *cells) { name = c.text() })
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("read time zone of shop %q: %w", shop, err)
	}
	return zone, nil
}

// keep stores a snapshot with all that it follows from. Results first: what
// is not in the snapshots was never looked at.
func (x *Experiments) keep(ctx context.Context, in inference.Input, r *ExperimentReport, maker string) error {
	input, err := json.Marshal(in, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode input of experiment %q: %w", r.Key, err)
	}
	analysis, err := json.Marshal(r.Analysis, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode analysis of experiment %q: %w", r.Key, err)
	}
	version := uint64(math.MaxInt64 - r.SnapshotAt.UnixMilli()) // the first of a name stays
	if err := x.db.Insert(ctx, schema.ExperimentResults.Name, schema.ExperimentResults.Columns, resultRows(in, r, version)); err != nil {
		return fmt.Errorf("keep results of experiment %q: %w", r.Key, err)
	}
	row := []any{r.Key, r.Look, r.SnapshotAt, maker, bit(r.Final), r.ConfigHash, r.SQLHash, uint32(r.Engine), string(input), string(analysis), version}
	if err := x.db.Insert(ctx, schema.ExperimentSnapshots.Name, schema.ExperimentSnapshots.Columns, [][]any{row}); err != nil {
		return fmt.Errorf("keep snapshot of experiment %q: %w", r.Key, err)
	}
	return nil
}

func resultRows(in inference.Input, r *ExperimentReport, version uint64) [][]any {
	e := in.Experiment
	metric := map[string]inference.Measured{}
	for i, m := range e.Metrics {
		metric[m.Name] = in.Metrics[i]
	}
	var rows [][]any
	for _, result := range r.Results {
		v := r.verdict(result.Variant)
		row := []any{r.Key, r.Look, result.Metric, result.Variant, oneShop(e), r.SnapshotAt, r.CutOff, bit(r.Final), string(result.Role), result.Control,
			uint64(result.NC), uint64(result.NT), uint64(r.Health.Contaminated)}
		for _, n := range []*float64{result.ValueC, result.ValueT, result.Diff, result.SE, result.DOF, result.PFixed, result.CILo, result.CIHi,
			result.Lift, result.LiftLo, result.LiftHi, result.PAlwaysValid, result.PAlwaysValidRunning, result.SeqLo, result.SeqHi, result.DecisionLo, result.DecisionHi, result.PAdjusted} {
			row = append(row, n)
		}
		row = append(row, map[bool]string{true: "holm"}[result.PAdjusted != nil],
			result.Theta, result.Saved, result.Cap, result.DiffRaw, result.MDE, result.Power, days(result.DaysLeft),
			string(result.Guardrail), string(result.Refused), string(v.Decision), string(v.Reason), r.codes(result))
		control := e.Control()
		arm := slices.IndexFunc(e.Variants, func(v experiment.Variant) bool { return v.Name == result.Variant })
		row = append(row, sampleCells(metric[result.Metric], control)...)
		row = append(row, sampleCells(metric[result.Metric], arm)...)
		rows = append(rows, append(row, r.Health.SRMRunning, uint32(r.Engine), r.ConfigHash, r.SQLHash, version))
	}
	return rows
}

func days(n *int) *int64 {
	if n == nil {
		return nil
	}
	v := int64(*n)
	return &v
}

// sampleCells are an arm's means, variances and covariance; NULL where there
// are none.
func sampleCells(m inference.Measured, arm int) []any {
	if m.Refused != inference.NotRefused {
		return []any{nil, nil, nil, nil, nil}
	}
	s := m.Arms[arm].Sample()
	return []any{s.MeanNum, s.MeanDen, s.VarNum, s.VarDen, s.CovNumDen}
}

func (r *ExperimentReport) verdict(variant string) inference.Verdict {
	for _, v := range r.Verdicts {
		if v.Variant == variant {
			return v
		}
	}
	return inference.Verdict{}
}

// codes are the warnings that concern a result.
func (r *ExperimentReport) codes(result inference.Result) []string {
	codes := []string{}
	for _, w := range r.Warnings {
		if (w.Variant == "" || w.Variant == result.Variant) && (w.Metric == "" || w.Metric == result.Metric) && !slices.Contains(codes, string(w.Code)) {
			codes = append(codes, string(w.Code))
		}
	}
	return codes
}

// Snapshot is a stored look.
type Snapshot struct {
	Key, Look       string
	At              time.Time
	SQLHash         string
	Input, Analysis []byte // JSON
}

// Snapshots reads those of an experiment, the oldest first; of one name, when
// it is given.
func (x *Experiments) Snapshots(ctx context.Context, key, look string) ([]Snapshot, error) {
	var all []Snapshot
	err := each(ctx, x.db, "snapshots", `SELECT experiment, look, snapshot_at, sql_hash, input, analysis FROM askbuy.experiment_snapshots FINAL
WHERE experiment = {key:String} AND ({look:String} = '' OR look = {look:String}) ORDER BY snapshot_at, look`, map[string]any{"key": key, "look": look}, func(c *cells) {
		all = append(all, Snapshot{c.text(), c.text(), next[time.Time](c), c.text(), []byte(c.text()), []byte(c.text())})
	})
	return all, err
}

// again computes a snapshot's analysis from its input.
func (s Snapshot) again() (a inference.Analysis, err error) {
	var in inference.Input
	if err = json.Unmarshal(s.Input, &in); err == nil {
		a, err = inference.Analyse(in)
	}
	if err != nil {
		err = fmt.Errorf("replay snapshot %q of experiment %q: %w", s.Look, s.Key, err)
	}
	return a, err
}

// report is what was said when the snapshot was made, word by word: whether an
// engine of today would say the same is for Replay to tell.
func (s Snapshot) report() (*ExperimentReport, error) {
	var in inference.Input
	var a inference.Analysis
	if err := errors.Join(json.Unmarshal(s.Input, &in), json.Unmarshal(s.Analysis, &a)); err != nil {
		return nil, fmt.Errorf("read snapshot %q of experiment %q: %w", s.Look, s.Key, err)
	}
	r := newExperimentReport(in.Experiment, s.At.UTC(), a)
	r.Look, r.SQLHash = s.Look, s.SQLHash
	return r, nil
}

// Replayed says whether a snapshot follows from its input, bit by bit.
type Replayed struct {
	Look   string    `json:"look"`
	At     time.Time `json:"snapshot_at"`
	Engine int       `json:"engine_version"` // that made it
	Equal  bool      `json:"equal"`
}

// ReplayReport is what became of replaying snapshots.
type ReplayReport struct {
	Key       string     `json:"key"`
	Snapshots []Replayed `json:"snapshots"`
	Differ    int        `json:"differ"`
}

// Replay computes stored snapshots again: one, or all of an experiment.
func (x *Experiments) Replay(ctx context.Context, key, look string) (*ReplayReport, error) {
	all, err := x.Snapshots(ctx, key, look)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("replay experiment %q: there is no snapshot %q: run askbuy experiment report %s", key, look, key)
	}
	r := &ReplayReport{Key: key, Snapshots: []Replayed{}}
	for _, s := range all {
		done, err := s.replay()
		if err != nil {
			return nil, err
		}
		if !done.Equal {
			r.Differ++
		}
		r.Snapshots = append(r.Snapshots, done)
	}
	return r, nil
}

// replay compares all but the number of the engine, which the snapshot keeps: a
// later one need not say anything else of the same input.
func (s Snapshot) replay() (Replayed, error) {
	a, err := s.again()
	if err != nil {
		return Replayed{}, err
	}
	var was struct {
		Engine int `json:"engine_version"`
	}
	if err := json.Unmarshal(s.Analysis, &was); err != nil {
		return Replayed{}, fmt.Errorf("compare snapshot %q of experiment %q: %w", s.Look, s.Key, err)
	}
	a.Engine = was.Engine
	again, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		return Replayed{}, fmt.Errorf("encode snapshot %q of experiment %q: %w", s.Look, s.Key, err)
	}
	return Replayed{Look: s.Look, At: s.At.UTC(), Engine: was.Engine, Equal: bytes.Equal(again, s.Analysis)}, nil
}

// Hourly counts the units of every experiment that has begun anew and keeps a
// snapshot a day, until the final look is made. An experiment that fails keeps
// none of the others from theirs.
func (x *Experiments) Hourly(ctx context.Context) error {
	experiments, err := x.Registered(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range experiments {
		if x.now().Before(e.Start) {
			continue
		}
		if err := x.hourly(ctx, e); err != nil {
			problems = append(problems, fmt.Errorf("experiment %q: %w", e.Key, err))
		}
	}
	return errors.Join(problems...)
}

func (x *Experiments) hourly(ctx context.Context, e experiment.Experiment) error {
	now := x.now()
	name, err := x.lookName(ctx, e, now, byRun, !now.Before(e.FinalAt()))
	if err != nil {
		return err
	}
	had := map[string]bool{}
	err = each(ctx, x.db, "snapshots", "SELECT DISTINCT s.look FROM askbuy.experiment_snapshots AS s WHERE s.experiment = {key:String} AND s.look IN ({name:String}, {final:String})",
		map[string]any{"key": e.Key, "name": name, "final": finalLook}, func(c *cells) { had[c.text()] = true })
	switch {
	case err != nil:
		return err
	case had[finalLook]:
		return nil
	case had[name]:
		_, err = x.Refresh(ctx, e)
		return err
	}
	_, err = x.look(ctx, e, nil, byRun)
	return err
}
