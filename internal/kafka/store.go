package kafka

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
)

// stores builds the in-memory tables of one processor and keeps them from one
// session to the next, as long as the partition stays assigned: then only what
// the changelog gained is read again.
type stores struct {
	mu   sync.Mutex
	kept map[topicPartition]*memoryStore
}

func newStores() *stores { return &stores{kept: map[topicPartition]*memoryStore{}} }

// build is a storage.Builder.
func (s *stores) build(topic string, partition int32) (storage.Storage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := topicPartition{topic, partition}
	if s.kept[at] == nil {
		s.kept[at] = newMemoryStore()
	}
	return s.kept[at], nil
}

// get is a key's value; nil when there is no such table or key.
func (s *stores) get(at topicPartition, key string) []byte {
	s.mu.Lock()
	m := s.kept[at]
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	value, _ := m.Get(key) // from memory: never an error
	return value
}

// retain is a goka.RebalanceCallback; Goka calls it before it builds.
func (s *stores) retain(assigned goka.Assignment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.kept {
		if _, still := assigned[at.partition]; !still {
			delete(s.kept, at)
		}
	}
}

// session drops everything when generations were missed: another member may
// have written to a changelog between late records of ours, and a table
// remembers one offset only, the greatest.
func (s *stores) session(continuous bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !continuous {
		clear(s.kept)
	}
}

// memoryStore is a goka storage.Storage over a map, for many readers and one
// writer. It holds nothing that is not in the changelog, so closing it keeps
// its content: see stores.
type memoryStore struct {
	mu        sync.RWMutex
	values    map[string][]byte
	offset    int64
	hasOffset bool
	recovered bool
}

func newMemoryStore() *memoryStore { return &memoryStore{values: map[string][]byte{}} }

func (m *memoryStore) Open() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recovered = false
	return nil
}

func (m *memoryStore) Close() error { return nil }

func (m *memoryStore) MarkRecovered() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recovered = true
	return nil
}

func (m *memoryStore) Has(key string) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, ok := m.values[key]
	return ok, nil
}

// Get returns the stored slice itself; codecs must not write into it.
func (m *memoryStore) Get(key string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.values[key], nil
}

func (m *memoryStore) Set(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.recovered {
		// A recovered value is a slice of a whole fetched batch, which it
		// would keep alive.
		key, value = strings.Clone(key), bytes.Clone(value)
	}
	m.values[key] = value
	return nil
}

func (m *memoryStore) Delete(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return nil
}

func (m *memoryStore) GetOffset(otherwise int64) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !m.hasOffset {
		return otherwise, nil
	}
	return m.offset, nil
}

func (m *memoryStore) SetOffset(offset int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset, m.hasOffset = offset, true
	return nil
}

func (m *memoryStore) Iterator() (storage.Iterator, error) {
	return m.IteratorWithRange(nil, nil)
}

// IteratorWithRange goes over the keys in [start, limit) in byte order, as of
// now; start alone is a prefix, as in goka's LevelDB.
func (m *memoryStore) IteratorWithRange(start, limit []byte) (storage.Iterator, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	it := &memoryIterator{store: m, at: -1}
	for key := range m.values {
		if inRange(key, string(start), string(limit)) {
			it.keys = append(it.keys, key)
		}
	}
	slices.Sort(it.keys)
	return it, nil
}

func inRange(key, start, limit string) bool {
	if limit == "" {
		return strings.HasPrefix(key, start)
	}
	return key >= start && key < limit
}

type memoryIterator struct {
	store *memoryStore
	keys  []string
	at    int
}

func (i *memoryIterator) Next() bool             { i.at++; return i.at < len(i.keys) }
func (i *memoryIterator) Err() error             { return nil }
func (i *memoryIterator) Key() []byte            { return []byte(i.keys[i.at]) }
func (i *memoryIterator) Value() ([]byte, error) { return i.store.Get(i.keys[i.at]) }
func (i *memoryIterator) Release()               {}

// Seek stands before the first key at or after the given one.
func (i *memoryIterator) Seek(key []byte) bool {
	at, _ := slices.BinarySearch(i.keys, string(key))
	i.at = at - 1
	return at < len(i.keys)
}
