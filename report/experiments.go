package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
	"askbuy/internal/experiment"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

// warehouse is a database that can be written to, too.
type warehouse interface {
	database
	Exec(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) error
	Insert(ctx context.Context, table string, columns []string, rows [][]any) error
}

// Experiments registers experiments, counts their units and looks at them.
type Experiments struct {
	db      warehouse
	cluster schema.Cluster
	sql     schema.ExperimentSQL
	now     func() time.Time
	token   func() uint64 // tells refreshes of one millisecond apart
}

// NewExperiments makes one that has asked nothing yet.
func NewExperiments(db warehouse, cluster schema.Cluster, now func() time.Time, token func() uint64) (*Experiments, error) {
	sql, err := schema.ExperimentQueries()
	if err != nil {
		return nil, fmt.Errorf("render queries of experiments: %w", err)
	}
	return &Experiments{db: db, cluster: cluster, sql: sql, now: now, token: token}, nil
}

// Registered lists the experiments that the warehouse knows, by key.
func (x *Experiments) Registered(ctx context.Context) ([]experiment.Experiment, error) {
	known, err := x.registered(ctx)
	experiments := make([]experiment.Experiment, len(known))
	for i, k := range known {
		experiments[i] = k.Experiment
	}
	return experiments, err
}

// Find is the registered experiment of a key.
func (x *Experiments) Find(ctx context.Context, key string) (experiment.Experiment, error) {
	known, err := x.Registered(ctx)
	if err != nil {
		return experiment.Experiment{}, err
	}
	var keys []string
	for _, e := range known {
		if e.Key == key {
			return e, nil
		}
		keys = append(keys, e.Key)
	}
	return experiment.Experiment{}, fmt.Errorf("find experiment: %q is not registered (there are: %s): put its file into experiments_dir and run askbuy experiment apply", key, strings.Join(keys, ", "))
}

type registered struct {
	experiment.Experiment
	version uint64
}

func (x *Experiments) registered(ctx context.Context) (known []registered, err error) {
	asked := each(ctx, x.db, "experiments", "SELECT document, version FROM askbuy.experiments FINAL ORDER BY experiment", nil, func(c *cells) {
		var r registered
		document := c.text()
		r.version = next[uint64](c)
		if c.err == nil {
			c.err = json.Unmarshal([]byte(document), &r.Experiment)
		}
		known = append(known, r)
	})
	return known, errors.Join(asked, err)
}

// Register makes the warehouse know these experiments as they are now, and
// says which of them are new or changed. After its first exposure only words
// and a planned end that is still ahead may change, and after its final look
// nothing; that refuses all of them.
func (x *Experiments) Register(ctx context.Context, experiments []experiment.Experiment) (changed []string, err error) {
	known, err := x.registered(ctx)
	if err != nil {
		return nil, err
	}
	before := map[string]registered{}
	for _, k := range known {
		before[k.Key] = k
	}
	var rows [][]any
	var problems []error
	for _, e := range experiments {
		was, is := before[e.Key]
		if is && was.ConfigHash() == e.ConfigHash() {
			continue
		}
		if is {
			problems = append(problems, x.mayChange(ctx, was.Experiment, e))
		}
		changed, rows = append(changed, e.Key), append(rows, experimentRow(e, was.version+1))
	}
	if err := errors.Join(problems...); err != nil || len(rows) == 0 {
		return nil, err
	}
	if err := x.db.Insert(ctx, schema.Experiments.Name, schema.Experiments.Columns, rows); err != nil {
		return nil, fmt.Errorf("register experiments: %w", err)
	}
	return changed, nil
}

func (x *Experiments) mayChange(ctx context.Context, before, after experiment.Experiment) error {
	var exposed, final int64
	params := map[string]any{"key": before.Key}
	err := each(ctx, x.db, "first exposure", `SELECT toInt64((SELECT count() FROM (SELECT 1 FROM askbuy.exposures WHERE experiment = {key:String} AND is_test = 0 LIMIT 1))),
	toInt64((SELECT count() FROM askbuy.experiment_snapshots WHERE experiment = {key:String} AND is_final = 1))`, params, func(c *cells) {
		exposed, final = c.count(), c.count()
	})
	switch {
	case err != nil:
		return err
	case final > 0:
		return fmt.Errorf("change experiment %q: its final look was made and stands: begin a new one under a new key", before.Key)
	case exposed > 0:
		return experiment.Change(before, after, x.now())
	}
	return nil
}

func experimentRow(e experiment.Experiment, version uint64) []any {
	ranges := e.Ranges()
	var variants, metrics [][]any
	for i, v := range e.Variants {
		variants = append(variants, []any{v.Name, v.Weight, bit(v.Control), ranges[i].From, ranges[i].To})
	}
	for _, m := range e.Metrics {
		metrics = append(metrics, []any{m.Name, string(m.Role), m.Cap, bit(m.CUPED)})
	}
	return []any{e.Key, oneShop(e), e.Shops, e.ConfigHash(), string(e.Canonical()), e.Hypothesis, e.Owner, string(e.Assignment),
		string(e.Mode), e.Alpha, inference.RunningLevel(e), e.Power, uint64(e.NStar), uint8(experiment.HashVersion), e.Seed, e.Coverage,
		e.Start, e.PlannedEnd, e.FinalAt(), variants, metrics, version}
}

// oneShop is the shop whose users may see an experiment's results; empty:
// only those of all shops.
func oneShop(e experiment.Experiment) string {
	if len(e.Shops) == 1 {
		return e.Shops[0]
	}
	return ""
}

func bit(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}

// params are those of the statements about an experiment's facts up to a
// moment. Bounds go as their bits: the warehouse need not read text as we do.
func params(e experiment.Experiment, asOf time.Time) map[string]any {
	p := map[string]any{
		"key": e.Key, "shops": append([]string{}, e.Shops...), "start": e.Start, "planned_end": e.PlannedEnd, "as_of": asOf.Truncate(time.Millisecond),
		"generation": uint64(0), "seed": e.Seed, "namespace": "", "namespace_from": math.Float64bits(0), "namespace_to": math.Float64bits(1),
		"holdout": "", "holdout_share": math.Float64bits(0),
	}
	var names []string
	var lower, upper []uint64
	for i, r := range e.Ranges() {
		names, lower, upper = append(names, e.Variants[i].Name), append(lower, math.Float64bits(r.From)), append(upper, math.Float64bits(r.To))
	}
	p["names"], p["lower"], p["upper"] = names, lower, upper
	if n := e.Namespace; n != nil {
		p["namespace"], p["namespace_from"], p["namespace_to"] = n.Name, math.Float64bits(n.From), math.Float64bits(n.To)
	}
	if h := e.Holdout; h != nil {
		p["holdout"], p["holdout_share"] = h.Seed, math.Float64bits(h.Share)
	}
	return p
}
