package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
)

// segment is one file of frames. It grows at its end until it is sealed, and
// is deleted when it is drained.
type segment struct {
	number  uint64
	end     int64 // synced bytes
	sealed  bool
	damaged bool // set aside under a second name
}

func (g *segment) name() string { return fmt.Sprintf("%016x.seg", g.number) }

// setAside is its other name once it is found to be damaged.
func (g *segment) setAside() string { return fmt.Sprintf("%016x.corrupt", g.number) }

// recover reads what an earlier run left. Its segments are not written again.
func (s *Spool) recover() error {
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	if s.position, s.at, err = openPosition(s.path("position")); err != nil {
		return err
	}
	s.next = s.at.segment + 1
	for _, e := range entries {
		g := &segment{sealed: true}
		if n, err := fmt.Sscanf(e.Name(), "%016x.seg", &g.number); n != 1 || err != nil || e.Name() != g.name() {
			continue
		}
		s.next = max(s.next, g.number+1)
		s.segments = append(s.segments, g)
	}
	slices.SortFunc(s.segments, func(a, b *segment) int { return int(int64(a.number) - int64(b.number)) })
	kept := s.segments[:0]
	for i, g := range s.segments {
		left, err := s.scan(g, i == len(s.segments)-1)
		if err != nil {
			return err
		}
		if left > 0 {
			kept = append(kept, g)
			s.bytes += g.end
		} else if err := os.Remove(s.path(g.name())); err != nil {
			return fmt.Errorf("remove drained segment: %w", err)
		}
	}
	s.segments = kept
	return nil
}

// scan counts the records of a segment that are not drained. What is torn at
// the end of the last segment was never acknowledged and is cut off; any other
// damage is an error of disk or operator, and the segment is kept for them.
func (s *Spool) scan(g *segment, last bool) (left int, err error) {
	f, err := os.OpenFile(s.path(g.name()), os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // truncate is synced before
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("open segment: %w", err)
	}
	g.end = info.Size()
	c := cursor{file: f, off: s.startOf(g), end: g.end}
	for {
		from := c.off
		payload, err := c.next()
		switch {
		case err == nil:
			left++
			s.found(payload)
		case errors.Is(err, io.EOF):
			return left, nil
		case !errors.Is(err, errDamaged):
			return left, fmt.Errorf("read segment %s: %w", g.name(), err)
		case last && c.off == c.end:
			g.end = from
			if err := errors.Join(f.Truncate(from), f.Sync()); err != nil {
				return left, fmt.Errorf("cut torn end of segment %s: %w", g.name(), err)
			}
			return left, nil
		default:
			s.damage(g, from, c.off)
		}
	}
}

// startOf is where the records of a segment begin that are not drained.
func (s *Spool) startOf(g *segment) int64 {
	switch {
	case g.number < s.at.segment:
		return g.end
	case g.number == s.at.segment:
		return min(s.at.offset, g.end)
	}
	return 0
}

func (s *Spool) found(payload []byte) {
	s.records++
	r, err := parsePayload(payload)
	if err != nil {
		return // the drain sets it aside
	}
	s.held[stripe(r.Key)].Add(1)
	if s.deps.Found != nil {
		s.deps.Found(r)
	}
}

// damage notes a stretch of a segment that cannot be read. The file gets a
// second name at once, which outlives the drain.
func (s *Spool) damage(g *segment, from, to int64) {
	if g.damaged {
		return
	}
	g.damaged = true
	err := os.Link(s.path(g.name()), s.path(g.setAside()))
	if errors.Is(err, fs.ErrExist) {
		return // an earlier run has said so
	}
	s.metrics.corrupt.Inc()
	log := s.deps.Log.With(slog.String("file", s.path(g.setAside())), slog.Int64("from", from), slog.Int64("to", to))
	if err != nil {
		log = log.With(slog.String("error", err.Error()))
	}
	log.Error("a spool segment is damaged: what can be read of it is delivered, the file is set aside; check the disk, and ask the senders for what was lost")
}

// finish deletes the first segment, which is drained.
func (s *Spool) finish(g *segment) error {
	err := errors.Join(s.head.close(), os.Remove(s.path(g.name())))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove drained segment: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = slices.Delete(s.segments, 0, 1)
	s.bytes -= g.end
	return nil
}

// file is an open segment; the zero value is none.
type file struct {
	*os.File
	of *segment
}

func (f *file) close() error {
	if f.File == nil {
		return nil
	}
	err := f.File.Close()
	*f = file{}
	return err
}
