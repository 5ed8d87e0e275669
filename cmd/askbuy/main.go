// Command askbuy takes what shoppers say and order, and tells which
// conversations become orders that are kept. It is the process boundary:
// flags, environment, signals, exit codes and sub-commands; the work is done
// by the rooms.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"askbuy/internal/clickhouse/embedded"
	"askbuy/pipeline"
)

// Exit codes, promised.
const (
	exitDone  = 0
	exitNo    = 1 // it ran and the answer is no, or it failed after it was ready
	exitUsage = 2 // bad usage or configuration, or nothing to reach at the start
)

// cli is the command line.
type cli struct {
	flags

	Run        runCommand        `cmd:"" help:"Run the pipeline: every role in one process unless told otherwise."`
	Simulate   simulateCommand   `cmd:"" help:"Play seeded synthetic shops against a webhook, and write the truth beside it."`
	Verify     verifyCommand     `cmd:"" help:"Compare what the reports say with the truth, or derived rows with the facts."`
	Report     reportCommand     `cmd:"" help:"Reports: funnel, attribution, ledger."`
	Experiment experimentCommand `cmd:"" help:"Experiments: plan, assign, report, audit."`
	Model      modelCommand      `cmd:"" help:"Intent models."`
	BI         biCommand         `cmd:"" name:"bi" help:"Who reads the views with a BI tool: grant, revoke, check."`
	Erase      eraseCommand      `cmd:"" help:"Delete everything about a shopper, and certify it."`
	Replay     replayCommand     `cmd:"" help:"Compute scores and touches anew from facts, compare, and swap."`
	Config     configCommand     `cmd:"" help:"Print or check the configuration."`
	Webhook    webhookCommand    `cmd:"" help:"Sign and verify webhooks as each kind of sender does."`
	Topics     topicsCommand     `cmd:"" help:"List the topics, creating those that are missing."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the warehouse's tables and views up to date."`
	Engine     engineCommand     `cmd:"" help:"Fetch the embedded ClickHouse into the user's cache."`
	Version    versionCommand    `cmd:"" help:"Print the version."`

	Deadletters deadlettersCommand `cmd:"" help:"What was set aside: list it, show it, send it again."`
}

// app is what every command gets from the process it runs in.
type app struct {
	ctx     context.Context
	flags   flags
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

// answer is an exit code other than "bad usage" for an error.
type answer struct {
	code int
	err  error
}

func (a answer) Error() string { return a.err.Error() }
func (a answer) Unwrap() error { return a.err }

// no makes an error the answer "no" instead of bad usage.
func no(err error) error { return answer{exitNo, err} }

func main() {
	embedded.Main() // in the child this never returns
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run parses the arguments and does what they say.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("askbuy"),
		kong.Description("From the question to the order: which conversations become orders that are kept."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code; panic(errHelped) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the command line above is wrong in itself
	}
	kctx, err := parse(parser, args)
	switch {
	case errors.Is(err, errHelped):
		return exited
	case err != nil:
		fmt.Fprintf(stderr, "askbuy: %v (see askbuy --help)\n", err)
		return exitUsage
	}
	err = kctx.Run(&app{ctx: ctx, flags: c.flags, environ: environ, stdout: stdout, stderr: stderr})
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "askbuy: %v\n", err)
	var a answer
	var failed *pipeline.RunError
	switch {
	case errors.As(err, &a):
		return a.code
	case errors.As(err, &failed):
		return exitNo
	}
	return exitUsage
}

var errHelped = errors.New("help was printed")

// parse turns Kong's exit after --help into a value.
func parse(parser *kong.Kong, args []string) (_ *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(errHelped) {
				panic(r)
			}
			err = errHelped
		}
	}()
	return parser.Parse(args)
}

// config is the effective configuration of this command.
func (a *app) config() (pipeline.Config, error) {
	c, warnings, err := load(a.flags, a.environ)
	for _, w := range warnings {
		fmt.Fprintln(a.stderr, "askbuy: "+w)
	}
	return c, err
}
