package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/models/intent"
	"askbuy/models/registry"
	"askbuy/processors"
	"askbuy/schemas/event"
)

// shadowing has the newest candidate score every message beside the model in
// force, so that it is judged by what it said before anybody knew what would
// come of it.
//
// It is a reader of its own behind the stream, not a part of it: it takes each
// score that the journey says, reads the shopper's facts from the warehouse
// once they are stored, and computes by the same fold what the candidate makes
// of the message. What must stay true:
//   - nobody waits for it, and it fails nobody: it returns no error, and a
//     candidate that cannot be had is told of and passed over;
//   - every row of the model in force that is said while there is a candidate
//     has one beside it, from facts that are no older than the row;
//   - it does not look back: of what was said before the candidate was there
//     it says nothing.
type shadowing struct {
	config    kafka.Config
	bundles   registry.Bundles
	force     *registry.Force
	facts     *processors.Facts
	erased    *erasure.List
	toldSoFar func(ctx context.Context) ([]event.Reached, error) // what has to be stored before facts are read
	publish   func(ctx context.Context, r kafka.Record) error
	log       *slog.Logger
	outcomes  *prometheus.CounterVec

	candidate *candidate // nil: none
	looked    time.Time
	refused   string          // the id of a candidate that cannot be had
	tried     time.Time       // to have it
	unsound   map[string]bool // models whose manifest cannot be read, by id: each is told of once
	failing   bool
}

// candidate is a model in the shadow.
type candidate struct {
	model   *intent.Model
	rebuild *processors.Rebuilder
	since   time.Time // it was put into the registry
}

const (
	groupShadow   = "shadow"
	shadowAtOnce  = 500 // scores that are answered together
	shadowLinger  = time.Second
	candidateRest = 5 * time.Second // between two looks at the registry
	refusedRest   = time.Minute     // until a candidate that cannot be had may have been mended
	shadowPause   = time.Second     // after a failure, and while facts are not stored
)

// Outcomes of a score in the shadow.
const (
	shadowWritten = "written"
	shadowBefore  = "before" // said before the candidate was there, or there is none
	shadowGone    = "gone"   // its message is erased, or was another copy
	shadowBroken  = "broken" // computing it failed
	shadowUnread  = "unread" // the record is none
)

// run answers until ctx ends.
func (s *shadowing) run(ctx context.Context) error {
	var consumer *kafka.Consumer
	defer func() {
		if consumer != nil {
			consumer.Close()
		}
	}()
	for ctx.Err() == nil {
		err := s.look(ctx)
		if consumer == nil && s.candidate == nil {
			s.note(ctx, err)
			_ = wait.For(ctx, candidateRest)
			continue
		}
		if consumer == nil {
			consumer, err = kafka.NewConsumer(s.config, kafka.ConsumerOptions{Group: s.config.Name(groupShadow), Topics: []string{s.config.Name(event.TopicMessageScores)}, Log: s.log})
		}
		if err == nil {
			err = s.turn(ctx, consumer)
		}
		s.note(ctx, err)
	}
	return nil
}

// note tells of a failure once, and of its end.
func (s *shadowing) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !s.failing:
		s.log.Warn("the candidate does not score beside the model in force for now; no other part waits for it", "error", err)
	case err == nil && s.failing:
		s.log.Info("the candidate scores again")
	}
	if s.failing = err != nil; s.failing {
		_ = wait.For(ctx, shadowPause)
	}
}

// look asks the registry for the newest candidate: the last model put there
// that was never in force.
func (s *shadowing) look(ctx context.Context) error {
	now := s.bundles.Now()
	if !s.looked.IsZero() && now.Sub(s.looked) < candidateRest {
		return nil
	}
	stored, err := s.bundles.List(ctx)
	if err != nil {
		return err
	}
	s.looked = now
	newest := newestCandidate(stored, s.force.Log())
	switch {
	case newest == nil:
		s.candidate = nil
		return nil
	case s.candidate != nil && s.candidate.model.ID() == newest.ID:
		return nil
	case s.refused == newest.ID && now.Sub(s.tried) < refusedRest:
		return nil
	}
	model, err := s.bundles.Model(ctx, newest.ID)
	if errors.Is(err, registry.ErrBundle) {
		if s.refused != newest.ID {
			s.log.Error("a candidate cannot be had, and does not score beside the model in force until it can", "model", newest.ID, "error", err)
		}
		s.candidate, s.refused, s.tried = nil, newest.ID, now
		return nil
	}
	if err != nil {
		return err
	}
	s.refused = ""
	s.candidate = &candidate{model, processors.NewRebuilder(s.force.Instead(model)), newest.CreatedAt}
	s.log.Info("a candidate scores beside the model in force", "model", newest.ID)
	return nil
}

// leftOut tells of a model once, however often the registry is asked.
func (s *shadowing) leftOut(id string, reason error) {
	if !s.unsound[id] {
		s.log.Error("a model of the registry is unsound, and is no candidate", "model", id, "error", reason)
	}
	s.unsound[id] = true
}

// newestCandidate is nil where every model was in force, or none came later.
func newestCandidate(stored []registry.Stored, log registry.Log) *registry.Stored {
	for i, m := range slices.Backward(stored) {
		if slices.ContainsFunc(log, func(e registry.Entry) bool { return e.ModelID == m.ID }) {
			continue
		}
		if m.Origin == registry.OriginShipped {
			continue // it came with a program that another one in force has judged already
		}
		return &stored[i]
	}
	return nil
}

// shadowParts have the newest candidate score beside the model in force.
func shadowParts(w wiring) ([]part, error) {
	if !w.config.Shadow {
		return nil, nil
	}
	producer, err := w.newProducer()
	if err != nil {
		return nil, err
	}
	s := &shadowing{
		unsound: map[string]bool{},
		config:  w.kafka, bundles: registry.Bundles{DB: w.db, Now: w.now}, force: w.models, facts: &processors.Facts{DB: w.db}, erased: w.erased,
		toldSoFar: func(ctx context.Context) ([]event.Reached, error) { return toldSoFar(ctx, w.admin, w.kafka, w.epochs) },
		publish:   producer.Produce, log: w.log,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_shadow_scores_total", Help: "Scores that the newest candidate was asked for beside the model in force, by outcome: written, before (it was there), gone (the message), broken (it failed), unread (no score).",
		}, []string{"outcome"}),
	}
	s.bundles.Unsound = s.leftOut
	for _, outcome := range []string{shadowWritten, shadowBefore, shadowGone, shadowBroken, shadowUnread} {
		s.outcomes.WithLabelValues(outcome)
	}
	if err := w.registry.Register(s.outcomes); err != nil {
		return nil, fmt.Errorf("register metrics of the shadow: %w", err)
	}
	return []part{{"shadow", s.run}}, nil
}
