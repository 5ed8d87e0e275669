package simulator

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// delivery is one copy of one event on its way, or a fault.
type delivery struct {
	at       int64  // ms: orders the deliveries, nothing else
	event    *told  // nil for a fault
	fault    *fault // nil for an event
	look     string // names the stream that its form is drawn from
	coze     bool
	dressed  bool
	timeless bool      // without ts
	conflict bool      // says another thing than the first copy
	disputed bool      // some copy of the event says another thing
	after    *delivery // has to be acknowledged before this one leaves
	in       *parcel   // set when it is packed
}

// plan is the delivery layer's result: requests in the order in which they
// leave, and what the truth layer could not know of them.
type plan struct {
	parcels   []*parcel
	letters   []truth.Letter
	conflicts map[string]int64 // by topic
}

// deliver plans how the world's events reach the door.
func deliver(o Options, w *world) *plan {
	d := &planner{Options: o, profile: profiles[o.Noise], plan: plan{conflicts: map[string]int64{}}}
	for i := range w.events {
		d.send(newStream(o.Seed, "delivery", strconv.Itoa(i)), &w.events[i])
	}
	slices.SortStableFunc(d.queue, func(a, b *delivery) int { return cmp.Compare(a.at, b.at) })
	d.pack(newStream(o.Seed, "parcels", ""), w)
	return &d.plan
}

type planner struct {
	Options
	profile profile
	queue   []*delivery
	plan    plan
}

// send queues an event's first copy, and what noise adds to it.
func (d *planner) send(s stream, e *told) {
	p, before := &d.profile, len(d.queue)
	first := d.add(s, &delivery{at: e.TS + p.delay(s), event: e, coze: e.coze})
	if e.prompt {
		first.at = e.TS
	}
	if e.Type == event.TypeOrder && s.chance(p.early) {
		first.at = e.TS - s.exponential(48*time.Hour)
	}
	for s.chance(p.duplicate) {
		d.add(s, d.repeat(s, first))
	}
	if !e.anonymous && s.chance(p.timeless*p.duplicate) {
		d.add(s, &delivery{at: first.at + s.exponential(time.Minute), event: e, coze: e.coze, timeless: true, after: first})
	}
	if !e.anonymous && s.chance(p.conflict) {
		d.contradict(s, first)
		for _, v := range d.queue[before:] {
			v.disputed = true
		}
	}
	if s.chance(p.fault) {
		f := makeFault(s, e.Event, len(d.plan.letters))
		d.add(s, &delivery{at: first.at, fault: f})
		d.plan.letters = append(d.plan.letters, f.letter)
	}
}

func (d *planner) add(s stream, v *delivery) *delivery {
	v.look = strconv.Itoa(len(d.queue))
	v.dressed = s.chance(d.profile.dressed)
	d.queue = append(d.queue, v)
	return v
}

// repeat is one more copy, soon or more than a day later, at times through
// the other door.
func (d *planner) repeat(s stream, first *delivery) *delivery {
	e := first.event
	again := &delivery{at: first.at + s.exponential(30*time.Second), event: e, coze: e.coze}
	if s.chance(d.profile.dayLater) {
		again.at += s.between(24*time.Hour, 96*time.Hour)
	}
	if e.coze && !e.anonymous && s.chance(d.profile.otherDoor) {
		again.coze = false
	}
	return again
}

// contradict queues a conflicting copy, at times twice: that is one letter.
func (d *planner) contradict(s stream, first *delivery) {
	e := *first.event
	e.Event = contradict(s, e.Event)
	c := d.add(s, &delivery{at: first.at + s.exponential(time.Hour), event: &e, coze: first.coze, conflict: true, after: first})
	if s.chance(.3) {
		twin := *c
		d.queue = append(d.queue, &twin)
	}
	d.plan.conflicts[e.Type.Topic()]++
	d.plan.letters = append(d.plan.letters, truth.Letter{Reason: event.ReasonConflict, ShopID: e.ShopID, EventID: e.ID})
}

// pack puts the queue into requests: what goes through /coze alone, the rest
// in batches of all shapes.
func (d *planner) pack(s stream, w *world) {
	var batch *parcel
	flush := func() {
		if batch != nil && len(batch.load) > 0 {
			d.post(s, w, batch)
		}
		batch = nil
	}
	for _, v := range d.queue {
		if v.after != nil && v.after.in == batch {
			flush()
		}
		if v.coze {
			d.post(s, w, (&parcel{path: pathCoze, door: goodCoze(s)}).take(v))
			continue
		}
		if batch == nil {
			batch = d.newBatch(s)
		}
		if batch.take(v); len(batch.load) == batch.size {
			flush()
		}
	}
	flush()
}

func (d *planner) newBatch(s stream) *parcel {
	b := &parcel{path: pathEvents, size: 1 + s.IntN(d.profile.batch)}
	if s.chance(.1) {
		b.size = 1
	}
	b.ndjson, b.zipped = s.chance(d.profile.ndjson), s.chance(d.profile.zipped)
	return b
}

// post adds a finished parcel, and at times a request that must be refused.
func (d *planner) post(s stream, w *world, p *parcel) {
	p.seal(d.Seed)
	d.plan.parcels = append(d.plan.parcels, p)
	if s.chance(d.profile.refusal) {
		d.refuse(s, one(s, w.shops).id)
	}
}
