package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/internal/experiment"
	"askbuy/pipeline"
	"askbuy/report"
)

type experimentCommand struct {
	Apply  experimentApply  `cmd:"" help:"Check experiment files and make them known."`
	Plan   experimentPlan   `cmd:"" help:"How many shoppers and days it takes, from the shops' past."`
	Assign experimentAssign `cmd:"" help:"Which variants a shopper gets; records nothing."`
	Report experimentReport `cmd:"" help:"Look at an experiment: verdict, metrics, warnings. Keeps a snapshot."`
	Health experimentHealth `cmd:"" help:"Can it be believed? Tells nothing of the effect and is no look."`
	Audit  experimentAudit  `cmd:"" help:"Replay the hash over every exposure."`
	Replay experimentReplay `cmd:"" help:"Compute stored snapshots again, bit by bit."`
	AA     experimentAA     `cmd:"" name:"aa" help:"Share the own past out by new seeds, and count what is decided although there is nothing."`
}

// outputMD is output with Markdown.
type outputMD struct {
	Format string `default:"text" enum:"text,json,csv,md" help:"text, json, csv or md."`
	Lang   string `default:"en" enum:"en,zh" help:"en or zh."`
}

// withExperiments opens the warehouse for one question about experiments.
func withExperiments(a *app, f func(*report.Experiments) error) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		x, err := pipeline.OpenExperiments(c, db)
		if err != nil {
			return err
		}
		return f(x)
	})
}

// loaded reads the files that are named, else those of experiments_dir.
func loaded(a *app, files []string) ([]experiment.Experiment, error) {
	if len(files) == 0 {
		c, err := a.config()
		if err != nil {
			return nil, err
		}
		return pipeline.LoadExperiments(c)
	}
	var all []experiment.Experiment
	var problems []error
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil {
			var e experiment.Experiment
			if e, err = experiment.Parse(b); err == nil {
				all = append(all, e)
				continue
			}
			err = fmt.Errorf("read %s: %w", file, err)
		}
		problems = append(problems, err)
	}
	return all, errors.Join(problems...)
}

type experimentApply struct {
	Files []string `arg:"" optional:"" help:"Experiment files (default: all of experiments_dir)."`
	outputMD
}

func (r experimentApply) Run(a *app) error {
	all, err := loaded(a, r.Files)
	if err != nil {
		return err
	}
	return withExperiments(a, func(x *report.Experiments) error {
		changed, err := x.Register(a.ctx, all)
		if err != nil {
			return err
		}
		return report.Write(a.stdout, &report.ApplyReport{Files: len(all), Registered: append([]string{}, changed...)}, report.Format(r.Format), report.Lang(r.Lang))
	})
}

type experimentPlan struct {
	Experiment string `arg:"" help:"Key of a registered experiment, or a file."`
	outputMD
}

func (r experimentPlan) Run(a *app) error {
	return withExperiments(a, func(x *report.Experiments) error {
		e, err := named(a, x, r.Experiment)
		if err != nil {
			return err
		}
		plan, err := x.Plan(a.ctx, e)
		if err != nil {
			return err
		}
		return report.Write(a.stdout, plan, report.Format(r.Format), report.Lang(r.Lang))
	})
}

// named is an experiment by its file or its key.
func named(a *app, x *report.Experiments, name string) (experiment.Experiment, error) {
	if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		all, err := loaded(a, []string{name})
		if err != nil {
			return experiment.Experiment{}, err
		}
		return all[0], nil
	}
	return x.Find(a.ctx, name)
}

type experimentAssign struct {
	User       string   `arg:"" help:"user_id as sent."`
	Shop       string   `required:"" placeholder:"SHOP" help:"Shop."`
	Experiment string   `placeholder:"KEY" help:"One experiment (default: all)."`
	Files      []string `name:"file" placeholder:"FILE" help:"Experiment files (default: all of experiments_dir)."`
	outputMD
}

