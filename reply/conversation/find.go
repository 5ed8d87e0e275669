package conversation

import (
	"bytes"
	"slices"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Handed calls f for every shopper with a handoff that is remembered, in no
// order.
func (b *Book) Handed(f func(s event.Shopper, state *State)) {
	b.mu.RLock()
	keys := make([]string, 0, len(b.handed)+len(b.steps))
	for key := range b.handed {
		keys = append(keys, key)
	}
	for key := range b.steps {
		if !b.handed[key] {
			keys = append(keys, key)
		}
	}
	b.mu.RUnlock()
	for _, key := range keys {
		if s, ok := event.ShopperOf(key); ok {
			f(s, b.State(s))
		}
	}
}

// InConversation lists the shoppers who are in a conversation, or were in it
// when it was handed over.
func (b *Book) InConversation(conv string) (shoppers []event.Shopper) {
	// An id of ours is packed in a state, any other stands there as it is.
	packed := appendID(nil, conv)
	b.mu.RLock()
	var keys []string
	for key, value := range b.states {
		if bytes.Contains(value, packed) || b.handed[key] && bytes.Contains(value, []byte(conv)) {
			keys = append(keys, key)
		}
	}
	for key := range b.steps {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	b.mu.RUnlock()
	for _, key := range keys {
		s, ok := event.ShopperOf(key)
		if ok && b.State(s).in(conv) {
			shoppers = append(shoppers, s)
		}
	}
	return shoppers
}

func (s *State) in(conv string) bool {
	for _, list := range [][]Said{s.Questions, s.Answers, s.Words} {
		if slices.ContainsFunc(list, func(said Said) bool { return said.Conv == conv }) {
			return true
		}
	}
	return slices.ContainsFunc(s.Handoffs, func(h Handoff) bool { return h.Conv == conv })
}

// Changed is closed when a handoff may have changed, or who looks after it.
func (b *Book) Changed() <-chan struct{} { return b.changed.changed() }

// Owns reports whether this replica looks after a shopper: exactly one does,
// but while members come and go.
func (b *Book) Owns(s event.Shopper) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.owned[kafka.Partition([]byte(s.Key()), b.config.Kafka.Partitions)]
}
