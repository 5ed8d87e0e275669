package live

import (
	"errors"
	"sync"

	"askbuy/schemas/event"
)

// News is what a shopper is told while they listen.
type News struct {
	Type    string `json:"type"` // order_update or agent_message
	OrderID string `json:"orderId,omitempty"`
	Status  string `json:"status,omitempty"`
	ConvID  string `json:"conv_id,omitempty"`
	Text    string `json:"text,omitempty"`

	id string // of the agent's message
}

// The types.
const (
	orderUpdate  = "order_update"
	agentMessage = "agent_message"
)

const (
	// perShopper is how many connections one shopper may have.
	perShopper = 8
	// held is how much news waits for a connection that does not take it; then
	// the connection ends, and the next one begins with what was not shown.
	held = 64
)

var errTooMany = errors.New("too many connections of this shopper")

// hub knows who listens.
type hub struct {
	mu     sync.RWMutex
	all    map[string]map[*listener]struct{} // by the shopper's key
	closed bool
}

// listener is one connection.
type listener struct {
	news chan News // closed when the connection has to end
}

func newHub() *hub { return &hub{all: map[string]map[*listener]struct{}{}} }

func (h *hub) listen(s event.Shopper) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := s.Key()
	if h.closed || len(h.all[key]) >= perShopper {
		return nil, errTooMany
	}
	if h.all[key] == nil {
		h.all[key] = map[*listener]struct{}{}
	}
	l := &listener{news: make(chan News, held)}
	h.all[key][l] = struct{}{}
	return l, nil
}

func (h *hub) leave(s event.Shopper, l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(s.Key(), l)
}

// remove ends a connection, once.
func (h *hub) remove(key string, l *listener) {
	if _, is := h.all[key][l]; !is {
		return
	}
	close(l.news)
	delete(h.all[key], l)
	if len(h.all[key]) == 0 {
		delete(h.all, key)
	}
}

// has reports whether anybody listens under a key.
func (h *hub) has(key string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.all[key]) > 0
}

// tell gives news to everybody who listens under a key. Who does not take it
// is let go.
func (h *hub) tell(key string, n News) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.all[key] {
		select {
		case l.news <- n:
		default:
			h.remove(key, l)
		}
	}
}

// close ends all connections, and takes no more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for key, listeners := range h.all {
		for l := range listeners {
			h.remove(key, l)
		}
	}
}
