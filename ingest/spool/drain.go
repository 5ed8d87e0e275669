package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"askbuy/ingest"
	"askbuy/internal/crash"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// head is where the drain reads.
type head struct {
	file
	cursor cursor
}

// load is what the drain delivers at once.
type load struct {
	records []ingest.Record
	passed  int      // frames that were no records
	to      position // behind it
}

// loadBytes ends a load early, so that few bytes are in memory.
const loadBytes = 8 << 20

// drainUntil delivers records, oldest first, until ctx ends.
func (s *Spool) drainUntil(ctx context.Context) {
	pause := newPause(s.cfg.Backoff, s.cfg.MaxBackoff)
	for ctx.Err() == nil {
		l, err := s.load()
		switch {
		case err != nil:
			s.deps.Log.Error("cannot read the spool: check the disk", slog.String("error", err.Error()))
			pause.wait(ctx)
		case l == nil:
			select {
			case <-s.durable:
			case <-ctx.Done():
			}
		case s.deliver(ctx, l.records):
			crash.At(crash.SpoolDrained)
			s.done(l)
			pause.reset()
		}
	}
}

// load reads the next records, and deletes what is drained on the way; nil
// says that there are none. It ends before a second copy of one event: the
// first must be stored before the second is sent.
func (s *Spool) load() (*load, error) {
	for {
		g, end, sealed := s.first()
		if g == nil {
			return nil, nil
		}
		if s.head.of != g {
			f, err := os.Open(s.path(g.name()))
			if err != nil {
				return nil, err
			}
			if err := s.head.close(); err != nil {
				return nil, err
			}
			s.head = head{file{f, g}, cursor{file: f, off: s.startOf(g)}}
		}
		s.head.cursor.end = end
		l, err := s.read(g)
		if err != nil || l != nil {
			return l, err
		}
		if !sealed {
			return nil, nil
		}
		if err := s.finish(g); err != nil {
			return nil, err
		}
	}
}

func (s *Spool) first() (g *segment, end int64, sealed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 {
		return nil, 0, false
	}
	g = s.segments[0]
	return g, g.end, g.sealed
}

func (s *Spool) read(g *segment) (*load, error) {
	c := &s.head.cursor
	start := c.off
	l := &load{}
	copies := map[string]bool{}
	for len(l.records) < s.cfg.BatchRecords && c.off-start < loadBytes {
		from := c.off
		payload, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errDamaged) {
			s.damage(g, from, c.off)
			continue
		}
		if err != nil {
			c.off = start
			return nil, fmt.Errorf("read segment %s: %w", g.name(), err)
		}
		r, err := parsePayload(append([]byte(nil), payload...)) // records outlive the cursor's window
		if err != nil {
			if err := s.refuse(payload, err); err != nil {
				c.off = start
				return nil, err
			}
			l.passed++
			continue
		}
		if thing := identity(&r); copies[thing] {
			c.off = from
			break
		} else {
			copies[thing] = true
		}
		l.records = append(l.records, r)
	}
	if c.off == start {
		return nil, nil
	}
	l.to = position{g.number, c.off}
	return l, nil
}

// identity is equal for copies of one event.
func identity(r *ingest.Record) string {
	for _, h := range r.Headers {
		if h.Key == event.HeaderIdentity {
			return string(h.Value)
		}
	}
	return r.Topic + "\x00" + string(r.Key)
}

// deliver returns true once the broker has each record, or it is set aside,
// and false when ctx ended first.
func (s *Spool) deliver(ctx context.Context, records []ingest.Record) bool {
	if len(records) == 0 {
		return true // only what is no record was passed over
	}
	pause := newPause(s.cfg.Backoff, s.cfg.MaxBackoff)
	started := s.deps.Now()
	for len(records) > 0 {
		errs, ok := s.publish(ctx, records)
		if !ok {
			return false
		}
		left := records[:0:0]
		for i, err := range errs {
			if err != nil {
				left = s.failed(left, records[i], err)
			}
		}
		records = left
		if len(records) == 0 {
			break
		}
		if !pause.wait(ctx) {
			return false
		}
		started = s.deps.Now()
	}
	if s.deps.Now().Sub(started) <= s.cfg.Patience && s.failing.CompareAndSwap(true, false) {
		s.deps.Log.Info("the broker takes events again: the spool drains")
	}
	return true
}

// failed adds to left what has to be sent instead of a record: itself, or its
// dead letter, or nothing when that is refused as well.
func (s *Spool) failed(left []ingest.Record, r ingest.Record, err error) []ingest.Record {
	switch {
	case !ingest.Hopeless(err):
		s.fail(err)
		return append(left, r)
	case r.Topic != event.TopicDeadLetters:
		return append(left, s.deps.Letter(r, err))
	}
	if problem := s.refuse(appendPayload(nil, &r), err); problem != nil {
		s.deps.Log.Error("cannot set a record aside: check the disk", slog.String("error", problem.Error()))
		return append(left, r)
	}
	return left
}

// publish sends the records in order and waits for all outcomes.
func (s *Spool) publish(ctx context.Context, records []ingest.Record) ([]error, bool) {
	type outcome struct {
		index int
		err   error
	}
	outcomes := make(chan outcome, len(records)) // a late one must not block the broker's client
	for i, r := range records {
		s.deps.Publisher.Start(r, func(err error) { outcomes <- outcome{i, err} })
	}
	errs := make([]error, len(records))
	for range records {
		select {
		case o := <-outcomes:
			errs[o.index] = o.err
		case <-ctx.Done():
			return nil, false
		}
	}
	return errs, true
}

// done moves the position behind a load.
func (s *Spool) done(l *load) {
	s.mu.Lock()
	s.at = l.to
	s.records -= int64(len(l.records) + l.passed)
	s.mu.Unlock()
	for i := range l.records {
		s.held[stripe(l.records[i].Key)].Add(-1)
	}
	s.metrics.drained.Add(float64(len(l.records)))
	if err := s.position.write(l.to); err != nil {
		s.deps.Log.Error("cannot note how far the spool is drained: a restart would send it again", slog.String("error", err.Error()))
	}
}

// pause waits longer each time.
type pause struct{ first, next, most time.Duration }

func newPause(first, most time.Duration) *pause { return &pause{first, first, most} }

func (p *pause) reset() { p.next = p.first }

func (p *pause) wait(ctx context.Context) bool {
	now := p.next
	p.next = min(2*now, p.most)
	return wait.For(ctx, now) == nil
}
