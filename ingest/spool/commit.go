package spool

import (
	"errors"
	"fmt"
	"os"

	"askbuy/internal/crash"
)

// batch is what is written and synced together.
type batch struct {
	frames  []byte
	entries []entry
}

type entry struct {
	stripe uint32
	then   func(error)
}

// commitUntil writes what is appended until stop, and then what is left.
// While one sync runs, the next batch gathers: that is the group commit.
func (s *Spool) commitUntil(stop <-chan struct{}) {
	var spare batch
	for {
		select {
		case <-s.appended:
			spare = s.commit(spare)
		case <-stop:
			s.mu.Lock()
			s.closed = true
			s.mu.Unlock()
			s.commit(spare)
			return
		}
	}
}

// commit writes what waits, with spare as the memory of what comes meanwhile,
// and returns the memory that it is done with.
func (s *Spool) commit(spare batch) batch {
	s.mu.Lock()
	b := s.waiting
	s.waiting = batch{frames: spare.frames[:0], entries: spare.entries[:0]}
	s.mu.Unlock()
	if len(b.entries) == 0 {
		return b
	}
	err := s.write(b.frames)
	if err != nil {
		s.undo(b)
		err = fmt.Errorf("write spool: %w", err)
	} else {
		crash.At(crash.SpoolSynced)
		s.metrics.appended.Add(float64(len(b.entries)))
		signal(s.durable)
	}
	for i := range b.entries {
		b.entries[i].then(err)
		b.entries[i].then = nil
	}
	return b
}

// undo forgets a batch that is not on disk. A disk that fails is no reason to
// pass the broker by.
func (s *Spool) undo(b batch) {
	for _, e := range b.entries {
		s.held[e.stripe].Add(-1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= int64(len(b.frames))
	if s.records -= int64(len(b.entries)); s.records == 0 {
		s.failing.Store(false)
	}
}

// write appends to the newest segment and syncs it. After a failure nothing is
// known of the file's pages, so the segment ends where it was synced last.
func (s *Spool) write(frames []byte) error {
	if err := s.roll(int64(len(frames))); err != nil {
		return err
	}
	g := s.active.of
	_, err := s.active.WriteAt(frames, g.end)
	if err == nil {
		crash.At(crash.SpoolWritten)
		err = s.sync(s.active.File)
	}
	if err != nil {
		return errors.Join(err, s.active.Truncate(g.end), s.seal())
	}
	s.mu.Lock()
	g.end += int64(len(frames))
	s.mu.Unlock()
	return nil
}

// roll begins a segment when there is none to write to, when the newest would
// grow too large, or when it could be deleted: all of it is drained.
func (s *Spool) roll(size int64) error {
	if g := s.active.of; g != nil {
		s.mu.Lock()
		drained := s.at == position{g.number, g.end} && g.end >= s.cfg.SegmentBytes/8
		s.mu.Unlock()
		if g.end+size <= s.cfg.SegmentBytes && !drained {
			return nil
		}
		if err := s.seal(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	g := &segment{number: s.next}
	s.next++
	s.mu.Unlock()
	f, err := os.OpenFile(s.path(g.name()), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.active = file{f, g}
	if err := s.syncDir(); err != nil {
		return errors.Join(err, s.active.close(), os.Remove(s.path(g.name())))
	}
	s.mu.Lock()
	s.segments = append(s.segments, g)
	s.mu.Unlock()
	return nil
}

// seal ends the newest segment.
func (s *Spool) seal() error {
	s.mu.Lock()
	s.active.of.sealed = true
	s.mu.Unlock()
	signal(s.durable)
	return s.active.close()
}

func (s *Spool) syncDir() error {
	dir, err := os.Open(s.cfg.Dir)
	if err != nil {
		return err
	}
	return errors.Join(s.sync(dir), dir.Close())
}
