package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// packages have the tests that choose their broker: those that call
// kafkatest.Each, whose names begin with TestConformance. Arguments of
// the command take their place.
var packages = []string{"./internal/kafka", "./processors", "./sinks", "./cmd/askbuy"}

// test runs them, one package at a time: there is one broker.
func test(ctx context.Context, environment []string) error {
	args := []string{"test", "-json", "-count=1", "-p=1", "-timeout=40m", "-run=^TestConformance/^kafka$"}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), environment...), os.Stderr
	// An interrupt goes to the tests and to all that they started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	counts, read := tally(out, os.Stdout)
	return errors.Join(ctx.Err(), read, cmd.Wait(), counts.verdict(os.Stdout))
}

// event is what go test -json says.
type event struct{ Action, Package, Test, Output string }

// results are counted by package.
type results map[string]*result

type result struct {
	passed, failed int  // tests that choose their broker
	reached        bool // the real broker
}

// tally counts what happened, and passes on what a person wants to see: what
// failing tests said, and every line that counts something.
func tally(in io.Reader, out io.Writer) (results, error) {
	all, said := results{}, map[string][]string{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text()) // go's own words
			continue
		}
		name := e.Package + " " + e.Test
		switch {
		case e.Action == "output" && strings.Contains(e.Output, counted):
			fmt.Fprint(out, "  ", strings.TrimSpace(e.Output), "\n")
		case e.Action == "output":
			said[name] = append(said[name], e.Output)
		case e.Action == "fail":
			fmt.Fprint(out, strings.Join(said[name], ""))
		}
		all.add(e)
	}
	return all, lines.Err()
}

// counted begins what a test has counted.
const counted = "counted: "

func (all results) add(e event) {
	if all[e.Package] == nil {
		all[e.Package] = &result{}
	}
	r := all[e.Package]
	name, sub, _ := strings.Cut(e.Test, "/")
	switch {
	case e.Action == "pass" && sub == "" && name != "":
		r.passed++
	case e.Action == "pass" && strings.HasPrefix(sub, "kafka"):
		r.reached = true
	case e.Action == "fail" && sub == "":
		r.failed++ // a package has its own line, which is all there is when it does not build
	}
}

// verdict prints the counts. A package in which nothing ran has failed: its
// tests have lost their names, or nobody told them of the broker.
func (all results) verdict(out io.Writer) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name]
		fmt.Fprintf(out, "test-services: %s: %d passed, %d failed\n", name, r.passed, r.failed)
		if !r.reached {
			problems = append(problems, fmt.Errorf("%s: no test ran on the broker", name))
		}
		if r.failed > 0 {
			problems = append(problems, fmt.Errorf("%s: failed", name))
		}
	}
	if len(all) < len(packages) {
		problems = append(problems, fmt.Errorf("%d packages of %d were tested", len(all), len(packages)))
	}
	return errors.Join(problems...)
}
