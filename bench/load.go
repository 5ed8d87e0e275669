package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"askbuy/internal/wait"
)

// plan is what the senders of one turn are told.
type plan struct {
	Addr, Path, Token, Body string
	Conns                   int
	Run                     int64 // makes the turn's ids its own
	Warm, Window            time.Duration
	Server                  int   // process whose CPU time is read
	Shoppers                int64 // who take turns at POST /chat; 0: senders of events
}

// turn is what came of it.
type turn struct {
	Requests, Refused int64
	Took, CPU         time.Duration
	P50, P99          time.Duration
}

func (t turn) perSecond() float64    { return float64(t.Requests) / t.Took.Seconds() }
func (t turn) microseconds() float64 { return float64(t.CPU.Microseconds()) / float64(t.Requests) }

// senders are connections that each send their next request when the last one
// was answered.
type senders struct {
	plan
	stop, measure atomic.Bool
	all           []*tally
}

// tally is one connection's. The padding keeps the counters of two
// connections off one cache line.
type tally struct {
	requests, refused atomic.Int64
	latency           histogram
	_                 [64]byte
}

// load is the role that sends. It says the turn as JSON.
func load(ctx context.Context, given string) error {
	p, err := input[plan](given)
	if err != nil {
		return err
	}
	s := &senders{plan: p}
	failures := make(chan error, p.Conns)
	var group sync.WaitGroup
	for i := range p.Conns {
		t := new(tally)
		s.all = append(s.all, t)
		group.Go(func() { failures <- s.send(t, int64(i)) })
	}
	result, err := s.window(ctx)
	s.stop.Store(true)
	group.Wait()
	close(failures)
	for failure := range failures {
		if err == nil {
			err = failure
		}
	}
	if err != nil {
		return err
	}
	var latency histogram
	for _, t := range s.all {
		latency.merge(&t.latency)
	}
	result.P50, result.P99 = latency.quantile(.5), latency.quantile(.99)
	return json.NewEncoder(os.Stdout).Encode(result)
}

func (s *senders) send(t *tally, number int64) error {
	c, err := dial(s.Addr, s.Path, s.Token)
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }() // nothing is lost with it
	write := bodies[s.Body]
	var b []byte
	id := (s.Run*int64(s.Conns) + number) << 24
	for ; !s.stop.Load(); id++ {
		at := time.Now()
		b = write(b[:0], id, at.UnixMilli())
		if s.Shoppers > 0 {
			c.varied = asShopper(c.varied[:0], id, s.Shoppers)
		}
		status, err := c.post(b)
		if err != nil {
			return fmt.Errorf("post %s: %w", s.Path, err)
		}
		t.requests.Add(1)
		if status != 200 {
			t.refused.Add(1)
		}
		if s.measure.Load() {
			t.latency.add(time.Since(at))
		}
	}
	return nil
}

// window lets the senders warm up and then counts.
func (s *senders) window(ctx context.Context) (turn, error) {
	if err := wait.For(ctx, s.Warm); err != nil {
		return turn{}, err
	}
	s.measure.Store(true)
	before, err := s.snapshot()
	if err != nil {
		return turn{}, err
	}
	begin := time.Now()
	if err := wait.For(ctx, s.Window); err != nil {
		return turn{}, err
	}
	after, err := s.snapshot()
	took := time.Since(begin)
	s.measure.Store(false)
	return turn{Requests: after.Requests - before.Requests, Refused: after.Refused, CPU: after.CPU - before.CPU, Took: took}, err
}

func (s *senders) snapshot() (t turn, err error) {
	for _, one := range s.all {
		t.Requests += one.requests.Load()
		t.Refused += one.refused.Load()
	}
	t.CPU, err = cpuTime(s.Server)
	return t, err
}
