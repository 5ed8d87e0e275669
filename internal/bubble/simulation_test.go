//go:build synctests

package bubble

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// Whatever goes wrong and whenever: every acknowledged event is one fact, the
// copy of the least position; every raw record has the receipt it should
// have; scores and touches are those that the facts come to.
//
// SEEDS says how many plans are played (30 without), SEED which one alone,
// with a log of what happened.
func TestSimulation(t *testing.T) {
	first, seeds := uint64(0), number(t, "SEEDS", 30)
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("SEED") != "" {
		first, seeds = number(t, "SEED", 0), 1
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	dir := quickDir(t)
	memory := filepath.Join(dir, "memory")
	fillMemory(memory)
	var all counts
	played, start := 0, time.Now()
	for seed := first; seed < first+seeds && !t.Failed(); seed++ {
		stop := watch(seed)
		c, problems := play(t, seed, dir, memory, log)
		stop()
		all.add(c)
		played++
		if len(problems) > 0 {
			t.Errorf("seed %d is red; again, with a log: %s\n%s", seed, again(seed), listed(problems))
		}
	}
	t.Logf("seeds %d, %v, in %v", played, all, time.Since(start).Round(time.Millisecond))
}

// again is the command that plays one seed.
func again(seed uint64) string {
	return fmt.Sprintf("SEED=%d go test -v -tags %s -run TestSimulation ./internal/bubble", seed, tags())
}

func listed(problems []string) (text string) {
	const most = 10
	for n, p := range problems {
		if n == most {
			return text + fmt.Sprintf("  and %d more\n", len(problems)-most)
		}
		text += "  " + p + "\n"
	}
	return text
}

// number is that of an environment variable.
func number(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// quickDir is a directory in memory where there is one: the spools sync a lot.
func quickDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "askbuy-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { check(os.RemoveAll(dir)) })
	return dir
}

// stall is how long a seed may take, in real time. A goroutine that waits for
// a lock, or for something outside, stops the bubble's clock for good.
const stall = 2 * time.Minute

// watch ends the process with every goroutine's stack when a seed hangs.
func watch(seed uint64) (stop func()) {
	timer := time.AfterFunc(stall, func() {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("seed %d hangs: the bubble's clock stands still, or something spins; again: %s", seed, again(seed)))
	})
	return func() { timer.Stop() }
}
