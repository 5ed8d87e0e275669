package sinks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// Corrector finds what the sinks' judgement missed and mends it: receipts that
// do not go with the facts, facts that are not the first copies or are not
// there, what was set aside without a letter, records without a receipt.
//
// It mends by judging the records again, as they stand in the log, with every
// first copy looked up: whatever a sink would say of them now is what is said.
// So it may run anywhere, in several processes at once, and beside the sinks.
type Corrector struct {
	sink    *Sink // exact, and with a list of the erased of its own
	doubts  doubts
	log     rawLog
	counted *prometheus.CounterVec
	passed  bool // one pass was made since the start
}

// doubts finds what does not go together.
type doubts interface {
	// Contradicted finds identities of which a receipt and the facts say
	// different things, among records that arrived between two times.
	Contradicted(ctx context.Context, topic string, from, to time.Time, limit int) ([]event.IdentityHash, error)
	// Places lists all receipts of identities, and where their facts are.
	Places(ctx context.Context, topic string, identities []event.IdentityHash) ([]Place, error)
	// WithoutLetter lists what was set aside and left no letter.
	WithoutLetter(ctx context.Context, topic string, from, to time.Time, limit int) ([]Place, error)
	// UnexplainedPlaces lists records that were committed without a receipt.
	UnexplainedPlaces(ctx context.Context, topic string, epoch int64, limit int) ([]Place, error)
}

// rawLog reads records again.
type rawLog interface {
	// Read gives the records of a partition that the log still has, of those
	// asked for; offsets are sorted.
	Read(ctx context.Context, p Partition, offsets []int64) ([]Record, error)
}

// Place is where a record of a raw topic stands, and its receipt, if any.
type Place struct {
	Partition  int32
	At         event.Position
	Outcome    Outcome // "" without a receipt
	Source     string
	ShopID     string
	Identity   event.IdentityHash
	ReceivedAt int64           // ms
	First      *event.Position // of the fact; nil: there is none
}

// Of how long ago the records are that a pass looks at: the first one at all
// that the log may still hold, the next ones at what can have come since. What
// is younger than settled may be on its way through a sink.
const (
	firstPass = 30 * 24 * time.Hour
	nextPass  = 26 * time.Hour
	settled   = 10 * time.Minute
	atOnce    = 5000 // places and identities of a topic and a pass
)

// Corrections, by what was wrong.
const (
	correctedOutcome = "outcome" // a receipt and the facts disagreed
	correctedLetter  = "letter"  // it was set aside without a letter
	correctedReceipt = "receipt" // it had none
	uncorrected      = "unreadable"
)

// NewCorrector makes a corrector beside a sink. Its list of the erased is not
// the sink's, which has to notice every change itself.
func NewCorrector(s *Sink, erased erasures, d doubts, l rawLog) (*Corrector, error) {
	c := &Corrector{doubts: d, log: l, counted: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askbuy_corrections_total", Help: "Records that the hourly pass judged again, by what was wrong; unreadable: the log has them no more.",
	}, []string{"what"})}
	for _, what := range []string{correctedOutcome, correctedLetter, correctedReceipt, uncorrected} {
		c.counted.WithLabelValues(what)
	}
	if s.deps.Registerer != nil {
		if err := s.deps.Registerer.Register(c.counted); err != nil {
			return nil, fmt.Errorf("register metrics of corrections: %w", err)
		}
	}
	deps := s.deps
	deps.Source, deps.Offsets = nil, nil
	if deps.Erasures = erased; erased == nil {
		deps.Erasures = nobody{}
	}
	c.sink = &Sink{config: s.config, deps: deps, metrics: s.metrics, names: event.NewFingerprinter(deps.Key), exact: true}
	return c, nil
}

// Correct makes one pass. An error leaves the rest to the next one.
func (c *Corrector) Correct(ctx context.Context) error {
	now := c.sink.deps.Now()
	from, to := now.Add(-firstPass), now.Add(-settled)
	if c.passed {
		from = now.Add(-nextPass)
	}
	var problems []error
	for _, topic := range event.RawTopics() {
		if err := c.topic(ctx, topic, from, to); err != nil {
			problems = append(problems, fmt.Errorf("correct %s: %w", topic, err))
		}
	}
	err := errors.Join(problems...)
	c.passed = c.passed || err == nil
	return err
}

