package pipeline

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/ingest/sender"
	"askbuy/internal/kafka"
	"askbuy/report"
	"askbuy/schemas/event"
)

// way is how a letter comes into the pipeline again.
type way int

const (
	wayNone   way = iota // it is left where it is
	wayEvents            // through POST /v1/events
	wayCoze              // through POST /coze
	wayRecord            // as the record that it was, into its topic
)

// Step is what requeueing one letter comes to.
type Step struct {
	Letter report.DeadLetter

	way    way
	body   []byte
	ndjson bool
	record *kafka.Record
	fault  *ingest.Fault // what the door will say; nil: nothing that is known beforehand
	why    string        // why it is left
}

// PlanRequeue decides of each letter how it goes again. Letters of a shop that
// their sender may not speak for go only when asked for as such: this program
// posts with a key for all shops, and would lend it to that sender.
func PlanRequeue(letters []report.DeadLetter, originals []Original, named func(report.DeadLetter) bool, now time.Time) []Step {
	steps := make([]Step, len(letters))
	for n, letter := range letters {
		steps[n] = planOne(letter, originals[n], named(letter), now)
	}
	return steps
}

func planOne(letter report.DeadLetter, original Original, named bool, now time.Time) Step {
	step := Step{Letter: letter}
	switch door := letter.Stage == event.StageIngest; {
	case !door && original.Record != nil:
		step.way, step.record = wayRecord, original.Record
	case !door && original.Bytes != nil:
		step.why = "the record is gone from its topic: post its event anew with --file"
	case original.Bytes == nil:
		step.why = "its bytes are gone from the broker, which keeps them for 30 days"
	case letter.Reason == event.ReasonForbiddenShop && !named:
		step.why = "its sender may not speak for that shop: name it by --id or --reason forbidden_shop when it shall go all the same"
	case letter.Source == sourceEvents:
		step.throughEvents(original.Bytes, now)
	case letter.Source == sourceCoze:
		step.throughCoze(original.Bytes, now)
	default:
		step.why = "only its sender can sign it for /hooks/" + letter.Source + ": have it sent again, or post its event with --file"
	}
	return step
}

// The doors whose letters can be posted again as they are.
const (
	sourceEvents = "events"
	sourceCoze   = "coze"
)

// throughEvents posts the event as the only one of an array, or as the only
// line when it is no JSON: that is how a letter that is still bad comes back
// as itself.
func (s *Step) throughEvents(raw []byte, now time.Time) {
	var d ingest.Decoded
	d, s.fault = ingest.Decode(raw, now)
	s.way = wayEvents
	if !jsontext.Value(raw).IsValid() {
		s.body, s.ndjson = raw, true
		if bytes.ContainsAny(raw, "\n") {
			s.way, s.why = wayNone, "it is no JSON and has several lines: post what it should be with --file"
		}
		return
	}
	s.body = append(append([]byte{'['}, s.dated(raw, d.NoTS)...), ']')
}

func (s *Step) throughCoze(raw []byte, now time.Time) {
	shape := sender.CozeShape()
	d, fault := shape.Decode(raw, now, ingest.Grant{Shop: s.Letter.ShopID})
	s.way, s.fault = wayCoze, fault
	s.body = s.dated(raw, d.NoTS)
}

// dated gives an event that may pass now, and has no time of its own, that of
// its arrival: it would become an event of today.
func (s *Step) dated(raw []byte, noTS bool) []byte {
	if s.fault != nil || !noTS {
		return raw
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
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
		return "would be posted and come back: " + s.fault.Error()
	}
	return "would be posted to " + s.path() + ", and passes the rules for events"
}

func (s Step) path() string {
	if s.way == wayCoze {
		return "/coze"
	}
	return "/v1/events"
}

// PlanFile says what the door would make of a file: how many of its events may
// pass, and what is wrong with the others. ok is false when it is no JSON.
func PlanFile(body []byte, now time.Time) (good int, faults []string, ok bool) {
	shape := ingest.EventShape()
	mapped := shape.MapAll(ingest.Delivery{Body: body, Arrival: now, MaxEvents: ingest.DefaultConfig().MaxBatch})
	for n, item := range mapped.Items {
		if item.Fault == nil {
			good++
			continue
		}
		faults = append(faults, fmt.Sprintf("event %d: %s", n, strings.TrimSpace(item.Fault.Error())))
	}
	return good, faults, len(mapped.Items) > 0
}
