// Command testbi plays BI tools: real clients, dbt and a Superset read a
// running instance with the sample shops, as user bi and as a reader of one
// shop. It is make test-clients and make test-bi.
//
// What has to be fetched is kept in the user's cache. Where a tool or a
// registry is missing, it says NOT RUN and why; with REQUIRE_SERVICES=1 that
// is a failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// required makes what cannot run a failure.
const required = "REQUIRE_SERVICES"

// errUnavailable says that this machine lacks what a part needs.
var errUnavailable = errors.New("unavailable")

// play is one part of the program; it returns what it saw, for a person.
type play struct {
	name string
	run  func(context.Context, *instance, string) (string, error)
}

var plays = []play{{"javascript", javascript}, {"python", python}, {"java", java}, {"dbt", dbt}, {"superset", superset}}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	binary := flag.String("binary", "bin/askbuy", "the askbuy that is read")
	flag.Parse()
	if err := run(ctx, *binary, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "testbi:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, wanted []string) error {
	for _, name := range wanted {
		if !slices.ContainsFunc(plays, func(p play) bool { return p.name == name }) {
			return fmt.Errorf("there is no part %q", name)
		}
	}
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "askbuy", "bi-tools")
		err = os.MkdirAll(cache, 0o755)
	}
	if err != nil {
		return fmt.Errorf("make a cache: %w", err)
	}
	i, err := start(ctx, binary)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range plays {
		if len(wanted) == 0 || slices.Contains(wanted, p.name) {
			failed = append(failed, tell(ctx, p, i, cache))
		}
	}
	return errors.Join(append(failed, i.stop())...)
}

// tell plays one part and says how it went.
func tell(ctx context.Context, p play, i *instance, cache string) error {
	begin := time.Now()
	saw, err := p.run(ctx, i, cache)
	took := time.Since(begin).Round(100 * time.Millisecond)
	switch {
	case err == nil:
		fmt.Printf("testbi: %s: ok in %s\n%s", p.name, took, saw)
		return nil
	case errors.Is(err, errUnavailable) && os.Getenv(required) != "1":
		fmt.Printf("testbi: %s: NOT RUN: %v\ntestbi: with %s=1 this would have failed\n", p.name, err, required)
		return nil
	}
	return fmt.Errorf("%s: %w\n%s", p.name, err, saw)
}
