// Package main measures askbuy's goals of speed and memory and prints one
// table. It is run by `make bench`, never by a test: figures depend on the
// machine and on what else runs there.
//
// A machine's speed cancels out of ratios. So the door is measured against the
// thinnest handler that awaits the same broker's ack, both by turns in one
// run, each in a process of its own on one core, while broker and senders have
// another core. CPU time per request is the kernel's count for that process
// and hardly feels the neighbours; requests per second do.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// settings of a run.
type settings struct {
	Binary  string        // of askbuy
	Rounds  int           // turns of each handler
	Window  time.Duration // measured, of each turn
	Conns   int           // at the door
	Profile string        // file for the door's CPU profile; "" writes none
	Only    string        // door, instance or reply; "" is all
	Rate    int           // events/s of the freshness measurement
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) == 3 && roles[os.Args[1]] != nil {
		return roles[os.Args[1]](ctx, os.Args[2])
	}
	var s settings
	flag.StringVar(&s.Binary, "binary", "bin/askbuy", "the `program` whose instance is measured")
	flag.IntVar(&s.Rounds, "rounds", 5, "turns of each handler")
	flag.DurationVar(&s.Window, "window", 2*time.Second, "measured time of a turn")
	flag.IntVar(&s.Conns, "conns", goalConns, "connections at the door")
	flag.StringVar(&s.Profile, "profile", "", "`file` for the CPU profile of the door")
	flag.StringVar(&s.Only, "only", "", "door, instance or reply: measure that alone")
	flag.IntVar(&s.Rate, "rate", 1000, "events/s of the freshness measurement")
	flag.Parse()
	var rows []row
	for _, part := range []struct {
		name    string
		measure func(context.Context, settings) ([]row, error)
	}{{"door", measureDoor}, {"instance", measureInstance}, {"reply", measureReply}} {
		if s.Only != "" && s.Only != part.name {
			continue
		}
		more, err := part.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("measure %s: %w", part.name, err)
		}
		rows = append(rows, more...)
	}
	return printTable(os.Stdout, rows)
}

// roles are the processes that a measurement consists of: this program again,
// with a role and what the role needs to know as JSON.
var roles = map[string]func(ctx context.Context, input string) error{
	"broker": serveBroker,
	"thin":   serveThin,
	"door":   serveDoor,
	"load":   load,
}

// input reads what a role was given.
func input[T any](from string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(from), &v); err != nil {
		return v, fmt.Errorf("read a role's input: %w", err)
	}
	return v, nil
}
