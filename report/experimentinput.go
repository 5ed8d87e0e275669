package report

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// Segment narrows a report to some units, as in high_intent=1.
type Segment struct{ Name, Value string }

// segments are what units can be narrowed by, and when it was known.
var segments = map[string]struct {
	and    string
	before bool // of every exposure
}{
	"shop":        {" AND shop_id = {segment:String}", true},
	"high_intent": {" AND toString(is_high) = {segment:String}", false},
	"ordered":     {" AND toString(ordered > 0) = {segment:String}", false},
}

// ParseSegment reads name=value; "" is none.
func ParseSegment(s string) (*Segment, error) {
	if s == "" {
		return nil, nil
	}
	name, value, given := strings.Cut(s, "=")
	if _, known := segments[name]; !known || !given {
		return nil, fmt.Errorf("filter %q: want name=value with a name of %v", s, slices.Sorted(maps.Keys(segments)))
	}
	return &Segment{name, value}, nil
}

// moment is a row of the moments.
type moment struct {
	inference.Moments
	raw        inference.Moments
	converted  int64
	cap, young float64
	currencies []string
}

// pipelineRates must not differ by variant, or the pipeline makes the effect:
// messages that came late, came twice, or were set aside because another one
// of their id came first, and orders that found a conversation.
var pipelineRates = []string{"late_messages", "repeated_messages", "conflicting_messages", "joined_orders"}

// input reads what an analysis is made from: all of it of one refresh.
func (x *Experiments) input(ctx context.Context, e experiment.Experiment, counted Counted, s *Segment) (inference.Input, error) {
	in := inference.Input{Experiment: e, CutOff: counted.CutOff, Arms: make([]inference.Arm, len(e.Variants))}
	and, p := "", map[string]any{"key": e.Key, "generation": counted.generation}
	if s != nil {
		and, p["segment"] = segments[s.Name].and, s.Value
		in.Filter = &inference.Known{Name: s.Name + "=" + s.Value, BeforeExposure: segments[s.Name].before}
	}
	index := map[string]int{}
	for i, v := range e.Variants {
		index[v.Name] = i
	}
	err := each(ctx, x.db, "arms", "SELECT toString(variant), toInt64(units), toInt64(contaminated), toInt64(replayed), toInt64(mismatched) FROM ("+x.sql.Arms(and)+")", p, func(c *cells) {
		if i, known := index[c.text()]; known {
			in.Arms[i] = inference.Arm{Units: c.count(), Contaminated: c.count(), Replayed: c.count(), Mismatched: c.count()}
		}
	})
	if err != nil {
		return in, err
	}
	rows, err := x.moments(ctx, and, p, index)
	if err != nil {
		return in, err
	}
	for _, m := range e.Metrics {
		in.Metrics = append(in.Metrics, measured(m, rows[m.Name]))
	}
	for _, name := range pipelineRates {
		if rows[name] == nil {
			continue
		}
		in.Pipeline = append(in.Pipeline, inference.Parity{Name: name, Arms: arms(rows[name], func(m moment) inference.Moments { return m.Moments })})
	}
	if err := x.before(ctx, &in, counted, s == nil); err != nil {
		return in, err
	}
	return in, x.stands(ctx, e.Key, counted)
}

// moments reads the rows by metric and arm. A variant without units has none.
func (x *Experiments) moments(ctx context.Context, and string, p map[string]any, index map[string]int) (map[string][]moment, error) {
	rows := map[string][]moment{}
	sql := `SELECT metric, toString(variant), toInt64(n), toInt64(converted), mean_num, mean_den, mean_pre, var_num, var_den, var_pre, cov, cov_pre,
	raw_mean_num, raw_var_num, raw_cov, raw_cov_pre, cap, young, arrayMap(c -> toString(c), currencies) FROM (` + x.sql.Moments(and) + `)`
	return rows, each(ctx, x.db, "moments", sql, p, func(c *cells) {
		name, variant := c.text(), c.text()
		number := func() float64 { return next[float64](c) }
		s := inference.Sample{N: c.count()}
		m := moment{converted: c.count()}
		for _, into := range []*float64{&s.MeanNum, &s.MeanDen, &s.MeanPre, &s.VarNum, &s.VarDen, &s.VarPre, &s.CovNumDen, &s.CovNumPre} {
			*into = number()
		}
		m.Moments = s.Moments()
		s.MeanNum, s.VarNum, s.CovNumDen, s.CovNumPre = number(), number(), number(), number()
		m.raw, m.cap, m.young, m.currencies = s.Moments(), number(), number(), next[[]string](c)
		i, known := index[variant]
		if rows[name] == nil {
			rows[name] = make([]moment, len(index))
		}
		if known {
			rows[name][i] = m
		}
	})
}