func (r experimentAssign) Run(a *app) error {
	all, err := loaded(a, r.Files)
	if err != nil {
		return err
	}
	var asked []experiment.Experiment
	for _, e := range all {
		if r.Experiment == "" || e.Key == r.Experiment {
			asked = append(asked, e)
		}
	}
	if r.Experiment != "" && len(asked) == 0 {
		return fmt.Errorf("assign: there is no file of experiment %q: name it by --file, or put it into experiments_dir", r.Experiment)
	}
	given := &report.AssignReport{ShopID: r.Shop, UserID: r.User, Assignments: experiment.Assign(r.Shop, r.User, asked)}
	return report.Write(a.stdout, given, report.Format(r.Format), report.Lang(r.Lang))
}

// experimentReport is also askbuy report experiment.
type experimentReport struct {
	Experiment string `arg:"" help:"Key of a registered experiment."`
	Filter     string `placeholder:"NAME=VALUE" help:"Only these units: shop=S, high_intent=0|1, ordered=0|1. What was known only after the exposure makes the verdict INVALID."`
	outputMD
}

func (r experimentReport) Run(a *app) error {
	segment, err := report.ParseSegment(r.Filter)
	if err != nil {
		return err
	}
	return withExperiments(a, func(x *report.Experiments) error {
		look, err := x.Report(a.ctx, r.Experiment, segment)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, look, report.Format(r.Format), report.Lang(r.Lang)); err != nil {
			return err
		}
		if look.Invalid() {
			return no(fmt.Errorf("experiment %q is INVALID: see its warnings", r.Experiment))
		}
		return nil
	})
}

type experimentHealth struct {
	Experiment string `arg:"" help:"Key of a registered experiment."`
	outputMD
}

func (r experimentHealth) Run(a *app) error {
	return withExperiments(a, func(x *report.Experiments) error {
		health, err := x.Health(a.ctx, r.Experiment)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, health, report.Format(r.Format), report.Lang(r.Lang)); err != nil {
			return err
		}
		if health.Invalid {
			return no(fmt.Errorf("experiment %q is INVALID: see its warnings", r.Experiment))
		}
		return nil
	})
}

type experimentAudit struct {
	Experiment string `arg:"" help:"Key of a registered experiment."`
	outputMD
}

func (r experimentAudit) Run(a *app) error {
	return withExperiments(a, func(x *report.Experiments) error {
		audit, err := x.Audit(a.ctx, r.Experiment)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, audit, report.Format(r.Format), report.Lang(r.Lang)); err != nil {
			return err
		}
		if audit.Mismatched > 0 {
			return no(fmt.Errorf("%d of %d exposures show another variant than the hash gives: compare seed, weights and user_id with the sender's", audit.Mismatched, audit.Exposures))
		}
		return nil
	})
}

type experimentReplay struct {
	Experiment string `arg:"" help:"Key of an experiment."`
	Snapshot   string `arg:"" optional:"" help:"Name of a snapshot (default: all of them)."`
	outputMD
}

func (r experimentReplay) Run(a *app) error {
	return withExperiments(a, func(x *report.Experiments) error {
		replay, err := x.Replay(a.ctx, r.Experiment, r.Snapshot)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, replay, report.Format(r.Format), report.Lang(r.Lang)); err != nil {
			return err
		}
		if replay.Differ > 0 {
			return no(fmt.Errorf("%d snapshots do not follow from their input: were they made by another version of the engine?", replay.Differ))
		}
		return nil
	})
}

type experimentAA struct {
	Experiment string `arg:"" help:"Key of a registered experiment, or a file."`
	N          int    `name:"n" default:"1000" help:"Runs."`
	outputMD
}

func (r experimentAA) Run(a *app) error {
	return withExperiments(a, func(x *report.Experiments) error {
		e, err := named(a, x, r.Experiment)
		if err != nil {
			return err
		}
		aa, err := x.AA(a.ctx, e, r.N)
		if err != nil {
			return err
		}
		return report.Write(a.stdout, aa, report.Format(r.Format), report.Lang(r.Lang))
	})
}
