package experiment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

const (
	maxID       = 256 // bytes, as every short string of an event
	maxVariants = 16
	minRun      = 7 * 24 * time.Hour
	weightSlack = 1e-6
)

// problems collects what is wrong.
type problems []error

func (p *problems) must(holds bool, format string, args ...any) {
	if !holds {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

// Validate says every problem at once, each with its field, its rule and what
// to write instead.
func (e Experiment) Validate() error {
	var p problems
	p.must(isID(e.Key), "experiment: must be a key of 1 to %d bytes without control characters", maxID)
	p.must(isID(e.Seed), "seed: must be of 1 to %d bytes without control characters", maxID)
	p.must(!e.Start.IsZero(), "start: missing: write it as 2026-11-01T00:00:00+08:00")
	p.must(e.Start.IsZero() || e.PlannedEnd.IsZero() || e.PlannedEnd.Sub(e.Start) >= minRun, "planned_end: must be at least 7 days after start: shoppers of a weekend differ from those of a week")
	p.must(slices.Contains([]Assigner{ByAskbuy, ByExternal}, e.Assignment), "assignment: %q is unknown: want askbuy or external", e.Assignment)
	p.must(slices.Contains([]Mode{Hybrid, Fixed, Sequential}, e.Mode), "mode: %q is unknown: want hybrid, fixed or sequential", e.Mode)
	p.must(e.Coverage > 0 && e.Coverage <= 1, "coverage: must be above 0 and at most 1")
	p.must(e.Alpha >= 0.001 && e.Alpha <= 0.2, "alpha: must be from 0.001 to 0.2")
	p.must(e.Power >= 0.5 && e.Power <= 0.99, "power: must be from 0.5 to 0.99")
	p.must(e.NStar >= 100, "n_star: must be at least 100 units")
	p.must(e.Namespace == nil || e.Namespace.valid(), "namespace: needs a name and a part from 0 <= from < to <= 1")
	p.must(e.Holdout == nil || isID(e.Holdout.Seed) && e.Holdout.Share > 0 && e.Holdout.Share < 1, "holdout: needs a seed and a share above 0 and below 1")
	p.shops(e.Shops)
	p.variants(e.Variants)
	p.metrics(e.Metrics)
	return errors.Join(p...)
}

func (p *problems) shops(shops []string) {
	for i, shop := range shops {
		p.must(isID(shop), "shops: %q is no shop id", shop)
		p.must(shop != allShops, "shops: all is every shop: write it alone")
		p.must(i == 0 || shop != shops[i-1], "shops: %q is there twice", shop)
	}
}

func (p *problems) variants(variants []Variant) {
	p.must(len(variants) >= 2 && len(variants) <= maxVariants, "variants: must be 2 to %d", maxVariants)
	names, controls, total := map[string]bool{}, 0, 0.0
	for i, v := range variants {
		p.must(isID(v.Name), "variants[%d].name: must be of 1 to %d bytes without control characters", i, maxID)
		p.must(!names[v.Name], "variants[%d].name: %q is there twice", i, v.Name)
		p.must(v.Weight > 0 && v.Weight < 1, "variants[%d].weight: must be above 0 and below 1", i)
		names[v.Name] = true
		total += v.Weight
		if v.Control {
			controls++
		}
	}
	p.must(controls == 1, "variants: exactly one must be the control: set control: true on it")
	p.must(math.Abs(total-1) <= weightSlack, "variants: weights must add up to 1, they are %g", total)
}

func (p *problems) metrics(metrics []Metric) {
	names, success := map[string]bool{}, false
	for i, m := range metrics {
		p.must(!names[m.Name], "metrics[%d].metric: %q is there twice", i, m.Name)
		names[m.Name] = true
		success = success || m.Role == Success
		p.metric(fmt.Sprintf("metrics[%d]", i), m)
	}
	p.must(success, "metrics: one must have role: success: the first of these decides")
}

func (p *problems) metric(field string, m Metric) {
	definition, known := Define(m.Name)
	p.must(known, "%s.metric: %q is unknown: want one of %v", field, m.Name, metricNames())
	p.must(m.Role.Watched() || m.Role == Diagnostic, "%s.role: %q is unknown: want success, guardrail, deterioration or diagnostic", field, m.Role)
	p.must(m.MDE > 0 && m.MDE <= 10, "%s.mde: must be a relative change above 0 and at most 10", field)
	p.must(m.Role != Guardrail || m.NIM > 0 && m.NIM < 1, "%s.nim: must be a relative margin above 0 and below 1", field)
	p.must(!definition.Money || m.Cap >= 0.5 && m.Cap <= 1, "%s.cap: must be a quantile from 0.5 to 1", field)
	p.must(!m.CUPED || definition.Per == PerUser, "%s.cuped: only metrics per user can be adjusted: remove it", field)
	p.must(!definition.Undirected || m.Role == Diagnostic, "%s.role: %s is neither better nor worse: set role: diagnostic", field, m.Name)
}

func metricNames() []string {
	var names []string
	for _, d := range definitions {
		names = append(names, d.Name)
	}
	return names
}

func isID(s string) bool {
	if s == "" || len(s) > maxID || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}
