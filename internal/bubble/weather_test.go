//go:build synctests

package bubble

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// badWeather is what a seed decides of the warehouse's faults.
type badWeather struct {
	dice     *rand.Rand
	lost     float64         // chance that an insert is done and its answer lost
	failing  float64         // chance that a call fails and nothing is done
	slowness time.Duration   // the longest that a call takes
	away     []time.Duration // since the start: gone, back, gone, back ...
	parts    int             // inserts into a table that its merges keep up with
}

func newBadWeather(dice *rand.Rand) badWeather {
	b := badWeather{
		dice: dice, lost: dice.Float64() * 0.3, failing: dice.Float64() * 0.3,
		slowness: []time.Duration{time.Millisecond, 100 * time.Millisecond, 3 * time.Second}[dice.IntN(3)], parts: 3 + dice.IntN(20),
	}
	for at := time.Duration(0); at < playTime; {
		at += time.Duration(dice.Int64N(int64(15 * time.Second)))
		b.away = append(b.away, at)
	}
	return b
}

// weather comes between the warehouse and who calls it.
type weather struct {
	badWeather
	start time.Time

	mu      sync.Mutex
	inserts map[string][]time.Time // of late, by table
	faults  int
}

func newWeather(b badWeather) *weather {
	return &weather{badWeather: b, start: time.Now(), inserts: map[string][]time.Time{}}
}

// mergeTime is how long merges take to make one of several parts.
const mergeTime = 5 * time.Second

// pass does what is called for, or not, and says so, or not. An insert names
// its table.
func (w *weather) pass(ctx context.Context, into string, do func()) error {
	before, took, after := w.roll(into)
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done(): // the caller is gone; the server may go on
		before, after = errors.Join(before, after), ctx.Err()
	}
	if before != nil {
		return before
	}
	do()
	return after
}

func (w *weather) roll(into string) (before error, took time.Duration, after error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	took = time.Duration(w.dice.Int64N(int64(w.slowness)))
	switch x := w.dice.Float64(); {
	case w.isAway():
		before = &driver.Exception{Code: 210, Message: "connection refused"}
	case into != "" && w.tooManyParts(into):
		before = &driver.Exception{Code: 252, Message: "Too many parts (300) in all data. Merges are processing significantly slower than inserts"}
	case x < w.failing:
		before = &driver.Exception{Code: 242, Message: "Table is in readonly mode"}
	case x < w.failing+w.lost && into != "":
		after = &driver.Exception{Code: 209, Message: "Timeout exceeded while reading from socket"}
	}
	if before != nil || after != nil {
		w.faults++
	}
	return before, took, after
}

func (w *weather) isAway() bool {
	away := false
	for _, at := range w.away {
		if time.Since(w.start) > at {
			away = !away
		}
	}
	return away && time.Since(w.start) < playTime
}

func (w *weather) tooManyParts(table string) bool {
	var late []time.Time
	for _, at := range w.inserts[table] {
		if time.Since(at) < mergeTime {
			late = append(late, at)
		}
	}
	if len(late) >= w.parts {
		w.inserts[table] = late
		return true
	}
	w.inserts[table] = append(late, time.Now())
	return false
}
