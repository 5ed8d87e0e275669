package spool

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// busy is a broker that stores one record after the other, each in its time.
type busy struct {
	*broker
	each time.Duration
	mu   sync.Mutex
	free time.Time // when it has time for the next one
}

func (b *busy) Start(r ingest.Record, then func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); b.free.Before(now) {
		b.free = now
	}
	b.free = b.free.Add(b.each)
	time.AfterFunc(time.Until(b.free), func() { then(b.store(r)) })
}

// tally counts the answers of a stretch of time.
type tally struct {
	mu       sync.Mutex
	statuses map[int]int
	slowest  time.Duration
	accepted []string
	bare     int // refusals that do not say when to come again
}

// Ten times the load that the broker takes, for 30 s: every request has its
// answer in time, who is turned away is told when to come again, the door holds
// no more than it may, and 5 s later it takes everything. All that was
// acknowledged is in the log.
func TestABurstIsRiddenOut(t *testing.T) {
	const usual, tenfold, capacity = 100, 1000, 500 // events a second
	c := configOf(t.TempDir())
	c.MaxBytes, c.SegmentBytes = 256<<10, 64<<10
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		d := newDoorBefore(t, b, &busy{broker: b, each: time.Second / capacity}, c, dedup.DefaultConfig(), func(o *ingest.Options) {
			o.Limits.Default = ingest.Limit{PerSecond: 0.9 * tenfold, Burst: 100}
		})
		d.spool.sync = func(*os.File) error { return nil }
		stop := d.run(t)
		defer stop()
		sent := 0
		load := func(perSecond int, length time.Duration) *tally {
			answers := &tally{statuses: map[int]int{}}
			var wg sync.WaitGroup
			for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(time.Second / time.Duration(perSecond)) {
				id := fmt.Sprint("m", sent)
				sent++
				wg.Go(func() { d.ask(answers, id) })
				if held := d.spool.Held().Bytes; held > c.MaxBytes {
					t.Errorf("the spool holds %d bytes", held)
				}
			}
			wg.Wait()
			return answers
		}
		before := load(usual, 5*time.Second)
		during := load(tenfold, 30*time.Second)
		time.Sleep(5 * time.Second)
		after := load(usual, 5*time.Second)
		time.Sleep(10 * time.Second)
		t.Logf("before %v, in the burst %v (slowest %v), after %v", before.statuses, during.statuses, during.slowest, after.statuses)
		for name, a := range map[string]*tally{"before": before, "after": after} {
			if len(a.statuses) != 1 || a.statuses[http.StatusOK] == 0 {
				t.Errorf("%s the burst: %v", name, a.statuses)
			}
		}
		limited, full := during.statuses[http.StatusTooManyRequests], during.statuses[http.StatusServiceUnavailable]
		if limited == 0 || full == 0 || len(during.statuses) != 3 || during.bare > 0 || during.slowest > ingest.DefaultConfig().AckTimeout {
			t.Errorf("in the burst: %v, slowest %v, %d without Retry-After", during.statuses, during.slowest, during.bare)
		}
		if ok := during.statuses[http.StatusOK]; ok < 30*capacity/2 {
			t.Errorf("%d accepted in the burst, the broker alone would take %d", ok, 30*capacity)
		}
		logged := map[string]bool{}
		for _, r := range d.records() {
			e, _, err := event.Open(r.Headers, r.Value)
			must(t, err)
			logged[e.ID] = true
		}
		for _, id := range append(append(before.accepted, during.accepted...), after.accepted...) {
			if !logged[id] {
				t.Fatalf("%s was acknowledged and is not in the log", id)
			}
		}
	})
}

func (d *door) ask(a *tally, id string) {
	started := time.Now()
	w := d.post(message(id, "u"+id, "x"))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[w.Code]++
	a.slowest = max(a.slowest, time.Since(started))
	switch {
	case w.Code == http.StatusOK:
		a.accepted = append(a.accepted, id)
	case w.Header().Get("Retry-After") == "":
		a.bare++
	}
}
