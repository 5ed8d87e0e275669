package processors

import (
	"slices"

	"askbuy/schemas/event"
)

// copied is kept of an event that may come in several copies: its id and the
// position of this one in the event's raw topic.
type copied interface {
	copyOf() (id string, raw event.Position)
}

// keepLeast puts k into a sorted list, of which of the copies of one event the
// one of the least position is an element; without room nothing new comes in.
// It returns the copies that it knows: k, and the one that was kept before.
func keepLeast[K copied](list []K, k K, inOrder func(a, b K) int, room bool) (_, copies []K) {
	id, raw := k.copyOf()
	copies = []K{k}
	for i, other := range list {
		otherID, otherRaw := other.copyOf()
		if otherID != id {
			continue
		}
		copies = append(copies, other)
		if raw >= otherRaw {
			return list, copies
		}
		list = slices.Delete(list, i, i+1)
		break
	}
	if room {
		at, _ := slices.BinarySearchFunc(list, k, inOrder)
		list = slices.Insert(list, at, k)
	}
	return list, copies
}
