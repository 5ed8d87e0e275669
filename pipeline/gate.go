package pipeline

import (
	"context"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
)

// TrainModel learns a bundle from the stored facts, starting from the shipped
// one.
func TrainModel(ctx context.Context, db *clickhouse.DB, seed uint64) (*intent.Bundle, error) {
	facts, err := LearningFacts(ctx, db)
	if err != nil {
		return nil, err
	}
	base, err := intent.Shipped()
	if err != nil {
		return nil, err
	}
	return learn.Train(learn.Config{Base: base, Seed: seed}, facts)
}

// Evaluation is what the stored facts say of a model.
type Evaluation struct {
	Verdict learn.Verdict `json:"verdict"` // against the model in force
	Drift   learn.Drift   `json:"drift"`   // of the candidate
	InForce learn.Drift   `json:"drift_in_force"`
}

// EvaluateModel holds a candidate against the model in force, on the
// conversations that no training sees.
func EvaluateModel(ctx context.Context, db *clickhouse.DB, candidate, current *intent.Model) (Evaluation, error) {
	facts, err := LearningFacts(ctx, db)
	if err != nil {
		return Evaluation{}, err
	}
	return Evaluation{learn.Judge(candidate, current, facts), learn.Drifted(candidate, facts), learn.Drifted(current, facts)}, nil
}

// FindModel finds a model by its id, or a bundle in its directory.
func FindModel(ctx context.Context, name string) (*intent.Model, error) {
	return bundles{}.Model(ctx, name)
}
