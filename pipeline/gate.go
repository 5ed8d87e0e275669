package pipeline

import (
	"context"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/models/registry"
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

// KeepTrained puts a bundle into the registry, as a candidate.
func KeepTrained(ctx context.Context, db *clickhouse.DB, b *intent.Bundle) error {
	return registry.Bundles{DB: db, Now: time.Now}.Put(ctx, registry.OriginTrained, b)
}

// Evaluation is what the stored facts say of a model.
type Evaluation struct {
	Verdict learn.Verdict `json:"verdict"`        // against the other one
	Shadow  Shadowed      `json:"shadow"`         // what the candidate said beside models in force
	Drift   learn.Drift   `json:"drift"`          // of the candidate
	InForce learn.Drift   `json:"drift_in_force"` // of the one that the candidate is held against
}

// EvaluateModel holds a candidate against another model, on the conversations
// that no training sees, and on what it said in the shadow.
func EvaluateModel(ctx context.Context, db *clickhouse.DB, candidate, current *intent.Model) (Evaluation, error) {
	facts, err := LearningFacts(ctx, db)
	if err != nil {
		return Evaluation{}, err
	}
	e := Evaluation{Verdict: learn.Judge(candidate, current, facts), Drift: learn.Drifted(candidate, facts), InForce: learn.Drifted(current, facts)}
	if e.Shadow, err = shadowed(ctx, db, candidate.ID(), mostUnits); err != nil {
		return Evaluation{}, err
	}
	if why := e.Shadow.Refusal(); why != nil {
		e.Verdict.Refusals = append(e.Verdict.Refusals, *why)
	}
	return e, nil
}

// LastModel is the one that a promotion would replace: the last of the models
// log, which the gate holds candidates against. It may be scheduled, and read
// no messages yet.
func LastModel(ctx context.Context, db *clickhouse.DB) (m *intent.Model, scheduled bool, err error) {
	log, err := registry.Memory{DB: db}.Log(ctx)
	if err != nil {
		return nil, false, err
	}
	if len(log) == 0 { // no instance has begun one yet
		return intent.Default(), false, nil
	}
	m, err = registry.Bundles{DB: db, Now: time.Now}.Model(ctx, log.Last().ModelID)
	return m, log.At(time.Now().UnixMilli()).ModelID != log.Last().ModelID, err
}

// FindModel finds a model of the registry by its id, or a bundle in its
// directory; "" is the model that reads the messages of now.
func FindModel(ctx context.Context, db *clickhouse.DB, name string) (*intent.Model, error) {
	kept := registry.Bundles{DB: db, Now: time.Now}
	if name != "" {
		return bundles{kept}.Model(ctx, name)
	}
	log, err := registry.Memory{DB: db}.Log(ctx)
	if err != nil {
		return nil, err
	}
	if len(log) == 0 { // no instance has begun one yet
		return intent.Default(), nil
	}
	return kept.Model(ctx, log.At(time.Now().UnixMilli()).ModelID)
}
