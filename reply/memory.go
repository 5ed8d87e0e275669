package reply

import (
	"sync"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// Memory remembers conversations in this process alone.
type Memory struct {
	mu     sync.Mutex
	states map[event.Shopper]turn.State
}

// NewMemory remembers nothing yet.
func NewMemory() *Memory { return &Memory{states: map[event.Shopper]turn.State{}} }

// Get is of Conversations.
func (m *Memory) Get(s event.Shopper) (turn.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.states[s], nil
}

// Note is of Conversations.
func (m *Memory) Note(d turn.Done) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[d.Turn.Shopper] = m.states[d.Turn.Shopper].After(d)
}
