package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/registry"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/sinks"
)

const (
	// learnerRest is between two looks at the facts that went well, unless a
	// candidate is due sooner.
	learnerRest = 24 * time.Hour
	// learnerRetry is after the first look that failed, and doubles after each
	// that follows, up to learnerRest.
	learnerRetry = time.Hour
)

// learner trains a candidate when the last one is old enough, and tells every
// day how far the model in force is from the present. It puts nothing in
// force. Replicas look at different times of the hour, and one that finds a
// new candidate in the registry makes none.
type learner struct {
	db    *clickhouse.DB
	every time.Duration // between two candidates; 0: never
	now   func() time.Time
	log   *slog.Logger

	next     time.Time // no look before it
	failed   int       // looks in a row
	trained  time.Time // a training came to its end
	outcomes *prometheus.CounterVec
	drift    *prometheus.GaugeVec
}

// Outcomes of a training.
const (
	trainedPassed  = "passed"  // the gate lets the candidate pass
	trainedRefused = "refused" // it does not
	trainedTooFew  = "too_few" // there is too little to learn from
	trainedFailed  = "failed"  // it came to no end, and is tried again
)

func newLearner(w wiring) (*learner, error) {
	l := &learner{db: w.db, every: w.config.TrainEvery, now: w.now, log: w.log,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_model_trainings_total", Help: "Trainings of an intent model by outcome: passed, refused (by the gate), too_few (examples) or failed (it is tried again).",
		}, []string{"outcome"}),
		drift: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "askbuy_model_drift", Help: "Drift of the intent model in force: novelty (share of features without a weight), expected_novelty, psi (of p_order's deciles), z (orders against expectation, in standard deviations).",
		}, []string{"signal"}),
	}
	for _, outcome := range []string{trainedPassed, trainedRefused, trainedTooFew, trainedFailed} {
		l.outcomes.WithLabelValues(outcome)
	}
	if err := errors.Join(w.registry.Register(l.outcomes), w.registry.Register(l.drift)); err != nil {
		return nil, fmt.Errorf("register metrics of the training: %w", err)
	}
	return l, nil
}

func (l *learner) task() sinks.Task { return sinks.Task{Name: "training", Do: l.look} }

// look is a part of the hourly pass. What fails is tried again, later each
// time; the pass tells of it.
func (l *learner) look(ctx context.Context) error {
	now := l.now()
	if now.Before(l.next) {
		return nil
	}
	due, err := l.lookAt(ctx, now)
	l.plan(now, due, err)
	if err != nil {
		return fmt.Errorf("%w; tried again after %v", err, l.next.Sub(now))
	}
	return nil
}

// plan says when the next look is: when a candidate is due, a day on at the
// latest; after failures when they may have passed.
func (l *learner) plan(now, due time.Time, err error) {
	if err != nil {
		l.next = now.Add(min(learnerRetry<<min(l.failed, 10), learnerRest))
		l.failed++
		return
	}
	l.next, l.failed = now.Add(learnerRest), 0
	if due.After(now) && due.Before(l.next) {
		l.next = due
	}
}

// lookAt tells drift and trains when that is due, and says when the next
// training is; zero: nobody knows.
func (l *learner) lookAt(ctx context.Context, now time.Time) (due time.Time, err error) {
	current, err := FindModel(ctx, l.db, "")
	if err != nil {
		return due, err
	}
	facts, err := LearningFacts(ctx, l.db)
	if err != nil {
		return due, err
	}
	if facts.Share < 1 {
		l.log.Info("all shoppers' facts do not fit into memory: a share of the shoppers is learned from", "share", facts.Share)
	}
	if err := l.tell(ctx, current.ID(), learn.Drifted(current, facts)); err != nil {
		return due, err
	}
	if due, err = l.due(ctx); err != nil || l.every == 0 || due.After(now) {
		return due, err
	}
	outcome, err := l.train(ctx, facts)
	l.outcomes.WithLabelValues(outcome).Inc()
	if outcome == trainedPassed || outcome == trainedRefused {
		l.trained = now
		due = now.Add(l.every)
	}
	return due, err
}

