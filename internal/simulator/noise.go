package simulator

import (
	"time"

	"askbuy/schemas/event"
)

// Noise says how badly events reach the door.
type Noise string

// The kinds of noise.
const (
	NoiseNone    Noise = "none"    // every event once, in order
	NoiseDefault Noise = "default" // what senders do on ordinary days
	NoiseStorm   Noise = "storm"   // everything they ever did, at once
)

// profile holds probabilities, by event unless another thing is named.
type profile struct {
	late      [4]float64 // weights of: half a second, a minute, half an hour, half a day
	early     float64    // an order's later event comes days before its payment
	duplicate float64    // of one more copy, again and again
	dayLater  float64    // of a copy: it comes more than a day later
	dressed   float64    // of a copy: other units, other order of keys
	otherDoor float64    // of a copy of a message: through the other door
	timeless  float64    // of a further copy: without ts
	conflict  float64    // the same id with another body, after the first was acknowledged
	fault     float64    // one that has to be set aside is sent along
	refusal   float64    // of a request: one that has to be refused is sent along
	zipped    float64    // of a batch
	ndjson    float64    // of a batch
	batch     int        // greatest size of a batch
}

var profiles = map[Noise]profile{
	NoiseNone: {late: [4]float64{1}, batch: 100},
	NoiseDefault: {late: [4]float64{92, 6, 1.8, .2}, early: .02, duplicate: .03, dayLater: .07,
		dressed: .1, otherDoor: .1, timeless: .05, conflict: .002, fault: .004, refusal: .01,
		zipped: .2, ndjson: .3, batch: 100},
	NoiseStorm: {late: [4]float64{60, 15, 15, 10}, early: .3, duplicate: .25, dayLater: .2,
		dressed: .6, otherDoor: .3, timeless: .1, conflict: .02, fault: .03, refusal: .08,
		zipped: .4, ndjson: .5, batch: 40},
}

// delay draws how long an event is on its way, in ms.
func (p *profile) delay(s stream) int64 {
	switch s.pick(p.late[:]) {
	case 1:
		return s.exponential(time.Minute)
	case 2:
		return s.exponential(30 * time.Minute)
	case 3:
		return s.exponential(12 * time.Hour)
	}
	return s.logNormal(400*time.Millisecond, 1)
}

// contradict changes what an event says but not which event it is. The time
// of a message is changed too at times.
func contradict(s stream, e event.Event) event.Event {
	switch e.Type {
	case event.TypeMessage:
		if s.chance(.3) {
			e.TS -= 1000
			return e
		}
		e.Text += "!?"
	case event.TypeOrder:
		amount := event.Money(1)
		if e.Amount != nil {
			amount += *e.Amount
		}
		e.Amount = &amount
	case event.TypeBehavior:
		e.ItemID += "-other"
	case event.TypeExposure:
		e.Variant += "-other"
	case event.TypeFeedback:
		rating := int64(1)
		if e.Rating != nil {
			rating = 1 + *e.Rating%5
		}
		e.Rating = &rating
	case event.TypeAlias:
		e.Alias += "-other"
	}
	return e
}
