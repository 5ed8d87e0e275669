package sinks

import "askbuy/schemas/event"

// Outcome is what became of a raw record. The set is closed.
type Outcome string

// The outcomes that a sink gives.
const (
	Fresh       Outcome = "stored" // it is the fact
	Duplicate   Outcome = "duplicate"
	Conflict    Outcome = "conflict"
	Quarantined Outcome = "quarantined"
	Erased      Outcome = "erased" // of a shopper who was erased: left out
)

// First is the copy of an event that counts, and where it is.
type First struct {
	Copy event.Copy
	At   event.Position
	// Of the record, for its receipt:
	Partition  int32
	ReceivedAt int64 // ms
	ShopID     string
	Source     string
}

// candidate is a copy that wants to be judged.
type candidate struct {
	identity event.IdentityHash
	copy     event.Copy
	at       event.Position
}

// judge says what each candidate is, given the first copies that facts hold.
// The copy of the least position is the fact, itself said again included; the
// others are measured against it. The answer does not depend on the order of
// the candidates, nor on how they were batched. The second result names the
// known firsts that are firsts no longer, with what they are now.
func judge(known map[event.IdentityHash]First, candidates []candidate) ([]Outcome, map[event.IdentityHash]Outcome) {
	least := make(map[event.IdentityHash]candidate, len(candidates))
	for id, first := range known {
		least[id] = candidate{id, first.Copy, first.At}
	}
	for _, c := range candidates {
		if first, ok := least[c.identity]; !ok || c.at < first.at {
			least[c.identity] = c
		}
	}
	outcomes := make([]Outcome, len(candidates))
	for i, c := range candidates {
		outcomes[i] = against(least[c.identity], c.copy, c.at)
	}
	var displaced map[event.IdentityHash]Outcome
	for id, first := range known {
		if least[id].at == first.At {
			continue
		}
		if displaced == nil {
			displaced = map[event.IdentityHash]Outcome{}
		}
		displaced[id] = against(least[id], first.Copy, first.At)
	}
	return outcomes, displaced
}

func against(first candidate, copy event.Copy, at event.Position) Outcome {
	switch {
	case at == first.at:
		return Fresh
	case copy.Same(first.copy):
		return Duplicate
	default:
		return Conflict
	}
}
