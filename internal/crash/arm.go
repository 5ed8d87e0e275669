package crash

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// List is the plan that ends nothing, and names each point when it is first
// reached.
const List = "list"

// Arm is for the main functions of test binaries, before anything else runs.
// A plan is List, or
//
//	point[:n][>then]
//
// When the point is reached for the nth time (default 1), do is called, which
// is End or another disaster; what it returns from goes on. With then, whoever
// reaches the point stays there, and do is called when the second is reached
// after that.
func Arm(plan string, do func(), say io.Writer) error {
	if plan == List {
		reached = lister(say)
		return nil
	}
	first, then, two := strings.Cut(plan, ">")
	name, count, counted := strings.Cut(first, ":")
	n := 1
	if counted {
		var err error
		if n, err = strconv.Atoi(count); err != nil {
			return fmt.Errorf("arm crash point %q: %w", plan, err)
		}
	}
	points := []string{name}
	if two {
		points = append(points, then)
	}
	for _, p := range points {
		if !slices.Contains(All(), Point(p)) {
			return fmt.Errorf("arm crash point %q: there is no point %q", plan, p)
		}
	}
	reached = doer(Point(name), n, Point(then), do)
	return nil
}

// doer counts down to what is to be done, once.
func doer(p Point, n int, then Point, do func()) func(Point) {
	var mu sync.Mutex
	held, done := false, false
	return func(at Point) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case done:
		case held && at == then:
			do()
			done = true
		case !held && at == p:
			if n--; n > 0 {
				return
			}
			if held = then != ""; held {
				mu.Unlock()
				select {}
			}
			do()
			done = true
		}
	}
}

func lister(say io.Writer) func(Point) {
	var mu sync.Mutex
	known := map[Point]bool{}
	return func(at Point) {
		mu.Lock()
		defer mu.Unlock()
		if !known[at] {
			known[at] = true
			fmt.Fprintf(say, "reached %s\n", at) //nolint:errcheck // the test misses it
		}
	}
}

// End is kill -9: no deferred function, no flush, no goodbye.
func End() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // the signal is on its way
}
