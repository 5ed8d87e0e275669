package verify

import (
	"context"

	"askbuy/internal/simulator/truth"
)

// registered is an experiment that the warehouse knows.
type registered struct {
	Experiment string `json:"experiment"`
}

// checkUnits compares the units of the truth's experiment, and what they did.
// Nothing is compared without one, or where its file was not applied.
func (v *verifier) checkUnits(ctx context.Context, want *truth.Tables) (Check, error) {
	c := Check{Name: "experiment_units"}
	terms := v.truth.Meta.Trial
	if terms == nil {
		return c, nil
	}
	of := " WHERE experiment = " + literal(terms.Experiment)
	known, err := query[registered](ctx, v, "bi.experiments"+of+" LIMIT 1")
	if err != nil || len(known) == 0 {
		return c, err
	}
	if err := v.Count(ctx, terms.Experiment); err != nil {
		return c, err
	}
	have, err := query[truth.UnitRow](ctx, v, "bi.experiment_units"+of)
	return compareRows(c.Name, terms.Rows(want), have, "experiment", "shop_id", "user_id"), err
}
