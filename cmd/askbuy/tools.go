package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"text/tabwriter"

	"askbuy/internal/clickhouse/embedded"
	"askbuy/pipeline"
)

type topicsCommand struct{}

func (topicsCommand) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	topics, err := pipeline.Topics(a.ctx, c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "topic\tpartitions\trecords\tkept")
	for _, t := range topics {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t.Name, t.Partitions, t.Records, t.Kept)
	}
	return w.Flush()
}

type migrateCommand struct{}

func (migrateCommand) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := pipeline.Migrate(a.ctx, c); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "tables and views are up to date")
	return err
}

type engineCommand struct{}

func (engineCommand) Run(a *app) error {
	path, err := embedded.Fetch(a.ctx, a.stderr)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, path)
	return err
}

type versionCommand struct{}

func (versionCommand) Run(a *app) error { return printVersion(a.stdout) }

func printVersion(w io.Writer) error {
	version, revision := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(w, "askbuy %s (%s)\n", version, revision)
	return err
}
