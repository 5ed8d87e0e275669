package spool

import (
	"context"
	"sync/atomic"
	"testing"
)

// BenchmarkAppend has many senders wait for their records to be synced; the
// group commit lets one sync serve all who wait.
func BenchmarkAppend(b *testing.B) {
	c := DefaultConfig(b.TempDir())
	s := openSpool(b, c, depsOf(&broker{silent: true}))
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	var n atomic.Int64
	b.SetParallelism(256)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		done := make(chan error, 1)
		r := recordOf(int(n.Add(1)))
		r.Value = make([]byte, 400)
		for pb.Next() {
			s.Append(r, func(err error) { done <- err })
			if err := <-done; err != nil {
				b.Error(err)
			}
		}
	})
	cancel()
	if err := <-ran; err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkDrain delivers to a broker that answers at once.
func BenchmarkDrain(b *testing.B) {
	s := openSpool(b, DefaultConfig(b.TempDir()), depsOf(&broker{}))
	ns := upTo(100_000)
	for b.Loop() {
		b.StopTimer()
		keep(b, s, ns...)
		b.StartTimer()
		drainAll(b, s)
	}
	b.ReportMetric(float64(b.N*len(ns))/b.Elapsed().Seconds(), "records/s")
}
