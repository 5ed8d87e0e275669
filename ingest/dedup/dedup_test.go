package dedup

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

// clock is a settable time.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func newFilter(t testing.TB, cfg Config, c *clock) *Filter {
	t.Helper()
	f, err := NewFilter(cfg, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// idOf names the n-th event; all of one shard when shard is set.
func idOf(n, shard uint64) (id event.IdentityHash) {
	binary.LittleEndian.PutUint64(id[:], n*0x9e3779b97f4a7c15)
	binary.LittleEndian.PutUint16(id[14:], uint16(shard))
	return id
}

func body(b byte) event.Copy {
	return event.Copy{Version: event.FingerprintVersion, Body: [16]byte{b}}
}

func TestVerdicts(t *testing.T) {
	f := newFilter(t, DefaultConfig(), &clock{})
	id := idOf(1, 0)
	want := func(c event.Copy, v Verdict) Token {
		t.Helper()
		got := f.Begin(id, c)
		if got.Verdict != v {
			t.Fatalf("got %v, want %v", got.Verdict, v)
		}
		return got
	}
	first := want(body(1), New)
	waiting := want(body(1), Pending)
	want(body(2), Pending)
	first.Abort()
	if err := waiting.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(body(1), New).Commit()
	want(body(1), Duplicate).Commit()
	want(body(2), Conflict).Abort()
	want(body(1), Duplicate)

	ts := body(1)
	ts.TS = 5
	want(ts, Conflict)
	ts.NoTS = true
	want(ts, Duplicate)
}

func TestWaitEndsWithItsContext(t *testing.T) {
	f := newFilter(t, DefaultConfig(), &clock{})
	f.Begin(idOf(1, 0), body(1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Begin(idOf(1, 0), body(1)).Wait(ctx); err != context.Canceled {
		t.Fatal(err)
	}
}

// A filter that says "maybe" to everything flags new events, and never calls
// one a duplicate.
func TestFalsePositivesOnlyFlag(t *testing.T) {
	cfg := Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: 0.999999}
	f := newFilter(t, cfg, &clock{})
	seen := map[Verdict]int{}
	for n := range uint64(20_000) {
		token := f.Begin(idOf(n, 7), body(1))
		seen[token.Verdict]++
		token.Commit()
	}
	if seen[Maybe] == 0 || seen[Duplicate]+seen[Conflict]+seen[Pending] > 0 {
		t.Fatalf("verdicts of new ids: %v", seen)
	}
}

// While the exact slices hold all that a generation holds, its false positives
// are proved to be false.
func TestExactSlicesProveFalsePositives(t *testing.T) {
	cfg := Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: 0.999999}
	f := newFilter(t, cfg, &clock{})
	f.plan.bits, f.plan.hashes, f.plan.bloomIDs = 1, 1, 1<<30
	for n := range uint64(f.plan.exactIDs * exactSlices) {
		token := f.Begin(idOf(n, 7), body(1))
		if token.Verdict != New {
			t.Fatalf("id %d: %v", n, token.Verdict)
		}
		token.Commit()
	}
	f.Begin(idOf(1<<40, 7), body(1)).Commit() // turns the slices over
	if v := f.Begin(idOf(1<<41, 7), body(1)).Verdict; v != Maybe {
		t.Fatalf("beyond the slices: %v", v)
	}
}

func TestForgetting(t *testing.T) {
	c := &clock{}
	cfg := DefaultConfig()
	f := newFilter(t, cfg, c)
	f.plan.exactIDs = 1
	f.Begin(idOf(0, 7), body(1)).Commit()
	for n := range uint64(exactSlices) {
		f.Begin(idOf(n+1, 7), body(1)).Commit()
	}
	if v := f.Begin(idOf(0, 7), body(1)).Verdict; v != Maybe {
		t.Fatalf("out of the slices: %v", v)
	}
	f = newFilter(t, cfg, c)
	f.Begin(idOf(0, 7), body(1)).Commit()
	for n := range uint64(cfg.Generations) {
		if got := f.Horizon(); got != cfg.Horizon {
			t.Fatalf("horizon after %d spans: %v", n, got)
		}
		c.advance(f.plan.span)
		f.Begin(idOf(n+1, 7), body(1)).Commit()
	}
	if v := f.Begin(idOf(0, 7), body(1)).Verdict; v != New {
		t.Fatalf("beyond the horizon: %v", v)
	}
}

func TestBudgetShortensTheHorizon(t *testing.T) {
	c := &clock{}
	f := newFilter(t, Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: 0.001}, c)
	for n := range uint64(f.plan.bloomIDs) * 5 {
		f.Begin(idOf(n, 7), body(1)).Commit()
		c.advance(time.Millisecond)
	}
	if got := f.Horizon(); got <= 0 || got >= time.Minute {
		t.Fatalf("horizon %v", got)
	}
	s := &f.shards[7]
	exact := 0
	for _, e := range s.exact {
		exact += len(e.copies)
	}
	if len(s.blooms) > 2 || exact > int(f.plan.exactIDs)*exactSlices {
		t.Fatalf("%d generations, %d exact ids", len(s.blooms), exact)
	}
}

