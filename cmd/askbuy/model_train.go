package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/intent/train"
	"askbuy/pipeline"
)

type modelTrain struct {
	Output  string `placeholder:"DIR" help:"Directory for the bundle, made when missing; needed with --grammar. What is learned from facts is put into the registry all the same."`
	Grammar bool   `help:"Learn from the shipped grammar alone, as the shipped model did, and not from the shops' own facts."`
	Seed    uint64 `help:"Another draw of the training (default: that of the shipped model)."`
}

// Help is what the flags alone do not tell.
func (modelTrain) Help() string {
	return `Learns from what the shops stored, which conversations ended in orders that
were kept: 180 days back from the latest message, in all shops. It starts from
the shipped model. A fifth of the conversations is held out, to judge models by.
The same facts make the same bundle. It is put into the registry as a candidate;
nothing comes into force but by model promote. A running instance does the same
every week (train_every).`
}

func (t modelTrain) Run(a *app) error {
	if t.Grammar {
		return t.fromGrammar(a)
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		bundle, err := pipeline.TrainModel(a.ctx, db, t.Seed)
		if err != nil {
			return no(err)
		}
		if err := pipeline.KeepTrained(a.ctx, db, bundle); err != nil {
			return no(err)
		}
		fmt.Fprintf(a.stdout, "%s is in the registry\n", bundle.Manifest.ID)
		if t.Output != "" {
			if err := writeBundle(t.Output, bundle); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "written to %s\n", t.Output)
		}
		_, err = fmt.Fprintf(a.stdout, "%snext: %s model evaluate %s\n", learn.Summary(bundle.Manifest), program(), bundle.Manifest.ID)
		return err
	})
}

func (t modelTrain) fromGrammar(a *app) error {
	if t.Output == "" {
		return errors.New("model train --grammar: say --output DIR: what is learned from the grammar is not put into the registry")
	}
	config := train.DefaultConfig()
	if t.Seed != 0 {
		config.Seed = t.Seed
	}
	bundle, report, err := train.Train(config)
	if err != nil {
		return err
	}
	if err := writeBundle(t.Output, bundle); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s written to %s\n%s", bundle.Manifest.ID, t.Output, report)
	return err
}

// writeBundle writes the files of a bundle into a directory.
func writeBundle(dir string, bundle *intent.Bundle) error {
	files, err := bundle.Files()
	if err != nil {
		return err
	}
	problems := []error{os.MkdirAll(dir, 0o755)}
	for name, content := range files {
		problems = append(problems, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}