// topic begins with what is missing, so that everything else is measured
// against the firsts there are.
func (c *Corrector) topic(ctx context.Context, topic string, from, to time.Time) error {
	places, err := c.doubts.UnexplainedPlaces(ctx, topic, c.sink.deps.Epochs[topic], atOnce)
	if err != nil {
		return err
	}
	if err := c.mend(ctx, topic, correctedReceipt, places); err != nil {
		return err
	}
	identities, err := c.doubts.Contradicted(ctx, topic, from, to, atOnce)
	if err != nil {
		return err
	}
	if err := c.settle(ctx, topic, identities); err != nil {
		return err
	}
	if places, err = c.doubts.WithoutLetter(ctx, topic, from, to, atOnce); err != nil {
		return err
	}
	if err := c.mend(ctx, topic, correctedLetter, places); err != nil {
		return err
	}
	return c.settle(ctx, topic, nil)
}

// settle judges all copies of identities again, and of those of which another
// copy became the first: what was measured against a wrong first is wrong as
// well. A first only gives way to a lesser one, so that this ends.
func (c *Corrector) settle(ctx context.Context, topic string, identities []event.IdentityHash) error {
	for {
		identities, c.sink.ousted = append(identities, c.sink.ousted...), nil
		if len(identities) == 0 {
			return nil
		}
		places, err := c.doubts.Places(ctx, topic, identities)
		if err != nil {
			return err
		}
		if err := c.mend(ctx, topic, correctedOutcome, places); err != nil {
			return err
		}
		identities = nil
	}
}

// mend judges records again, partition by partition.
func (c *Corrector) mend(ctx context.Context, topic, what string, places []Place) error {
	by := map[int32][]Place{}
	for _, p := range places {
		by[p.Partition] = append(by[p.Partition], p)
	}
	for partition, list := range by {
		records, gone, err := c.read(ctx, Partition{topic, partition}, list)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(records, max(1, c.sink.config.BatchRows)) {
			if err := c.sink.process(ctx, chunk); err != nil {
				return err
			}
		}
		c.counted.WithLabelValues(what).Add(float64(len(records)))
		if err := c.withoutLog(ctx, topic, gone); err != nil {
			return err
		}
		if len(list) > 0 {
			c.sink.deps.Log.Warn("records were judged again", "topic", topic, "partition", partition, "what_was_wrong", what, "records", len(records), "unreadable", len(gone))
		}
	}
	return nil
}

// read gives the records of places, and the places of which there are none: of
// an earlier life of the topic, or aged out.
func (c *Corrector) read(ctx context.Context, p Partition, places []Place) (records []Record, gone []Place, err error) {
	epoch := c.sink.deps.Epochs[p.Topic]
	at := map[int64]Place{}
	var offsets []int64
	for _, place := range places {
		if place.At < event.At(epoch, 0) {
			gone = append(gone, place)
			continue
		}
		offset := int64(place.At - event.At(epoch, 0))
		at[offset] = place
		offsets = append(offsets, offset)
	}
	if len(offsets) == 0 {
		return nil, gone, nil
	}
	slices.Sort(offsets)
	if records, err = c.log.Read(ctx, p, slices.Compact(offsets)); err != nil {
		return nil, nil, err
	}
	for _, r := range records {
		delete(at, r.Offset)
	}
	for _, place := range at {
		gone = append(gone, place)
	}
	return records, gone, nil
}

// withoutLog corrects receipts of records that cannot be read any more, as far
// as the facts tell: the fact's own is stored, and another that says so is a
// duplicate, for what it said otherwise is not known any more.
func (c *Corrector) withoutLog(ctx context.Context, topic string, gone []Place) error {
	c.counted.WithLabelValues(uncorrected).Add(float64(len(gone)))
	var rows [][]any
	for _, p := range gone {
		outcome := p.Outcome
		switch {
		case p.Outcome == "" || p.First == nil:
			continue // nothing tells; the counter does
		case *p.First == p.At:
			outcome = Fresh
		case p.Outcome == Fresh:
			outcome = Duplicate
		}
		rows = append(rows, receiptRow(topic, p.Partition, p.At, outcome, p.Source, p.ShopID, p.Identity, p.ReceivedAt))
	}
	_, err := c.sink.insert(ctx, &schema.Receipts, rows)
	return err
}
