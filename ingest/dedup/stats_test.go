package dedup

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"askbuy/schemas/event"
)

// ids are random, as hashes are.
func ids(seed uint64) func() event.IdentityHash {
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	return func() (id event.IdentityHash) {
		_, _ = source.Read(id[:])
		return id
	}
}

// The estimate by how full the filters are agrees with what the sample
// measures, and the exact look-up is rare for new ids.
func TestTheFalsePositiveRateIsKnown(t *testing.T) {
	for _, want := range []float64{0.2, 0.02} {
		f := newFilter(t, Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: want}, &clock{})
		if s := f.Stats(); !math.IsNaN(s.Measured) || s.Estimated != 0 || s.FilterBytes != 0 {
			t.Errorf("of an empty memory: %+v", s)
		}
		next := ids(1)
		for range 2 * shardCount * f.plan.bloomIDs {
			f.Begin(next(), body(1)).Commit()
		}
		for i := range f.shards {
			f.shards[i].counts = counts{}
		}
		full := f.Stats()
		for range 400_000 { // questions that leave the filters as full as they are
			f.Begin(next(), body(1)).Abort()
		}
		s := f.Stats()
		asked := float64(s.LookUps) / float64(s.Checks)
		if math.Abs(asked/full.Estimated-1) > 0.1 || math.Abs(s.Measured/asked-1) > 0.5 || s.Estimated > want {
			t.Errorf("budget %v: estimated %v, measured %v, asked the slices for %v of new ids", want, full.Estimated, s.Measured, asked)
		}
	}
}

// A repetition that only the filters remember is no false positive.
func TestRepetitionsAreNotMeasured(t *testing.T) {
	f := newFilter(t, DefaultConfig(), &clock{})
	f.plan.exactIDs = 1
	var all []event.IdentityHash
	for next := ids(2); len(all) < 20_000; {
		all = append(all, next())
		f.Begin(all[len(all)-1], body(1)).Commit()
	}
	for _, id := range all {
		f.Begin(id, body(1)).Abort()
	}
	if s := f.Stats(); s.Measured != 0 || s.LookUps != 20_000 {
		t.Errorf("%+v", s)
	}
}

// Ten million ids fit into 60 MB beside the exact slices; here a tenth of them
// in a tenth of the budget. BenchmarkTenMillion does it whole.
func TestMemoryOfManyIDs(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MemoryBytes /= 10
	f, beside := fill(t, cfg, 1_000_000)
	if s := f.Stats(); beside > 6<<20 || s.FilterBytes > 6<<20 || s.IDs != 1_000_000 || s.Estimated > cfg.FalsePositive {
		t.Errorf("%d bytes beside the exact slices, %+v", beside, s)
	}
}

// fill remembers n ids and returns the heap it takes beside the exact slices.
func fill(t testing.TB, cfg Config, n int) (*Filter, int64) {
	t.Helper()
	before := heap()
	f := newFilter(t, cfg, &clock{})
	for next := ids(3); n > 0; n-- {
		f.Begin(next(), body(1)).Commit()
	}
	with := heap()
	for i := range f.shards {
		f.shards[i].exact = nil
	}
	beside := heap() - before
	t.Logf("%.1f MB, %.1f MB of them the exact slices", float64(with-before)/1e6, float64(with-before-beside)/1e6)
	return f, beside
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkTenMillion(b *testing.B) {
	for b.Loop() {
		f, beside := fill(b, DefaultConfig(), 10_000_000)
		s := f.Stats()
		b.ReportMetric(float64(beside)/1e6, "MB-beside-exact")
		b.ReportMetric(float64(s.IDs), "ids")
		b.ReportMetric(100*s.Estimated, "%fp")
		b.ReportMetric(100*s.Measured, "%fp-measured")
	}
}
