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
	Output  string `required:"" placeholder:"DIR" help:"Directory for the bundle; made when missing."`
	Grammar bool   `help:"Learn from the shipped grammar alone, as the shipped model did, and not from the shops' own facts."`
	Seed    uint64 `help:"Another draw of the training (default: that of the shipped model)."`
}

// Help is what the flags alone do not tell.
func (modelTrain) Help() string {
	return `Learns from what the shops stored, which conversations ended in orders that
were kept: 180 days back from the latest message, in all shops. It starts from
the shipped model. A fifth of the conversations is held out, to judge models by.
The same facts make the same bundle.`
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
		if err := writeBundle(t.Output, bundle); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s written to %s\n%s", bundle.Manifest.ID, t.Output, learn.Summary(bundle.Manifest))
		return err
	})
}

func (t modelTrain) fromGrammar(a *app) error {
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
