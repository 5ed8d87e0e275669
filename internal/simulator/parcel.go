package simulator

import (
	"bytes"
	"compress/gzip"
	"slices"

	"askbuy/schemas/event"
)

const (
	pathCoze   = "/coze"
	pathEvents = "/v1/events"
)

// parcel is one request, and what it must be answered.
type parcel struct {
	path   string
	door   credential
	load   []*delivery
	size   int // of a full batch
	ndjson bool
	zipped bool
	raw    func() []byte // writes the body, when it is none of the above
	seed   uint64
	want   answer
	acked  chan struct{} // closed once it was answered
}

// answer is what a request must be answered.
type answer struct {
	status    int
	rejected  map[int]event.Reason // by index
	conflicts map[int]bool         // may be listed in rejected, or not
	disputed  map[int]bool         // may be listed by a door that has forgotten which copy came first
	hangUp    bool                 // the door may as well cut the connection
}

func (p *parcel) take(v *delivery) *parcel {
	v.in = p
	p.load = append(p.load, v)
	return p
}

// seal settles what the parcel must be answered.
func (p *parcel) seal(seed uint64) {
	p.seed, p.acked = seed, make(chan struct{})
	if p.want.status == 0 {
		p.want.status = 200
	}
	p.want.rejected, p.want.conflicts, p.want.disputed = map[int]event.Reason{}, map[int]bool{}, map[int]bool{}
	for i, v := range p.load {
		if v.fault != nil {
			p.want.rejected[i] = v.fault.letter.Reason
		}
		if v.conflict {
			p.want.conflicts[i] = true
		}
		p.want.disputed[i] = v.disputed
	}
}

// waitsFor lists the parcels that must be acknowledged before this one leaves.
func (p *parcel) waitsFor() []*parcel {
	var out []*parcel
	for _, v := range p.load {
		if v.after != nil && !slices.Contains(out, v.after.in) {
			out = append(out, v.after.in)
		}
	}
	return out
}

// body writes the request's body: the same bytes each time it is asked.
func (p *parcel) body() []byte {
	if p.raw != nil {
		return p.raw()
	}
	if p.path == pathCoze {
		return p.load[0].cozeBody(p.seed)
	}
	var b []byte
	switch {
	case p.ndjson:
		for _, v := range p.load {
			b = append(append(b, v.line(p.seed)...), '\n')
		}
	case len(p.load) == 1 && p.load[0].fault == nil:
		b = p.load[0].line(p.seed)
	default:
		b = append(b, '[')
		for i, v := range p.load {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, v.element(p.seed)...)
		}
		b = append(b, ']')
	}
	if p.zipped {
		return zip(b)
	}
	return b
}

func (v *delivery) stream(seed uint64) stream { return newStream(seed, "look", v.look) }

func (v *delivery) cozeBody(seed uint64) []byte {
	return wearCoze(v.stream(seed), v.event, v.dressed, v.timeless)
}

// line is the delivery as a line of NDJSON.
func (v *delivery) line(seed uint64) []byte {
	if v.fault != nil {
		return v.fault.line
	}
	return wear(v.stream(seed), &v.event.Event, v.dressed, v.timeless)
}

// element is the delivery as an element of an array.
func (v *delivery) element(seed uint64) []byte {
	if v.fault != nil {
		return v.fault.array
	}
	return v.line(seed)
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
