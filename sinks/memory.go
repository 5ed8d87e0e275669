package sinks

import (
	"context"
	"math"

	"github.com/bits-and-blooms/bloom/v3"

	"askbuy/schemas/event"
)

// Stored is an identity that a partition's facts hold.
type Stored struct {
	Identity   event.IdentityHash
	At         event.Position
	ReceivedAt int64 // ms
}

// memory is what a sink remembers of one partition, so that few events cost a
// look-up. It only ever says "certainly new"; anything else is looked up.
//
// Generations of Bloom filters hold the newest identities, oldest generation
// first. Once there are more facts than they may hold, the oldest generation
// goes, and floor says from which arrival on they are complete. An event that
// happened before the floor may be older than the filters: it is looked up
// whatever they say. (A copy that lies about the time of an event older than
// the filters slips through as new; the fact is right all the same, because
// the warehouse keeps the least position, and the hourly pass over receipts
// corrects the outcome.)
type memory struct {
	config      Config
	generations []*generation
	floor       int64 // ms; everything that arrived at or after it is in the filters

	// The newest copies, exactly: when recent is full it becomes older.
	recent, older map[event.IdentityHash]remembered
}

type generation struct {
	filter   *bloom.BloomFilter
	size     int
	capacity int
	since    int64 // ms, arrival of its oldest
}

type remembered struct {
	copy event.Copy
	at   event.Position
}

const (
	falsePositives   = 0.001
	firstGeneration  = 4096
	generationShare  = 4             // a generation is at most this part of the whole
	eventAfterFloor  = 15 * 60_000   // ms that an event time may lie ahead of an arrival: the door allows 5 min, clocks the rest
	completeFromTime = math.MinInt64 // floor of a memory that holds everything
)

func newMemory(c Config) *memory {
	return &memory{config: c, floor: completeFromTime, recent: map[event.IdentityHash]remembered{}}
}

// fill takes in what the partition's facts hold, the newest first, up to the
// budget.
func (m *memory) fill(ctx context.Context, w warehouse, p Partition) error {
	page := max(1, m.config.Remembered/generationShare)
	below := event.Position(math.MaxInt64)
	for held := 0; held < m.config.Remembered; {
		stored, err := w.Newest(ctx, p, below, page)
		if err != nil {
			return err
		}
		if len(stored) == 0 {
			return nil
		}
		g := newGeneration(len(stored), stored[0].ReceivedAt)
		for _, fact := range stored {
			g.add(fact.Identity)
			g.since = min(g.since, fact.ReceivedAt)
		}
		m.generations = append([]*generation{g}, m.generations...)
		if len(stored) < page {
			return nil
		}
		held += len(stored)
		below = stored[len(stored)-1].At
	}
	// There may be more than the budget holds. One look further would tell,
	// but one look-up too many is cheaper than a verdict too few.
	m.floor = m.generations[0].since
	return nil
}

// certainlyNew reports that the facts hold no copy.
func (m *memory) certainlyNew(id event.IdentityHash, copy event.Copy) bool {
	if m.floor != completeFromTime && (copy.NoTS || copy.TS < m.floor+eventAfterFloor) {
		return false
	}
	for _, g := range m.generations {
		if g.filter.Test(id[:]) {
			return false
		}
	}
	return true
}

// exact returns the first copy when it is one of the newest.
func (m *memory) exact(id event.IdentityHash) (remembered, bool) {
	if first, ok := m.recent[id]; ok {
		return first, true
	}
	first, ok := m.older[id]
	return first, ok
}

// remember takes in a first copy that the facts hold by now.
func (m *memory) remember(id event.IdentityHash, first remembered, arrival int64) {
	if _, known := m.exact(id); !known {
		m.room(arrival).add(id)
	}
	if len(m.recent) >= m.config.RecentCopies {
		m.older, m.recent = m.recent, make(map[event.IdentityHash]remembered, m.config.RecentCopies)
	}
	m.recent[id] = first
}

// room returns the newest generation with room for one more.
func (m *memory) room(arrival int64) *generation {
	n := len(m.generations)
	if n > 0 && m.generations[n-1].size < m.generations[n-1].capacity {
		g := m.generations[n-1]
		g.since = min(g.since, arrival)
		return g
	}
	capacity, total := min(firstGeneration, m.config.Remembered), 0
	for _, g := range m.generations {
		total += g.capacity
	}
	if n > 0 {
		capacity = min(max(capacity, total), max(1, m.config.Remembered/generationShare))
	}
	for len(m.generations) > 1 && total+capacity > m.config.Remembered {
		total -= m.generations[0].capacity
		m.generations = m.generations[1:]
		m.floor = max(m.floor, m.since())
	}
	g := newGeneration(capacity, arrival)
	m.generations = append(m.generations, g)
	return g
}

func (m *memory) since() int64 {
	least := m.generations[0].since
	for _, g := range m.generations[1:] {
		least = min(least, g.since)
	}
	return least
}

func newGeneration(capacity int, since int64) *generation {
	return &generation{filter: bloom.NewWithEstimates(uint(max(1, capacity)), falsePositives), capacity: capacity, since: since}
}

func (g *generation) add(id event.IdentityHash) {
	g.filter.Add(id[:])
	g.size++
}