func TestFalsePositiveRate(t *testing.T) {
	f := newFilter(t, Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 4, FalsePositive: 0.01}, &clock{})
	maybe, n := 0, uint64(4*64*f.plan.bloomIDs)
	for i := range n {
		f.Begin(idOf(i, i), body(1)).Commit()
	}
	for i := range uint64(20_000) {
		if f.Begin(idOf(n+i, i), body(1)).Verdict == Maybe {
			maybe++
		}
	}
	if maybe > 20_000*2/100 {
		t.Fatalf("%d of 20000 new ids flagged, want about 200", maybe)
	}
}

// Senders retry until they are told 2xx, while the broker fails at random:
// whatever was acknowledged is in the log, nothing is in it that was proved a
// duplicate, and nothing is known before its ack; whatever the clock does.
func TestNothingAcceptedIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{}
		cfg := Config{MemoryBytes: minMemory, Horizon: time.Second, Generations: 2, FalsePositive: rapid.SampledFrom([]float64{0.0001, 0.9}).Draw(t, "fp")}
		f, err := NewFilter(cfg, c.now)
		if err != nil {
			t.Fatal(err)
		}
		f.plan.exactIDs = uint(rapid.IntRange(1, 8).Draw(t, "exact"))
		log := map[event.IdentityHash]int{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			id := idOf(uint64(rapid.IntRange(0, 20).Draw(t, "id")), 3)
			c.advance(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			c.advance(rapid.SampledFrom(jumps).Draw(t, "jump"))
			token := f.Begin(id, body(1))
			switch token.Verdict {
			case Duplicate, Conflict:
				if log[id] == 0 {
					t.Fatalf("%v of an event that is not in the log", token.Verdict)
				}
			case New, Maybe:
				if rapid.Bool().Draw(t, "fails") {
					token.Abort()
				} else {
					log[id]++
					token.Commit()
				}
			case Pending:
				t.Fatal("pending though nothing is under way")
			}
		}
	})
}

// jumps are what a clock does that is set, or that a machine wakes up with.
var jumps = []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, time.Hour, -time.Hour, 100 * 24 * time.Hour, -100 * 24 * time.Hour}

func TestConcurrentSenders(t *testing.T) {
	const events, senders = 2000, 8
	f := newFilter(t, DefaultConfig(), &clock{})
	var log [events]atomic.Int32
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for n := range events {
				send(f, &log[n], n, sender)
			}
		})
	}
	wg.Wait()
	for n := range log {
		if got := log[n].Load(); got != 1 {
			t.Fatalf("event %d is in the log %d times", n, got)
		}
	}
}

// send retries one event until it is accepted or known; a third of its
// publications fail.
func send(f *Filter, log *atomic.Int32, n, sender int) {
	for try := 0; ; try++ {
		token := f.Begin(idOf(uint64(n), uint64(n)), body(1))
		switch token.Verdict {
		case Pending:
			_ = token.Wait(context.Background())
		case New, Maybe:
			if (n+sender+try)%3 == 0 {
				token.Abort()
				continue
			}
			log.Add(1)
			token.Commit()
			return
		default:
			return
		}
	}
}

func TestRecent(t *testing.T) {
	start := time.UnixMilli(1_000_000)
	r := NewRecent(10*time.Second, 2)
	f := func(n uint64, after, want time.Duration) {
		t.Helper()
		if got := r.First(idOf(n, 0), start.Add(after)); !got.Equal(start.Add(want)) {
			t.Errorf("thing %d after %v: first %v later, want %v", n, after, got.Sub(start), want)
		}
	}
	f(1, 0, 0)
	f(1, 3*time.Second, 0)
	f(1, 10*time.Second, 0)
	f(1, 10*time.Second+time.Millisecond, 10*time.Second+time.Millisecond)
	f(2, 11*time.Second, 11*time.Second)
	f(3, 12*time.Second, 12*time.Second)
	f(2, 13*time.Second, 11*time.Second)
	for n := range uint64(1000) {
		r.First(idOf(100+n, 0), start.Add(14*time.Second))
	}
	if n := len(r.younger) + len(r.previous); n > 4 {
		t.Errorf("%d entries kept", n)
	}
}

func TestConfigReportsEveryProblem(t *testing.T) {
	_, err := NewFilter(Config{}, time.Now)
	for _, field := range []string{"memory_bytes", "horizon", "generations", "false_positive"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
}

func BenchmarkBeginCommit(b *testing.B) {
	f := newFilter(b, DefaultConfig(), &clock{})
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		f.Begin(idOf(n, n), body(1)).Commit()
	}
}
