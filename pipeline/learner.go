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

// learnerRest is the least time between two looks at the facts.
const learnerRest = 24 * time.Hour

// learner trains a candidate when the last one is old enough, and tells every
// day how far the model in force is from the present. It puts nothing in
// force. Replicas look at different times of the hour, and one that finds a
// new candidate in the registry makes none.
type learner struct {
	db    *clickhouse.DB
	every time.Duration // between two candidates; 0: never
	now   func() time.Time
	log   *slog.Logger

	looked, tried time.Time
	outcomes      *prometheus.CounterVec
	drift         *prometheus.GaugeVec
}

// Outcomes of a training.
const (
	trainedPassed  = "passed"  // the gate lets the candidate pass
	trainedRefused = "refused" // it does not
	trainedTooFew  = "too_few" // there is too little to learn from
)

func newLearner(w wiring) (*learner, error) {
	l := &learner{db: w.db, every: w.config.TrainEvery, now: w.now, log: w.log,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_model_trainings_total", Help: "Trainings of an intent model by outcome: passed, refused (by the gate) or too_few (examples).",
		}, []string{"outcome"}),
		drift: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "askbuy_model_drift", Help: "Drift of the intent model in force: novelty (share of features without a weight), expected_novelty, psi (of p_order's deciles), z (orders against expectation, in standard deviations).",
		}, []string{"signal"}),
	}
	for _, outcome := range []string{trainedPassed, trainedRefused, trainedTooFew} {
		l.outcomes.WithLabelValues(outcome)
	}
	if err := errors.Join(w.registry.Register(l.outcomes), w.registry.Register(l.drift)); err != nil {
		return nil, fmt.Errorf("register metrics of the training: %w", err)
	}
	return l, nil
}

func (l *learner) task() sinks.Task { return sinks.Task{Name: "training", Do: l.look} }

// look is a part of the hourly pass.
func (l *learner) look(ctx context.Context) error {
	now := l.now()
	if !l.looked.IsZero() && now.Sub(l.looked) < learnerRest {
		return nil
	}
	current, err := FindModel(ctx, l.db, "")
	if err != nil {
		return err
	}
	facts, err := LearningFacts(ctx, l.db)
	if err != nil {
		return err
	}
	l.looked = now
	if err := l.tell(ctx, current.ID(), learn.Drifted(current, facts)); err != nil {
		return err
	}
	due, err := l.due(ctx, now)
	if err != nil || !due {
		return err
	}
	l.tried = now
	return l.train(ctx, facts, current)
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

// due asks the registry, which all replicas share, how old the last candidate is.
func (l *learner) due(ctx context.Context, now time.Time) (bool, error) {
	if l.every == 0 || !l.tried.IsZero() && now.Sub(l.tried) < l.every {
		return false, nil
	}
	stored, err := registry.Bundles{DB: l.db, Now: l.now, Unsound: l.unsound}.List(ctx)
	for _, s := range stored {
		if s.Origin == registry.OriginTrained && now.Sub(s.CreatedAt) < l.every {
			return false, err
		}
	}
	return err == nil, err
}

func (l *learner) unsound(id string, reason error) {
	l.log.Warn("a model of the registry is unsound, and counts for no candidate", "model", id, "error", reason)
}

// train puts a candidate into the registry and says what the gate says of it.
func (l *learner) train(ctx context.Context, facts learn.Facts, current *intent.Model) error {
	base, err := intent.Shipped()
	if err != nil {
		return err
	}
	bundle, err := learn.Train(learn.Config{Base: base}, facts)
	if errors.Is(err, learn.ErrTooFew) {
		l.outcomes.WithLabelValues(trainedTooFew).Inc()
		l.log.Info("no model is trained yet", "why", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := (registry.Bundles{DB: l.db, Now: l.now}).Put(ctx, registry.OriginTrained, bundle); err != nil {
		return err
	}
	candidate, err := intent.Load(bundle)
	if err != nil {
		return err
	}
	verdict := learn.Judge(candidate, current, facts)
	if !verdict.Passed() {
		l.outcomes.WithLabelValues(trainedRefused).Inc()
		l.log.Info("a model was trained and the gate refuses it: the one in force stays", "model", candidate.ID(), "in_force", current.ID(), "change_of_log_loss", verdict.Change.String(), "refusals", fmt.Sprint(verdict.Refusals))
		return nil
	}
	l.outcomes.WithLabelValues(trainedPassed).Inc()
	l.log.Info("a model was trained and passes the gate: put it in force by `askbuy model promote`", "model", candidate.ID(), "in_force", current.ID(), "change_of_log_loss", verdict.Change.String())
	return nil
}
