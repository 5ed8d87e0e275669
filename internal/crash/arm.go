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
// The process ends when the point is reached for the nth time (default 1).
// With then, whoever reaches it stays there, and the process ends when the
// second point is reached after that.
func Arm(plan string, say io.Writer) error {
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
	reached = ender(Point(name), n, Point(then), end)
	return nil
}

// ender counts down to the end.
func ender(p Point, n int, then Point, end func()) func(Point) {
	var mu sync.Mutex
	held := false
	return func(at Point) {
		mu.Lock()
		if held {
			if at == then {
				end()
			}
			mu.Unlock()
			return
		}
		if at == p {
			n--
		}
		if at != p || n > 0 {
			mu.Unlock()
			return
		}
		if then == "" {
			end()
		}
		held = true
		mu.Unlock()
		select {}
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

// end is kill -9: no deferred function, no flush, no goodbye.
func end() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // the signal is on its way
}
