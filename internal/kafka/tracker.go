package kafka

import (
	"cmp"
	"slices"
	"sync"
)

// tracker holds the offsets of one partition that were delivered and are not
// yet committable, in delivery order, which is offset order.
type tracker struct {
	mu   sync.Mutex
	open []delivered
	head int // open[:head] was handed out by done
}

type delivered struct {
	offset int64
	done   bool
}

// add notes a delivery. Offsets may have gaps, but must rise.
func (t *tracker) add(offset int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.head > 1024 && 2*t.head > len(t.open) {
		t.open = append(t.open[:0], t.open[t.head:]...)
		t.head = 0
	}
	t.open = append(t.open, delivered{offset: offset})
}

// done notes that a delivery was processed and returns the offset to commit,
// the one after the last of an unbroken row of processed deliveries. It is
// false when the row did not grow.
func (t *tracker) done(offset int64) (next int64, grew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, found := slices.BinarySearchFunc(t.open[t.head:], offset, func(d delivered, o int64) int {
		return cmp.Compare(d.offset, o)
	})
	if found {
		t.open[t.head+i].done = true
	}
	for t.head < len(t.open) && t.open[t.head].done {
		next, grew = t.open[t.head].offset+1, true
		t.head++
	}
	return next, grew
}