// tell keeps what drift is, as a metric and for `askbuy model list`.
func (l *learner) tell(ctx context.Context, model string, d learn.Drift) error {
	for signal, x := range map[string]float64{"novelty": d.Novelty, "expected_novelty": d.Expected, "psi": d.PSI, "z": d.Z} {
		l.drift.WithLabelValues(signal).Set(x)
	}
	if d.Notable() {
		l.log.Warn("the present is not what the model in force was made for: see docs/models.md, Drift", "novelty", d.Novelty, "expected_novelty", d.Expected, "psi", d.PSI, "z", d.Z)
	}
	known := uint8(0)
	if d.Known {
		known = 1
	}
	row := []any{model, l.now().UTC(), uint64(d.Messages), d.Novelty, d.Expected, known, d.PSI, uint64(d.Conversations), d.Z}
	if err := l.db.Insert(ctx, warehouse.ModelDrift.Name, warehouse.ModelDrift.Columns, [][]any{row}); err != nil {
		return fmt.Errorf("keep drift of %s: %w", model, err)
	}
	return nil
}

// due is when the next candidate is: so long after the last one, which the
// registry, that all replicas share, knows; and not before that after the last
// training, which makes no new candidate of the same facts. Zero: at once.
func (l *learner) due(ctx context.Context) (due time.Time, err error) {
	stored, err := registry.Bundles{DB: l.db, Now: l.now, Unsound: l.unsound}.List(ctx)
	last := l.trained
	for _, s := range stored {
		if s.Origin == registry.OriginTrained && s.CreatedAt.After(last) {
			last = s.CreatedAt
		}
	}
	if err != nil || last.IsZero() {
		return due, err
	}
	return last.Add(l.every), nil
}

func (l *learner) unsound(id string, reason error) {
	l.log.Warn("a model of the registry is unsound, and counts for no candidate", "model", id, "error", reason)
}

// train puts a candidate into the registry and says what the gate says of it.
func (l *learner) train(ctx context.Context, facts learn.Facts) (outcome string, err error) {
	base, err := intent.Shipped()
	if err != nil {
		return trainedFailed, err
	}
	bundle, err := learn.Train(learn.Config{Base: base}, facts)
	if errors.Is(err, learn.ErrTooFew) {
		l.log.Info("no model is trained yet", "why", err)
		return trainedTooFew, nil
	}
	if err != nil {
		return trainedFailed, err
	}
	if err := (registry.Bundles{DB: l.db, Now: l.now}).Put(ctx, registry.OriginTrained, bundle); err != nil {
		return trainedFailed, err
	}
	verdict, err := l.judge(ctx, facts, bundle)
	switch {
	case err != nil:
		return trainedFailed, err
	case !verdict.Passed():
		l.log.Info("a model was trained and the gate refuses it: the one that there is stays", "model", verdict.Candidate, "against", verdict.Current, "change_of_log_loss", verdict.Change.String(), "refusals", fmt.Sprint(verdict.Refusals))
		return trainedRefused, nil
	}
	l.log.Info("a model was trained and passes the gate: put it in force by `askbuy model promote`", "model", verdict.Candidate, "against", verdict.Current, "change_of_log_loss", verdict.Change.String())
	return trainedPassed, nil
}

// judge holds what was trained against the model that it would follow.
func (l *learner) judge(ctx context.Context, facts learn.Facts, bundle *intent.Bundle) (learn.Verdict, error) {
	candidate, err := intent.Load(bundle)
	if err != nil {
		return learn.Verdict{}, err
	}
	last, _, err := LastModel(ctx, l.db)
	if err != nil {
		return learn.Verdict{}, err
	}
	return learn.Judge(candidate, last, facts), nil
}
