package registry

import (
	"context"
	"fmt"

	"askbuy/models/intent"
)

// Instead reads all messages by one model, and otherwise as they are read: by
// the rules in force.
type Instead struct {
	force *Force
	model *intent.Model
	rules map[string]intent.Scorer // by id
}

// Instead has a model in the place of all others. It is not safe for
// concurrent use.
func (f *Force) Instead(m *intent.Model) *Instead {
	return &Instead{f, m, map[string]intent.Scorer{"": m}}
}

// At is the model, with the rules in force at an event time.
func (i *Instead) At(ctx context.Context, ts int64) (intent.Scorer, error) {
	id := i.force.Log().At(ts).RulesID
	if i.rules[id] == nil {
		rules, err := waitOut(ctx, i.force, func() (*intent.Rules, error) { return i.force.bundles.Rules(ctx, id) })
		if err != nil {
			return nil, fmt.Errorf("rules in force at %d ms: %w", ts, err)
		}
		i.rules[id] = i.model.With(rules)
	}
	return i.rules[id], nil
}

// Know knows the one model.
func (i *Instead) Know(context.Context, []string) error { return nil }

// Params are the model's.
func (i *Instead) Params(string) *intent.Params { return i.model.Params() }