// arms is one value of every arm; none was read where no arm has units.
func arms[T any](rows []moment, of func(moment) T) []T {
	values := make([]T, len(rows))
	for i, m := range rows {
		values[i] = of(m)
	}
	return values
}

// measured turns a metric's rows into what the engine takes.
func measured(metric experiment.Metric, rows []moment) inference.Measured {
	definition, _ := experiment.Define(metric.Name)
	currencies := map[string]bool{}
	for _, m := range rows {
		for _, c := range m.currencies {
			currencies[c] = true
		}
	}
	switch {
	case metric.Name == experiment.HandoffRate && !slices.ContainsFunc(rows, func(m moment) bool { return m.converted > 0 }): // nobody who could be asked
		return inference.Measured{Refused: inference.NotMeasured}
	case len(rows) == 0:
		return inference.Measured{Refused: inference.EmptyArm}
	case definition.Money && len(currencies) > 1:
		return inference.Measured{Refused: inference.SeveralCurrencies}
	}
	m := inference.Measured{
		Arms:      arms(rows, func(m moment) inference.Moments { return m.Moments }),
		Converted: arms(rows, func(m moment) int64 { return m.converted }),
		Immature:  arms(rows, func(m moment) float64 { return m.young }),
	}
	// Arms without units have no cap of their own; all others have the same.
	for _, row := range rows {
		if definition.Money && metric.Cap < 1 && row.N > 0 && !math.IsInf(row.cap, 1) {
			m.Cap, m.Raw = row.cap, arms(rows, func(m moment) inference.Moments { return m.raw })
		}
	}
	if !finite(m) {
		return inference.Measured{Refused: inference.NotFinite}
	}
	if metric.CUPED {
		m.Covariate = &inference.Known{Name: "14 days before the exposure", BeforeExposure: true}
	}
	return m
}

// finite says whether all of a metric can be kept: an input with NaN or an
// infinity has no JSON, and would take the other metrics with it.
func finite(m inference.Measured) bool {
	odd := func(arm inference.Moments) bool { return !arm.Finite() }
	for _, v := range append(slices.Clone(m.Immature), m.Cap) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return !slices.ContainsFunc(m.Arms, odd) && !slices.ContainsFunc(m.Raw, odd)
}

// before adds what earlier looks found, and exposures to unknown variants.
// Looks at a part of the units are not among the looks.
func (x *Experiments) before(ctx context.Context, in *inference.Input, counted Counted, whole bool) error {
	p := map[string]any{"key": in.Experiment.Key, "generation": counted.generation}
	err := each(ctx, x.db, "unknown variants", `SELECT u.1, toInt64(u.2) FROM (
	SELECT arrayJoin(unknown) AS u FROM askbuy.experiment_refreshes FINAL WHERE experiment = {key:String} AND generation = {generation:UInt64})`, p, func(c *cells) {
		in.Unknown = append(in.Unknown, inference.Unknown{Variant: c.text(), Exposures: c.count()})
	})
	if err != nil || !whole {
		return err
	}
	err = each(ctx, x.db, "earlier looks", `SELECT toInt64(countIf(s.made_by = 'report')), toInt64(count()) FROM askbuy.experiment_snapshots AS s FINAL WHERE s.experiment = {key:String}`, p, func(c *cells) {
		in.Looks = int(c.count())
		_ = c.count()
	})
	if err != nil {
		return err
	}
	least := map[string]map[string]float64{}
	err = each(ctx, x.db, "earlier results", `SELECT r.metric, r.variant, ifNull(min(r.p_always_valid_running), 1), ifNull(min(r.srm_p), 1)
FROM askbuy.experiment_results AS r FINAL WHERE r.experiment = {key:String} GROUP BY r.metric, r.variant`, p, func(c *cells) {
		metric, variant := c.text(), c.text()
		value, srm := next[float64](c), next[float64](c)
		if least[metric] == nil {
			least[metric] = map[string]float64{}
		}
		least[metric][variant] = value
		if in.SRMBefore == nil || srm < *in.SRMBefore {
			in.SRMBefore = &srm
		}
	})
	for i, metric := range in.Experiment.Metrics {
		if in.Metrics[i].Refused != inference.NotRefused || least[metric.Name] == nil {
			continue
		}
		for _, v := range in.Experiment.Variants {
			value, had := least[metric.Name][v.Name]
			if !had {
				value = 1
			}
			in.Metrics[i].PBefore = append(in.Metrics[i].PBefore, value)
		}
	}
	return err
}
