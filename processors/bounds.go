package processors

import (
	"math"
	"slices"
)

// Limits bound a shopper's journey. What lies beyond is computed from facts.
type Limits struct {
	Messages  int   // how many, of all roles
	Behaviors int   // how many
	Bytes     int   // encoded, an upper estimate
	Age       int64 // ms before the newest event time
}

// DefaultLimits are the 30 days that a touch or a signal may reach and a week
// for what is late, 512 messages, 256 behaviours and 128 KB.
func DefaultLimits() Limits {
	return Limits{Messages: 512, Behaviors: 256, Bytes: 128 << 10, Age: touchWindow + 7*day}
}

// noTime is later than any event.
const noTime = math.MaxInt64

// whole reports whether nothing at or after ts - reach was ever pruned.
func (j *journey) whole(ts, reach int64) bool {
	return j.CompleteSince == nil || ts-reach > *j.CompleteSince
}

// wholeBehaviors reports the same of behaviours.
func (j *journey) wholeBehaviors(ts, reach int64) bool {
	return j.BehaviorsSince == nil || ts-reach > *j.BehaviorsSince
}

// prune drops the oldest until the limits hold. By the shopper's own event
// times: a backfill of last year is as recent as its newest event.
func (j *journey) prune(l Limits) {
	if newest, some := j.newest(); some {
		j.dropMessages(newest - l.Age)
		j.dropOrders(func(o order) bool { return o.at() < newest-l.Age })
		j.dropBehaviors(newest - l.Age)
	}
	if n := len(j.Behaviors) - l.Behaviors; n > 0 {
		j.dropBehaviors(j.Behaviors[n-1].TS + 1)
	}
	if n := len(j.Messages) - l.Messages; n > 0 {
		j.dropMessages(j.Messages[n-1].TS + 1)
	}
	for size := j.size(); size > l.Bytes && len(j.Messages)+len(j.Orders)+len(j.Behaviors) > 0; size = j.size() {
		j.dropOldest()
	}
	if j.CompleteSince != nil { // what is not later can be in no row
		j.dropMessages(*j.CompleteSince + 1)
	}
}

func (j *journey) dropOldest() {
	oldest := int64(noTime)
	for _, o := range j.Orders {
		oldest = min(oldest, o.at())
	}
	if len(j.Behaviors) > 0 && j.Behaviors[0].TS <= oldest && (len(j.Messages) == 0 || j.Behaviors[0].TS <= j.Messages[0].TS) {
		j.dropBehaviors(j.Behaviors[0].TS + 1)
		return
	}
	if len(j.Messages) > 0 && j.Messages[0].TS <= oldest {
		j.dropMessages(j.Messages[0].TS + 1)
		return
	}
	j.dropOrders(func(o order) bool { return o.at() == oldest })
}

// dropMessages drops those before a time.
func (j *journey) dropMessages(before int64) {
	n := 0
	for n < len(j.Messages) && j.Messages[n].TS < before {
		n++
	}
	if n > 0 {
		j.prunedTo(j.Messages[n-1].TS)
		j.Messages = slices.Delete(j.Messages, 0, n)
	}
}

// dropBehaviors drops those before a time.
func (j *journey) dropBehaviors(before int64) {
	n := 0
	for n < len(j.Behaviors) && j.Behaviors[n].TS < before {
		n++
	}
	if n == 0 {
		return
	}
	if last := j.Behaviors[n-1].TS; j.BehaviorsSince == nil || last > *j.BehaviorsSince {
		j.BehaviorsSince = &last
	}
	j.Behaviors = slices.Delete(j.Behaviors, 0, n)
}

// dropOrders forgets orders. One that has no touches leaves no gap: its next
// snapshot tells it whole.
func (j *journey) dropOrders(drop func(order) bool) {
	j.Orders = slices.DeleteFunc(j.Orders, func(o order) bool {
		if !drop(o) {
			return false
		}
		j.OrdersPruned = true
		if o.Paid != nil {
			j.prunedTo(*o.Paid)
		}
		return true
	})
}

func (j *journey) prunedTo(ts int64) {
	if j.CompleteSince == nil || ts > *j.CompleteSince {
		j.CompleteSince = &ts
	}
}

// at is the time by which an order is pruned.
func (o order) at() int64 {
	if o.Paid != nil {
		return *o.Paid
	}
	return o.Last
}

func (j *journey) newest() (ts int64, some bool) {
	ts = math.MinInt64
	if n := len(j.Messages); n > 0 {
		ts = j.Messages[n-1].TS
	}
	if n := len(j.Behaviors); n > 0 {
		ts = max(ts, j.Behaviors[n-1].TS)
	}
	for _, o := range j.Orders {
		ts = max(ts, o.Last)
	}
	return ts, len(j.Messages)+len(j.Orders)+len(j.Behaviors) > 0
}

// size is at least the length of the journey's encoding.
func (j *journey) size() int {
	n := 160 + 96*len(j.Reached)
	for i := range j.Messages {
		m := &j.Messages[i]
		n += 168 + quoted(m.ID) + quoted(m.Conv) + quoted(m.Act) + quoted(m.Intent) + quoted(m.Model)
		for _, p := range m.Path {
			n += 3 + quoted(p)
		}
	}
	for i := range j.Orders {
		n += 250 + quoted(j.Orders[i].ID) + quoted(j.Orders[i].Conv)
	}
	for i := range j.Behaviors {
		n += 80 + quoted(j.Behaviors[i].ID)
	}
	return n
}

// quoted is at most how many bytes a string takes in JSON without its quotes.
func quoted(s string) int {
	n := len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == 0x7f || c == 0xe2 {
			n += 5
		}
	}
	return n
}
