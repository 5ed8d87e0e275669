package pipeline

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/internal/kafka"
	"askbuy/report"
	"askbuy/schemas/event"
)

// way is how a letter comes into the pipeline again.
type way int

const (
	wayNone   way = iota // it is left where it is
	wayEvents            // through POST /v1/events
	wayHook              // through the door of its webhook's source
	wayRecord            // as the record that it was, into its topic
)

// Step is what requeueing one letter comes to.
type Step struct {
	Letter report.DeadLetter

	way    way
	path   string // of the door
	body   []byte
	ndjson bool
	record *kafka.Record
	fault  *ingest.Fault // what the door will say; nil: nothing that is known beforehand
	why    string        // why it is left
}

// PlanRequeue decides of each letter how it goes again. Letters of a shop that
// their sender may not speak for go only when asked for as such: this program
// posts with a key for all shops, and would lend it to that sender.
func PlanRequeue(letters []report.DeadLetter, originals []Original, sources map[string]DoorSource, named func(report.DeadLetter) bool, now time.Time) []Step {
	steps := make([]Step, len(letters))
	for n, letter := range letters {
		steps[n] = planOne(letter, originals[n], sources, named(letter), now)
	}
	return steps
}

func planOne(letter report.DeadLetter, original Original, sources map[string]DoorSource, named bool, now time.Time) Step {
	step := Step{Letter: letter}
	switch door := letter.Stage == event.StageIngest; {
	case !door && original.Record != nil:
		step.way, step.record = wayRecord, original.Record
	case !door && original.Bytes != nil:
		step.leave("the record is gone from its topic: post its event anew with --file")
	case original.Bytes == nil:
		step.leave("its bytes are gone from the broker, which keeps them for 30 days")
	case letter.Reason == event.ReasonForbiddenShop && !named:
		step.leave("its sender may not speak for that shop: name it by --id or --reason forbidden_shop when it shall go all the same")
	case letter.Source == sourceEvents:
		step.way, step.path = wayEvents, "/v1/events"
		step.oneOfMany(eventsMapper{}, original.Bytes, now)
	default:
		step.way = wayHook
		step.throughHook(sources[letter.Source], original.Bytes, now)
	}
	return step
}

func (s *Step) leave(why string) { s.way, s.why = wayNone, why }

// oneOfMany posts the event as the only one of an array, or as the only line
// when it is no JSON: that is how a letter that is still bad comes back as
// itself.
func (s *Step) oneOfMany(m mapper, raw []byte, now time.Time) {
	array := func(value []byte) []byte { return append(append([]byte{'['}, value...), ']') }
	if s.ndjson = !jsontext.Value(raw).IsValid(); s.ndjson {
		s.body = raw
		s.fault, _ = predict(m, raw, true, s.grant(), now)
		if bytes.ContainsRune(raw, '\n') {
			s.leave("it is no JSON and has several lines: post what it should be with --file")
		}
		return
	}
	fault, noTS := predict(m, array(raw), false, s.grant(), now)
	s.fault, s.body = fault, array(s.dated(raw, fault == nil && noTS))
}

// one posts an event that is a body by itself.
func (s *Step) one(m mapper, raw []byte, now time.Time) {
	fault, noTS := predict(m, raw, false, s.grant(), now)
	s.fault, s.body = fault, s.dated(raw, fault == nil && noTS)
}

// grant is the shop that the credential grants: any through /v1/events, where
// this program has the key for all.
func (s *Step) grant() string {
	if s.way == wayEvents {
		return ""
	}
	return s.Letter.ShopID
}

// dated gives an event that may pass now, and has no time of its own, that of
// its arrival: it would become an event of today.
func (s *Step) dated(raw []byte, needed bool) []byte {
	var members map[string]jsontext.Value
	if !needed || json.Unmarshal(raw, &members) != nil {
		return raw
	}
	members["ts"] = fmt.Append(nil, s.Letter.ReceivedAt.UnixMilli())
	dated, err := json.Marshal(members)
	if err != nil {
		return raw
	}
	return dated
}

// String says what would happen.
func (s Step) String() string {
	switch {
	case s.way == wayNone:
		return "is left: " + s.why
	case s.way == wayRecord:
		return fmt.Sprintf("would be produced again to %s, where all who read that topic read it once more; what they know already counts once", s.record.Topic)
	case s.fault != nil:
		return "would be posted to " + s.path + " and come back: " + s.fault.Error()
	}
	return "would be posted to " + s.path + ", and passes the rules for events"
}

// PlanFile says what the door would make of a file: how many of its events may
// pass, and what is wrong with the others. ok is false when it is no JSON.
func PlanFile(body []byte, now time.Time) (good int, faults []string, ok bool) {
	mapped := eventsMapper{}.Map(ingest.Delivery{Body: body, Arrival: now, MaxEvents: ingest.DefaultConfig().MaxBatch})
	for n, item := range mapped.Items {
		if item.Fault == nil {
			good++
			continue
		}
		faults = append(faults, fmt.Sprintf("event %d: %s", n, strings.TrimSpace(item.Fault.Error())))
	}
	return good, faults, len(mapped.Items) > 0
}
