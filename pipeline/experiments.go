package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/experiment"
	"askbuy/internal/wait"
	"askbuy/report"
	schema "askbuy/schemas/clickhouse"
	"askbuy/sinks"
)

// OpenExperiments is what registers experiments and looks at them.
func OpenExperiments(c Config, db *clickhouse.DB) (*report.Experiments, error) {
	return report.NewExperiments(db, schema.Cluster{Name: c.ClickHouseCluster}, time.Now, func() uint64 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		return binary.LittleEndian.Uint64(b[:])
	})
}

// LoadExperiments reads the experiment files of the configuration.
func LoadExperiments(c Config) ([]experiment.Experiment, error) {
	dir := c.Effective().ExperimentsDir
	all, err := experiment.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("experiments_dir %s: %w", dir, err)
	}
	return all, nil
}

// registerExperiments makes the warehouse know the files of this process.
func registerExperiments(ctx context.Context, db *clickhouse.DB, c Config) (*report.Experiments, error) {
	files, err := LoadExperiments(c)
	if err != nil {
		return nil, err
	}
	experiments, err := OpenExperiments(c, db)
	if err != nil {
		return nil, err
	}
	if _, err := experiments.Register(ctx, files); err != nil {
		return nil, fmt.Errorf("experiments_dir %s: %w", c.Effective().ExperimentsDir, err)
	}
	return experiments, nil
}

// experimentsTask counts units and keeps a snapshot a day.
func experimentsTask(w wiring) (sinks.Task, error) {
	experiments, err := OpenExperiments(w.config, w.db)
	if err != nil {
		return sinks.Task{}, err
	}
	return sinks.Task{Name: "experiments", Do: experiments.Hourly}, nil
}

// assigned are the experiments that shoppers are assigned by: those that are
// registered, read again every few seconds, as apply may add some anywhere.
type assigned struct {
	read  func(context.Context) ([]experiment.Experiment, error)
	every time.Duration
	warn  func(error)
	now   func() time.Time
	known atomic.Pointer[[]experiment.Experiment]
}

func newAssigned(w wiring) (*assigned, error) {
	experiments, err := OpenExperiments(w.config, w.db)
	if err != nil {
		return nil, err
	}
	a := &assigned{read: experiments.Registered, every: 5 * time.Second, now: time.Now, warn: func(err error) {
		w.log.Warn("cannot read the experiments; they stay as they were", "err", err)
	}}
	return a, a.refresh(w.ctx)
}

func (a *assigned) refresh(ctx context.Context) error {
	known, err := a.read(ctx)
	if err != nil {
		return err
	}
	a.known.Store(&known)
	return nil
}

// run reads them again until ctx ends.
func (a *assigned) run(ctx context.Context) error {
	for wait.For(ctx, a.every) == nil {
		if err := a.refresh(ctx); err != nil && ctx.Err() == nil {
			a.warn(err)
		}
	}
	return nil
}

// running are those that assign now; of one key, when it is given.
func (a *assigned) running(key string) []experiment.Experiment {
	var running []experiment.Experiment
	now := a.now()
	for _, e := range *a.known.Load() {
		if (key == "" || e.Key == key) && !now.Before(e.Start) && now.Before(e.PlannedEnd) {
			running = append(running, e)
		}
	}
	return running
}

// knows says whether a key is registered for a shop, running or not. That it is
// one of other shops is nobody's business in this one.
func (a *assigned) knows(key, shop string) bool {
	return slices.ContainsFunc(*a.known.Load(), func(e experiment.Experiment) bool { return e.Key == key && e.InShop(shop) })
}
