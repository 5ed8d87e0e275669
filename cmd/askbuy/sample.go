package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator"
	"askbuy/pipeline"
)

// sampleExperiment is the experiment that the sample shops run. Its file is
// written at the first start, and what it says by then holds at every later one:
// the past is told again as it was.
func sampleExperiment(c pipeline.Config, now time.Time) (*experiment.Experiment, error) {
	known, err := pipeline.LoadExperiments(c)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(known, func(e experiment.Experiment) bool { return e.Key == simulator.SampleExperiment }); i >= 0 {
		return &known[i], nil
	}
	text := simulator.SampleFile(now)
	e, err := experiment.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("make sample experiment: %w", err)
	}
	dir := c.Effective().ExperimentsDir
	file := filepath.Join(dir, simulator.SampleExperiment+".yaml")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, text, 0o644)); err != nil {
		return nil, fmt.Errorf("--sample: write its experiment: %w: see that experiments_dir can be written to", err)
	}
	return &e, nil
}

// playSample plays the sample shops against the own webhook until ctx ends. Once
// their past is stored it looks at their experiment, so that there is a verdict
// to show.
func playSample(ctx context.Context, a *app, c pipeline.Config, at pipeline.Endpoints, e *experiment.Experiment) error {
	play, err := playOptions(c, at.HTTP)
	if err != nil {
		return err
	}
	play.Progress, play.Terminal = a.stderr, isTerminal(a.stderr)
	told := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return simulator.Sample(ctx, simulator.SampleOptions{
			Play: play, Experiment: e,
			Backfill: func(events int) {
				fmt.Fprintf(a.stdout, "the sample shops have told 14 days, %d events, and go on live\n", events)
				close(told)
			},
		})
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-told:
		}
		if err := lookAtSample(ctx, c, e.Key); err != nil && ctx.Err() == nil {
			fmt.Fprintf(a.stderr, "the sample's experiment has no verdict yet: %v; ask for one: %s experiment report %s%s\n", err, program(), e.Key, dataDirFlag(c))
		}
		return nil
	})
	return group.Wait()
}

// lookAtSample waits until the past is stored, and looks.
func lookAtSample(ctx context.Context, c pipeline.Config, key string) error {
	if err := drain(ctx, c); err != nil {
		return err
	}
	db, err := pipeline.Warehouse(ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	x, err := pipeline.OpenExperiments(c, db)
	if err != nil {
		return err
	}
	_, err = x.Report(ctx, key, nil)
	return err
}
