package main

import (
	"fmt"
	"os"
	"path/filepath"

	"askbuy/models/intent/train"
)

type modelCommand struct {
	Train modelTrain `cmd:"" help:"Train the intent model on the shipped grammar and write its bundle."`
}

type modelTrain struct {
	Output string `required:"" placeholder:"DIR" help:"Directory for the bundle; made when missing."`
	Seed   uint64 `help:"Another draw of the training sentences (default: that of the shipped model)."`
}

func (t modelTrain) Run(a *app) error {
	config := train.DefaultConfig()
	if t.Seed != 0 {
		config.Seed = t.Seed
	}
	bundle, report, err := train.Train(config)
	if err != nil {
		return err
	}
	files, err := bundle.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.Output, 0o755); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(t.Output, name), content, 0o644); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	}
	_, err = fmt.Fprintf(a.stdout, "%s written to %s\n%s", bundle.Manifest.ID, t.Output, report)
	return err
}
