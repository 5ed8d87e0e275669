package conversation

import (
	"context"
	"maps"
	"sync"
	"time"
)

// signal wakes everybody who waits for a change.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// changed is closed at the next change.
func (s *signal) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// progress is how far a topic was read.
type progress struct {
	signal
	mu   sync.Mutex
	next map[int32]int64 // by partition
}

// begin says from where on it will be read.
func (p *progress) begin(from map[int32]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = maps.Clone(from)
}

// read notes that a record and all before it were read.
func (p *progress) read(partition int32, offset int64) {
	p.mu.Lock()
	if p.next == nil {
		p.next = map[int32]int64{}
	}
	p.next[partition] = offset + 1
	p.mu.Unlock()
	p.tell()
}

func (p *progress) reached(ends map[int32]int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for partition, end := range ends {
		if p.next[partition] < end {
			return false
		}
	}
	return true
}

// await waits until everything before the ends was read, or ctx ends.
func (p *progress) await(ctx context.Context, ends map[int32]int64) error {
	for {
		changed := p.changed()
		if p.reached(ends) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// moment is a time that only moves on, and that may be waited for.
type moment struct {
	signal
	mu sync.Mutex
	at time.Time
}

func (m *moment) get() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *moment) set(at time.Time) {
	m.mu.Lock()
	m.at = at
	m.mu.Unlock()
	m.tell()
}

// await waits until the moment satisfies a condition, or ctx ends.
func (m *moment) await(ctx context.Context, enough func(at time.Time) bool) error {
	for {
		changed := m.changed()
		if enough(m.get()) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
